"""Batches spoiled at random, through the whole of ingest's judgement into a real log and real records.

`python -m benchmarks.mutate --count 1000000 --seed 1` takes valid payloads, changes bytes, structure or
values, judges each with `accept`, and stores as ingest does: in groups, quarantine first. In the end every
payload must be in the log (itself, or the clean part of it) or in quarantine, what is set aside of a batch
and what is taken must together be all of it, each value once, everything in the log must read back clean, and
nothing may have been raised. Prints the counts as JSON; exit 1 where one is nowhere, or in two places.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic_core import from_json

from benchmarks.load import AGENT, SITE, STREAM, batches
from ingest import content
from ingest import judged as judging
from ingest.accept import Accepted, Refused, accept
from ingest.judged import Judged
from ingest.receive import Arrival
from store.engine import sqlite_url
from store.log.contract import Log
from store.log.sqlite import SqliteLog
from store.records.records import Records
from store.records.registry import Directory
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.topics import Topic

NOW_MS: Final = 1_764_000_900_000
GROUP: Final = 512
_TOPIC: Final = Topic(SITE, AGENT, "batch")
_STRANGER: Final = Topic("elsewhere", AGENT, "batch")
#: One of the load's devices is not registered, so that some batches are taken in part.
_DIRECTORY: Final = Directory(devices={SITE: frozenset(f"meter-{number:02d}" for number in range(59))})
#: As JSON, so that each use is a value of its own.
_ODD: Final[tuple[str, ...]] = (
    "null", "true", '""', '"\\u0000"', '"null"', f'"{"é" * 70}"', "[]", "{}", "[[]]", "-1", "0", str(2**53),
    str(2**64), str(-(2**70)), "1e308", "1e-320", "0.1", f'"{STREAM}"', "[null,null]", '{"a":{}}',
)  # fmt: skip
_WORDS: Final[tuple[bytes, ...]] = (
    b"NaN", b"-Infinity", b"1e999", b"null", b'"', b"\\u0000", b"\\ud800", b"\xff", b"{", b"]", b"\x00", b",",
    b'"seq":1,', b'"v":2,', b"\xef\xbb\xbf", b"9" * 40,
)  # fmt: skip


@dataclass
class Counts:
    """Each payload is in one of `logged`, `partly` (the clean part in the log, the rest in quarantine) and
    `quarantined`; `conflicts` are among the last; `twins` are payloads that came before byte for byte."""

    payloads: int = 0
    logged: int = 0
    partly: int = 0
    repeated: int = 0
    quarantined: int = 0
    conflicts: int = 0
    twins: int = 0
    lost: int = 0
    #: Batches of which a value is neither taken nor set aside, or both.
    unbalanced: int = 0
    unreadable_in_log: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def payloads(count: int, seed: int) -> Iterator[tuple[Topic, bytes]]:
    """Spoiled payloads, as many as `count`, the same for the same seed."""
    chance = random.Random(seed)
    sources = [_source(number, chance) for number in range(64)]
    for number in range(1, count + 1):
        source = dict(chance.choice(sources))
        # Every fourth is under a number that came before: a repeat, or other content under it.
        source["seq"] = number if chance.random() < 0.75 else chance.randint(1, number)
        topic = _STRANGER if chance.random() < 0.01 else _TOPIC
        yield topic, chance.choice(_MUTATIONS)(source, chance)


def _source(number: int, chance: random.Random) -> dict[str, Any]:
    """A small valid batch as loaded JSON."""
    batch: dict[str, Any] = json.loads(next(batches(1, seed=number)).model_dump_json())
    batch["frames"] = chance.sample(batch["frames"], chance.randint(1, 4))
    for frame in batch["frames"]:
        frame["values"] = dict(chance.sample(list(frame["values"].items()), 3))
    badge = {"device": "meter-00", "time": batch["sent"], "kind": "badge", "badge": "b:" + "9f" * 16}
    fault = {"device": "meter-00", "time": batch["sent"], "kind": "fault", "reason": "no_reply"}
    batch["events"] = chance.choice([[], [badge], [fault, badge]])
    return batch


def _text(source: dict[str, Any]) -> bytes:
    return json.dumps(source, separators=(",", ":")).encode()


def _unchanged(source: dict[str, Any], chance: random.Random) -> bytes:
    return wire_payload.pack(_text(source), chance.choice((0, 1024, 1 << 20)))


def _bytes(source: dict[str, Any], chance: random.Random) -> bytes:
    """A few bytes overwritten, cut out or put in."""
    text = bytearray(_text(source))
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(text) + 1)
        put = chance.choice(_WORDS) if chance.random() < 0.5 else chance.randbytes(chance.randint(0, 3))
        text[at : at + chance.choice((0, 0, 1, 2, 20))] = put
    return wire_payload.pack(bytes(text), chance.choice((0, 1 << 20)))


def _packed_bytes(source: dict[str, Any], chance: random.Random) -> bytes:
    """Bytes of the compressed payload overwritten, or its end cut off."""
    packed = bytearray(wire_payload.pack(_text(source), 0))
    if chance.random() < 0.3:
        return bytes(packed[: chance.randrange(len(packed))])
    packed[chance.randrange(len(packed))] = chance.randrange(256)
    return bytes(packed)


def _structure(source: dict[str, Any], chance: random.Random) -> bytes:
    """Values replaced, keys renamed, doubled or left out, somewhere in the tree."""
    copy = json.loads(_text(source))
    for _ in range(chance.randint(1, 3)):
        _spoil(copy, chance)
    return wire_payload.pack(_text(copy), chance.choice((0, 1024)))


def _values(source: dict[str, Any], chance: random.Random) -> bytes:
    """Well-formed, but with an odd device, time, quantity or value here and there."""
    copy = json.loads(_text(source))
    for frame in copy["frames"]:
        what = chance.randrange(8)
        if what == 0:
            frame["device"] = chance.choice(("meter-59", "厨房", "x"))
        elif what == 1:
            frame["time"] = [time + chance.choice((1, 10**6, 10**9, -(10**9))) for time in frame["time"]]
        elif what == 2:
            frame["values"][chance.choice(("karma", "activ_power", "frequency"))] = [chance.uniform(-99, 99)]
        elif what == 3:
            name = chance.choice(list(frame["values"]))
            frame["values"][name] = [
                chance.choice((None, 1e300, -1e300, 0, 0.0, 5e-324)) for _ in frame["time"]
            ]
    return wire_payload.pack(_text(copy), chance.choice((0, 1024)))


def _parts(source: dict[str, Any], chance: random.Random) -> bytes:
    """Well-formed JSON in which single values, columns, times, frames and fields are bad."""
    copy = json.loads(_text(source))
    for frame in copy["frames"]:
        chance.choice(_BAD_PARTS)(frame, chance)
    if chance.random() < 0.1:
        copy["colour"] = _odd(chance)
    if chance.random() < 0.2:
        copy["events"].append(_odd(chance))
    if chance.random() < 0.2:
        copy["frames"].insert(0, _odd(chance))
    return wire_payload.pack(_text(copy), chance.choice((0, 1024)))


def _bad_value(frame: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice(list(frame["values"]))
    bad = chance.choice(_BAD_VALUES)
    frame["values"][name] = [bad if chance.random() < 0.7 else value for value in frame["values"][name]]


def _bad_column(frame: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice(list(frame["values"]))
    frame["values"][name] = chance.choice(([], frame["values"][name] * 2, None, 5, {"a": 1}))


def _longer(frame: dict[str, Any], chance: random.Random) -> None:
    """Some rows, a few of them at a time nobody believes."""
    count = chance.randint(2, 5)
    start = frame["time"][0]
    frame["time"] = [start - at * 1000 for at in range(count)]
    frame["values"] = {name: column * count for name, column in frame["values"].items()}
    for _ in range(chance.randint(0, 2)):
        frame["time"][chance.randrange(count)] = chance.choice(_BAD_TIMES)
    _bad_value(frame, chance)


def _bad_name(frame: dict[str, Any], chance: random.Random) -> None:
    name = chance.choice(list(frame["values"]))
    frame["values"][chance.choice(("karma", "Frequency", "x" * 5000))] = frame["values"].pop(name)


def _foreign(frame: dict[str, Any], chance: random.Random) -> None:
    frame[chance.choice(("unit", "quality"))] = chance.choice(("kW", 1, None))


def _bad_device(frame: dict[str, Any], chance: random.Random) -> None:
    frame["device"] = chance.choice((None, 5, "a/b", "", "meter-99", "me\u0301ter"))


_BAD_VALUES: Final[tuple[Any, ...]] = (
    float("nan"), float("inf"), -float("inf"), 10**400, "50", True, [], {}, 1e300, -(2**70), 1e6,
)  # fmt: skip
_BAD_TIMES: Final[tuple[Any, ...]] = (
    1_764_000_000,
    1_764_000_000_000_000,
    0,
    -1,
    10**300,
    1.5,
    "now",
    None,
    True,
    NOW_MS + 10**9,
)
_BadPart = Callable[[dict[str, Any], random.Random], None]
_BAD_PARTS: Final[tuple[_BadPart, ...]] = (
    _bad_value, _bad_value, _bad_column, _longer, _longer, _bad_name, _foreign, _bad_device,
)  # fmt: skip


def _odd(chance: random.Random) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(chance.choice(_ODD))


def _spoil(tree: Any, chance: random.Random) -> None:  # noqa: ANN401 - any JSON
    """Walk down at random and spoil what is there."""
    while True:
        keys = list(tree) if isinstance(tree, dict) else list(range(len(tree)))
        if not keys:
            return
        key = chance.choice(keys)
        inner = tree[key]
        if isinstance(inner, dict | list) and inner and chance.random() < 0.8:
            tree = inner
            continue
        _spoil_at(tree, key, chance)
        return


def _spoil_at(tree: Any, key: Any, chance: random.Random) -> None:  # noqa: ANN401 - any JSON
    what = chance.randrange(5)
    if what == 0:
        del tree[key]
    elif what == 1 and isinstance(tree, dict):
        tree[str(_odd(chance))] = tree.pop(key)
    elif what == 2 and isinstance(tree, list):
        tree.insert(chance.randrange(len(tree) + 1), _odd(chance))
    elif what == 3 and isinstance(tree[key], int | float):
        tree[key] *= chance.choice((-1, 0, 1e-9, 1000, 1e9))
    else:
        tree[key] = _odd(chance)


def _noise(source: dict[str, Any], chance: random.Random) -> bytes:
    deep = chance.choice((b"[", b'{"a":', b"\x28\xb5\x2f\xfd")) * chance.randint(1, 3000)
    return chance.choice((chance.randbytes(chance.randint(0, 200)), deep, _text(source)[1:]))


_Mutation = Callable[[dict[str, Any], random.Random], bytes]
_MUTATIONS: Final[tuple[_Mutation, ...]] = (
    _unchanged, _values, _values, _parts, _parts, _parts, _bytes, _bytes, _packed_bytes,
    _structure, _structure, _structure, _structure, _noise,
)  # fmt: skip


class Run:
    """Judges and stores group after group, and keeps count."""

    def __init__(self, log: Log, records: Records) -> None:
        self._log = log
        self._records = records
        self.counts = Counts()
        self._reasons: Counter[str] = Counter()

    def take(self, group: Sequence[tuple[Topic, bytes]]) -> None:
        """As `ingest.service` does, in one thread."""
        judged = [
            Judged(Arrival(topic, payload), NOW_MS, accept(topic, payload, NOW_MS, _DIRECTORY))
            for topic, payload in group
        ]
        self._quarantine(judged)
        accepted = [one for one in judged if isinstance(one.outcome, Accepted)]
        entries = [one.outcome.entry for one in accepted if isinstance(one.outcome, Accepted)]
        offsets = self._log.append(entries, NOW_MS)
        repeats = [one for one, offset in zip(accepted, offsets, strict=True) if offset is None]
        identities = [one.outcome.entry.identity for one in repeats if isinstance(one.outcome, Accepted)]
        conflicts = judging.conflicts(repeats, self._log.standing(identities))
        self._quarantine(conflicts)
        self._count(judged, len(repeats), len(conflicts))

    def _quarantine(self, judged: Sequence[Judged]) -> None:
        items = [item for one in judged if (item := judging.quarantined(one)) is not None]
        self._records.quarantine.add(items)
        self._reasons.update(item.reason for item in items)

    def _count(self, judged: Sequence[Judged], repeats: int, conflicts: int) -> None:
        counts = self.counts
        refused = sum(isinstance(one.outcome, Refused) for one in judged)
        partly = sum(isinstance(one.outcome, Accepted) and bool(one.outcome.set_aside) for one in judged)
        counts.payloads += len(judged)
        counts.partly += partly
        counts.repeated += repeats - conflicts
        counts.conflicts += conflicts
        counts.quarantined += refused + conflicts
        counts.logged += len(judged) - refused - repeats
        counts.reasons = dict(self._reasons)


def audit(log: Log, records: Records, count: int, seed: int) -> Iterator[str]:
    """ "lost", "unbalanced", "unreadable" or "twin", once for each payload or record that is that."""
    set_aside = set(_set_aside(records))
    seen: set[tuple[str, str]] = set()
    group: list[Accepted] = []
    for topic, payload in payloads(count, seed):
        if (key := (str(topic), wire_payload.digest(payload))) in seen:
            yield "twin"
            continue
        seen.add(key)
        outcome = accept(topic, payload, NOW_MS, _DIRECTORY)
        if isinstance(outcome, Refused):
            if key not in set_aside:
                yield "lost"
            continue
        if outcome.set_aside:
            if (str(topic), wire_payload.digest(outcome.rest)) not in set_aside:
                yield "lost"
            if not _is_balanced(payload, outcome):
                yield "unbalanced"
        if (str(topic), wire_payload.digest(outcome.entry.payload)) in set_aside:
            continue  # a conflict
        group.append(outcome)
        if len(group) == GROUP:
            yield from _not_in_log(log, group)
            group.clear()
    yield from _not_in_log(log, group)
    yield from _unreadable(log)


def _is_balanced(payload: bytes, outcome: Accepted) -> bool:
    whole, taken, rest = (
        holdings(from_json(wire_batch.CODEC.unpack(one)))
        for one in (payload, outcome.entry.payload, outcome.rest)
    )
    return whole == taken + rest


def holdings(batch: Any) -> Counter[str]:  # noqa: ANN401 - JSON
    """What a batch in JSON holds, as often as it does: values by device, quantity and time, events, and by
    itself what is in no such place."""
    found: Counter[str] = Counter()
    for name, part in batch.items():
        if name == "frames":
            for frame in part if isinstance(part, list) else [part]:
                found.update(_of_frame(frame))
        elif name == "events":
            found.update(_shown("event", event) for event in (part if isinstance(part, list) else [part]))
        elif name not in ("v", "stream", "seq", "sent"):
            found[_shown(name, part)] += 1
    return found


def _of_frame(frame: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if not isinstance(frame, dict) or not _has_columns(frame):
        yield _shown("frame", frame)
        return
    device, times = unicodedata.normalize("NFC", frame["device"]), frame["time"]
    for name, column in frame["values"].items():
        if isinstance(column, list) and len(column) == len(times):
            for moment, value in zip(times, column, strict=True):
                if value is not None:
                    yield _shown("value", [device, name, moment, value])
        else:
            yield _shown("column", [device, name, times, column])
    for name in frame.keys() - {"device", "time", "values"}:
        yield _shown("field", [device, name, frame[name]])


def _has_columns(frame: dict[str, Any]) -> bool:
    kinds = (("device", str), ("time", list), ("values", dict))
    return all(isinstance(frame.get(name), kind) for name, kind in kinds)


def _shown(kind: str, part: Any) -> str:  # noqa: ANN401 - JSON
    """The same for 50 and 50.0, and for an event with nothing said and with nulls."""
    if kind == "event" and isinstance(part, dict):
        part = {name: _composed(value) for name, value in part.items() if value is not None}
    if kind == "value" and type(part[-1]) is int and abs(part[-1]) < 1 << 53:
        part = [*part[:-1], float(part[-1])]
    return f"{kind} {json.dumps(part, sort_keys=True)}"


def _set_aside(records: Records) -> Iterator[tuple[str, str]]:
    after = 0
    while page := records.quarantine.items(1000, after):
        yield from ((item.topic, wire_payload.digest(item.payload)) for item in page)
        after = page[-1].id


def _composed(value: Any) -> Any:  # noqa: ANN401 - JSON
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _not_in_log(log: Log, group: Sequence[Accepted]) -> Iterator[str]:
    """Those whose content stands nowhere in the log."""
    stand = [one.payload for one in log.standing([outcome.entry.identity for outcome in group])]
    for outcome, payload in zip(group, stand, strict=True):
        if payload is None:
            yield "lost"
            continue
        one, other = wire_batch.decode(outcome.entry.payload), wire_batch.decode(payload)
        if content.difference(one, other):
            yield "lost"


def _unreadable(log: Log) -> Iterator[str]:
    after = 0
    while page := log.read(after, 1000):
        for record in page:
            again = accept(_TOPIC, record.entry.payload, NOW_MS, _DIRECTORY)
            if isinstance(again, Refused) or again.set_aside:
                yield "unreadable"
        after = page[-1].offset


def run(folder: Path, count: int, seed: int) -> Counts:
    """All of it, with the stores in `folder`."""
    started = time.monotonic()
    log, records = SqliteLog(folder / "log.db"), Records(sqlite_url(folder / "records.db"))
    work = Run(log, records)
    group: list[tuple[Topic, bytes]] = []
    for one in payloads(count, seed):
        group.append(one)
        if len(group) == GROUP:
            work.take(group)
            group = []
    work.take(group)
    found = Counter(audit(log, records, count, seed))
    counts = work.counts
    counts.lost, counts.unbalanced = found["lost"], found["unbalanced"]
    counts.unreadable_in_log, counts.twins = found["unreadable"], found["twin"]
    counts.seconds = round(time.monotonic() - started, 1)
    log.close()
    records.close()
    return counts


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutate", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-mutate-") as folder:
        counts = run(Path(folder), arguments.count, arguments.seed)
    print(json.dumps({"seed": arguments.seed, "stream": STREAM, **asdict(counts)}, indent=2))
    return 1 if counts.lost or counts.unbalanced or counts.unreadable_in_log else 0


if __name__ == "__main__":
    sys.exit(main())
