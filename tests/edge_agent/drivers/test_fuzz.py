"""Mutated frames, a few hundred a protocol; `python -m benchmarks.fuzz_drivers` makes millions of them."""

from __future__ import annotations

import random
from typing import get_args

import pytest

from benchmarks import fuzz_drivers
from benchmarks.fuzz_drivers import Outcome
from benchmarks.fuzz_oracles import ORACLES
from edge_agent.drivers.contract import DriverError, LineCounters, PortSettings, Target
from edge_agent.drivers.dsmr_p1 import DsmrP1
from edge_agent.drivers.registry import DECODERS, POLLED
from simulator.devices.bus import Bus
from tests.edge_agent.drivers.simulated_devices import CASES
from wire.batch import FaultReason

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
            key: fields[key] for key in ("type", "bcc_ok", "crc_ok", "frames") if key in fields
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


class MemoryPort:
    """A port whose device answers at once, with one change in most of what it says."""

    def __init__(self, bus: Bus, rng: random.Random) -> None:
        self._bus = bus
        self._rng = rng
        self._waiting = b""
        self._now_ms = 0
        self.settings = PortSettings("memory")

    def quiet_s(self) -> float:
        return 1.0

    async def write(self, data: bytes) -> None:
        self._waiting += b"".join(map(self._changed, self._bus.hear(data, self._now_ms)))

    async def read(self, timeout_s: float, expected: int = 0) -> bytes:  # noqa: ARG002  # waiting is in vain
        self._now_ms += 100
        unasked = self._bus.next_transmission(self._now_ms)
        data = self._waiting + (self._changed(unasked.frame) if unasked else b"")
        self._waiting = b""
        return data

    async def set_baud(self, baud: int | None) -> None: ...

    def discard_input(self) -> None:
        self._waiting = b""

    def _changed(self, frame: bytes) -> bytes:
        data = bytearray(frame)
        if self._rng.random() < 0.7:
            # A sum does not notice bytes that have changed places: no device's checksum here is asked to.
            self._rng.choice(fuzz_drivers.NOTICED_BY_A_SUM)(self._rng, data, [])
        return bytes(data)


@pytest.mark.parametrize("protocol", sorted(CASES))
async def test_a_driver_gives_the_right_value_or_a_reason_whatever_it_hears(protocol: str) -> None:
    case = CASES[protocol]
    driver = DsmrP1(period_s=0.001) if protocol == "dsmr_p1" else case.driver()
    port = MemoryPort(case.bus(), random.Random(SEED))
    target = Target("device", case.address, case.points, case.options)
    read, reasons = 0, set[str]()
    for _ in range(300):
        try:
            reply = await driver.poll(port, target, LineCounters(), 0.001)
        except DriverError as error:
            reasons.add(error.reason)
            continue
        for quantity, value in reply.values.items():
            read += value is not None
            assert value in (None, case.values[quantity]), (protocol, quantity)
    assert read > 0
    assert reasons <= set(get_args(FaultReason))


def test_the_same_seed_makes_the_same_frames() -> None:
    one, other = (fuzz_drivers.fuzz("dlt645", 200, 7) for _ in range(2))
    assert (one.accepted, one.refused) == (other.accepted, other.refused)
