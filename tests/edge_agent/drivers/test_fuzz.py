"""Mutated frames, a few hundred a protocol; `python -m benchmarks.fuzz_drivers` makes millions of them."""

from __future__ import annotations

import pytest

from benchmarks import fuzz_drivers
from benchmarks.fuzz_drivers import Outcome
from benchmarks.fuzz_oracles import ORACLES
from edge_agent.drivers.registry import DECODERS, POLLED

SEED = 20_261_124


@pytest.mark.parametrize("protocol", fuzz_drivers.known_protocols())
def test_no_mutated_frame_crashes_hangs_or_gives_a_value_under_a_bad_checksum(protocol: str) -> None:
    outcome = fuzz_drivers.fuzz(protocol, 400, SEED)
    assert outcome.good, (outcome.crashes, outcome.hangs, outcome.wrong)
    assert outcome.count == outcome.accepted + outcome.refused


def test_every_protocol_that_is_asked_has_frames_and_an_oracle() -> None:
    assert set(POLLED) <= set(fuzz_drivers.known_protocols())
    assert set(POLLED) <= set(ORACLES)


@pytest.mark.parametrize("protocol", sorted(ORACLES))
def test_the_oracle_finds_every_captured_frame_and_notices_another_value(protocol: str) -> None:
    """A fuzzer whose oracle is blind would find nothing, too."""
    noticed = 0
    for seed in fuzz_drivers.seeds(protocol):
        try:
            fields = DECODERS[protocol](seed.data, seed.asked)
        except ValueError:
            continue
        right, wrong = Outcome(protocol), Outcome(protocol)
        fuzz_drivers._judge(protocol, seed, fields, right)
        assert right.good, right.wrong
        fuzz_drivers._judge(protocol, seed, {key: f"not {value}" for key, value in fields.items()} | {
            key: fields[key] for key in ("type", "bcc_ok", "crc_ok") if key in fields
        }, wrong)  # fmt: skip
        noticed += len(wrong.wrong)
    assert noticed > 0


@pytest.mark.parametrize("protocol", sorted(ORACLES))
def test_the_oracle_finds_no_frame_under_a_bad_checksum(protocol: str) -> None:
    oracle = ORACLES[protocol]
    for seed in fuzz_drivers.seeds(protocol):
        for piece in oracle.spans(seed.data):
            place = {"dsmr_p1": -3, "iec62056_21": -1, "modbus_rtu": -1, "rdm6300": -2}.get(protocol, -2)
            spoilt = bytearray(piece)
            spoilt[place] ^= 0x01
            assert piece not in list(oracle.spans(bytes(spoilt)))


def test_the_same_seed_makes_the_same_frames() -> None:
    one, other = (fuzz_drivers.fuzz("dlt645", 200, 7) for _ in range(2))
    assert (one.accepted, one.refused) == (other.accepted, other.refused)
