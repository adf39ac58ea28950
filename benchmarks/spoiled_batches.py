"""Valid batches spoiled at random: their bytes, structure or values; the same ones for the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from benchmarks.load import AGENT, SITE, STREAM, batches
from wire import payload as wire_payload
from wire.topics import Topic

NOW_MS: Final = 1_764_000_900_000
TOPIC: Final = Topic(SITE, AGENT, "batch")
STRANGER: Final = Topic("elsewhere", AGENT, "batch")
#: As JSON, so that each use is a value of its own.
_ODD: Final[tuple[str, ...]] = (
    "null", "true", '""', '"\\u0000"', '"null"', f'"{"é" * 70}"', "[]", "{}", "[[]]", "-1", "0", str(2**53),
    str(2**64), str(-(2**70)), "1e308", "1e-320", "0.1", f'"{STREAM}"', "[null,null]", '{"a":{}}',
)  # fmt: skip
_WORDS: Final[tuple[bytes, ...]] = (
    b"NaN", b"-Infinity", b"1e999", b"null", b'"', b"\\u0000", b"\\ud800", b"\xff", b"{", b"]", b"\x00", b",",
    b'"seq":1,', b'"v":2,', b"\xef\xbb\xbf", b"9" * 40,
)  # fmt: skip


def payloads(count: int, seed: int) -> Iterator[tuple[Topic, bytes]]:
    """Spoiled payloads, as many as `count`, the same for the same seed."""
    chance = random.Random(seed)
    sources = [_source(number, chance) for number in range(64)]
    for number in range(1, count + 1):
        source = dict(chance.choice(sources))
        # Every fourth is under a number that came before: a repeat, or other content under it.
        source["seq"] = number if chance.random() < 0.75 else chance.randint(1, number)
        topic = STRANGER if chance.random() < 0.01 else TOPIC
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
