"""Mutated frames against every decoder: no crash, no hang, no value under a bad checksum.

`python -m benchmarks.fuzz_drivers --protocol dlt645 --count 1000000 --seed 1` takes captured frames, changes
bytes, bits and lengths, splices them, and decodes the result, with and without a profile's points. Where a
value is accepted, an oracle that shares no code with the drivers must find the frame it was taken from, and
that frame alone must say the same. In every fourth case the checksum is made right again before.
Prints a table; exit 1 where anything went wrong, with the bytes that did it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from benchmarks.fuzz_oracles import ORACLES
from edge_agent import profile, vectors
from edge_agent.drivers.contract import Point
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.register_maps import MAPS
from edge_agent.drivers.registry import DECODERS
from wire.quantities import QUANTITIES

FRAMES: Final = Path(__file__).parents[1] / "tests" / "edge_agent" / "frames"
#: One decode that takes longer than this of processor time is a hang. A telegram takes a quarter of a ms.
HANG_S: Final = 0.25
#: What a decoder says of the bytes around its frame: it differs where the frame stands alone.
_AROUND: Final = frozenset(
    {
        "frames", "distinct_tags", "frame_offset", "first_frame_offset", "junk_before", "bytes_after_frame",
        "items", "unfinished_hex", "telegrams", "echoed", "ack_first", "refused",
    }
)  # fmt: skip
#: What a frame says otherwise where it stands among others: the request before it names its registers.
_AMONG_OTHERS: Final = {
    "cjt188": frozenset({"frame_length"}),
    "dlt645": frozenset({"data_hex"}),
    "modbus_rtu": frozenset(
        {"type", "types", "scale", "scales", "units", "unit", "value", "byte_order", "word_order"}
        | {entry.key for name in MAPS for entry in MAPS[name]}
        | QUANTITIES.keys()
    ),
}
_MOST_SHOWN: Final = 5
_REPAIRED_EVERY: Final = 4


@dataclass(slots=True)
class Outcome:
    """What became of `count` mutated frames. `unproved` ones were accepted without a checksum in them."""

    protocol: str
    count: int = 0
    accepted: int = 0
    refused: int = 0
    unproved: int = 0
    longest_s: float = 0.0
    mean_s: float = 0.0
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.crashes or self.hangs or self.wrong)


@dataclass(frozen=True, slots=True)
class Seed:
    """A captured frame and what is known besides."""

    data: bytes
    asked: Asked


def seeds(protocol: str) -> list[Seed]:
    """The captured frames of a protocol, each with and without points of the shipped profiles."""
    known = json.loads((FRAMES / f"{protocol}.json").read_text(encoding="utf-8"))
    points = _points(protocol)
    found = []
    for vector in known:
        carrier = next((key for key in vectors.CARRIERS if key in vector), None)
        asked = vectors.asked_of(vector)
        if carrier is not None and asked.kind not in ("bcd", "crc", "value"):
            data = vectors.CARRIERS[carrier](vector[carrier])
            found += [Seed(data, asked), Seed(data, replace(asked, points=points))] if data else []
    return found


def _points(protocol: str) -> tuple[Point, ...]:
    models = [profile.load(name) for name in profile.names()]
    return tuple(
        point for model in models if model.transport.protocol == protocol for point in model.contract_points()
    )


def _flip(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _replace(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    data[rng.randrange(len(data))] = rng.choice((0x00, 0xFF, 0x68, 0x16, 0x02, 0x03, rng.randrange(256)))


def _insert(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randint(1, 6))


def _delete(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.randint(1, 6)]


def _cut(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    del data[rng.randrange(len(data)) :]


def _repeat(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.randint(1, 16)]


def _splice(rng: random.Random, data: bytearray, known: list[Seed]) -> None:
    other = rng.choice(known).data
    data[rng.randrange(len(data)) :] = other[rng.randrange(len(other)) :]


def _swap(rng: random.Random, data: bytearray, _: list[Seed]) -> None:
    one, other = rng.randrange(len(data)), rng.randrange(len(data))
    data[one], data[other] = data[other], data[one]


#: Each changes bytes in place; the last one needs other frames.
MUTATIONS: Final[tuple[Callable[[random.Random, bytearray, list[Seed]], None], ...]] = (
    _flip, _replace, _insert, _delete, _cut, _repeat, _swap, _flip, _replace, _splice,
)  # fmt: skip
#: Of one frame, each of these leaves a wrong sum or a wrong length.
NOTICED_BY_A_SUM: Final = (_flip, _replace, _delete, _cut)


def mutated(rng: random.Random, protocol: str, known: list[Seed], number: int) -> Seed:
    """One case: a captured frame with one to four changes."""
    seed = rng.choice(known)
    data = bytearray(seed.data)
    for _ in range(rng.randint(1, 4)):
        if data:
            rng.choice(MUTATIONS)(rng, data, known)
    oracle = ORACLES.get(protocol)
    if oracle is not None and data and number % _REPAIRED_EVERY == 0:
        data = bytearray(oracle.repaired(data) or data)
    return Seed(bytes(data), seed.asked)


def fuzz(protocol: str, count: int, seed: int) -> Outcome:
    """`count` mutated frames of a protocol; the same `seed` gives the same ones."""
    rng = random.Random(f"{protocol} {seed}")
    known = seeds(protocol)
    outcome = Outcome(protocol)
    began_s = time.process_time()
    for number in range(count):
        _try(protocol, mutated(rng, protocol, known, number), outcome)
    outcome.mean_s = (time.process_time() - began_s) / max(count, 1)
    return outcome


def _try(protocol: str, case: Seed, outcome: Outcome) -> None:
    outcome.count += 1
    began_s = time.process_time()
    fields: dict[str, Any] | None = None
    try:
        fields = DECODERS[protocol](case.data, case.asked)
    except FrameError:
        outcome.refused += 1
    except Exception as error:  # noqa: BLE001  # this is what is looked for
        _note(outcome.crashes, case, repr(error))
    spent_s = time.process_time() - began_s
    outcome.longest_s = max(outcome.longest_s, spent_s)
    if spent_s > HANG_S:
        _note(outcome.hangs, case, f"{spent_s:.2f} s")
    if fields is not None:
        outcome.accepted += 1
        _judge(protocol, case, fields, outcome)


def _judge(protocol: str, case: Seed, fields: dict[str, Any], outcome: Outcome) -> None:
    oracle = ORACLES.get(protocol)
    if oracle is None:
        return
    pieces: list[bytes] | None = None
    for told in _frames_told(fields):
        if _carries_no_checksum(protocol, told):
            outcome.unproved += told is fields
            continue
        pieces = list(oracle.spans(case.data)) if pieces is None else pieces
        several = told is not fields
        if not any(_says_the_same(protocol, piece, case.asked, told, several=several) for piece in pieces):
            _note(outcome.wrong, case, f"{len(pieces)} good frames in it, none of them says this")


def _frames_told(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said of each frame of a capture, without those refused; of a lone one all there is."""
    items = [one for one in fields.get("items", ()) if isinstance(one, dict)]
    return [one for one in items if "error" not in one] if items and fields["frames"] != 1 else [fields]


def _carries_no_checksum(protocol: str, fields: dict[str, Any]) -> bool:
    """Messages that have none: short ones of M-Bus, a sign-on, a telegram of DSMR 2, data without a frame."""
    if protocol == "iec62056_21":
        return fields.get("bcc_ok") is not True and fields["type"] != "command"
    if protocol == "osdp":
        return "integrity" not in fields
    if protocol == "dsmr_p1":
        return fields["crc_ok"] is None
    return protocol == "mbus" and fields.get("type") in ("ack", "request")


def _says_the_same(
    protocol: str, piece: bytes, asked: Asked, fields: dict[str, Any], *, several: bool
) -> bool:
    try:
        alone = DECODERS[protocol](piece, asked)
    except FrameError:
        return False
    around = _AROUND | (_AMONG_OTHERS.get(protocol, frozenset()) if several else frozenset())
    return all(fields.get(key) == value for key, value in alone.items() if key not in around)


def _note(found: list[str], case: Seed, what: str) -> None:
    if len(found) < _MOST_SHOWN:
        request = f" (request {case.asked.request.hex()})" if case.asked.request else ""
        found.append(f"{what}: {case.data.hex()}{request}")


def known_protocols() -> list[str]:
    """Protocols of serial lines whose frames are at hand."""
    return sorted(path.stem for path in FRAMES.glob("*.json") if path.stem in DECODERS)


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz_drivers", description=__doc__)
    parser.add_argument("--protocol", choices=["all", *known_protocols()], default="all")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args(argv)
    chosen = known_protocols() if arguments.protocol == "all" else [arguments.protocol]
    print(
        f"{'protocol':<16}{'frames':>10}{'accepted':>10}{'refused':>10}{'unproved':>10}{'mean':>10}{'longest':>10}"
    )
    good = True
    for protocol in chosen:
        outcome = fuzz(protocol, arguments.count, arguments.seed)
        good &= outcome.good
        print(
            f"{protocol:<16}{outcome.count:>10,}{outcome.accepted:>10,}{outcome.refused:>10,}"
            f"{outcome.unproved:>10,}{outcome.mean_s * 1e6:>7.0f} µs{outcome.longest_s * 1e3:>7.1f} ms  "
            f"{len(outcome.crashes)} crashes, {len(outcome.hangs)} hangs, {len(outcome.wrong)} wrong values",
            flush=True,
        )
        for line in (*outcome.crashes, *outcome.hangs, *outcome.wrong):
            print(f"  {line}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
