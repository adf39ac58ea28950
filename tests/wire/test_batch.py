"""A batch is checked whole: wrong columns, unknown keys and broken bytes are named, never guessed at."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wire.batch import Batch, Event, Frame, decode, encode, identity_of
from wire.errors import WireError
from wire.payload import pack

STREAM = "01K" + "A" * 23
NOW_MS = 1_764_000_000_000
CAPTURED = Path(__file__).parent / "captured"

frames = st.integers(1, 5).flatmap(
    lambda n: st.builds(
        Frame,
        device=st.sampled_from(["meter-main", "厨房-1", "a.b_c"]),
        time=st.lists(st.integers(NOW_MS, NOW_MS + 10_000), min_size=n, max_size=n),
        values=st.dictionaries(
            st.sampled_from(["active_power", "temperature"]),
            st.lists(st.none() | st.floats(-1e6, 1e6), min_size=n, max_size=n),
        ),
    )
)


def a_batch(**changes: object) -> dict[str, object]:
    return {"v": 1, "stream": STREAM, "seq": 1, "sent": NOW_MS, "frames": [], "events": []} | changes


@given(frames=st.lists(frames, max_size=4), seq=st.integers(1, 2**53 - 1))
def test_what_is_encoded_is_decoded(frames: list[Frame], seq: int) -> None:
    batch = Batch(stream=STREAM, seq=seq, sent=NOW_MS, frames=frames)
    assert decode(encode(batch)) == batch


def test_a_large_batch_travels_compressed_and_comes_back_whole() -> None:
    rows = list(range(NOW_MS, NOW_MS + 5000))
    batch = Batch(
        stream=STREAM,
        seq=1,
        sent=NOW_MS,
        frames=[Frame(device="m", time=rows, values={"active_power": [float(row % 97) for row in rows]})],
    )
    payload = encode(batch)
    assert payload[:4] == b"\x28\xb5\x2f\xfd"
    assert len(payload) < len(batch.model_dump_json()) / 3
    assert decode(payload) == batch


@pytest.mark.parametrize("path", sorted(CAPTURED.glob("batch-v1*.json")), ids=lambda path: path.stem)
def test_every_captured_message_of_a_released_version_still_reads(path: Path) -> None:
    assert decode(path.read_bytes()).readings() > 0


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"seq": 0}, "seq"),
        ({"stream": "no ulid"}, "stream"),
        ({"extra": 1}, "extra"),
        ({"v": 2}, "v"),
        ({"sent": 1.5}, "sent"),
        ({"frames": [{"device": "a/b", "time": [NOW_MS], "values": {}}]}, "frames.0.device"),
        ({"frames": [{"device": "m", "time": [], "values": {}}]}, "frames.0.time"),
        ({"frames": [{"device": "m", "time": [NOW_MS], "values": {"active_power": [1, 2]}}]}, "frames.0"),
        ({"frames": [{"device": "m", "time": [NOW_MS], "values": {"active_power": ["1"]}}]}, "active_power"),
        ({"events": [{"device": "g", "time": NOW_MS, "kind": "badge"}]}, "events.0"),
        ({"events": [{"device": "g", "time": NOW_MS, "kind": "badge", "badge": "0008127885"}]}, "badge"),
        ({"events": [{"device": "g", "time": NOW_MS, "kind": "fault"}]}, "events.0"),
    ],
)
def test_a_mistake_is_refused_with_its_place(changes: dict[str, object], place: str) -> None:
    with pytest.raises(WireError, match=place):
        decode(json.dumps(a_batch(**changes)).encode())


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_a_number_is_no_value(number: str) -> None:
    text = '{"v":1,"stream":"%s","seq":1,"sent":1,"frames":[{"device":"m","time":[1],"values":{"q":[%s]}}]}'
    with pytest.raises(WireError):
        decode((text % (STREAM, number)).encode())


@given(st.binary(max_size=300))
def test_no_bytes_crash_the_decoder(noise: bytes) -> None:
    with pytest.raises(WireError):
        decode(noise)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_damaged_compressed_batch_is_refused(at: int, byte: int) -> None:
    payload = bytearray(pack(json.dumps(a_batch()).encode(), above_bytes=10))
    position = at % len(payload)
    if payload[position] == byte:
        return
    payload[position] = byte
    try:
        batch = decode(bytes(payload))
    except WireError:
        return
    assert batch.stream == STREAM  # a flipped bit in a field zstd ignores


def test_a_message_that_unpacks_to_too_much_is_refused_before_it_fills_the_memory() -> None:
    bomb = pack(b"0" * (17 * 1024 * 1024))
    with pytest.raises(WireError, match="too large"):
        decode(bomb)


def test_nulls_are_not_readings() -> None:
    frame = Frame(device="m", time=[1, 2], values={"active_power": [1.0, None], "frequency": [None, None]})
    assert frame.readings() == 1


def test_a_fault_names_its_reason() -> None:
    assert Event(device="m", time=1, kind="fault", reason="no_reply").quantity is None


def test_a_trade_is_of_the_badge_and_changes_nothing_of_an_event_without_one() -> None:
    plain = Event(device="gate", time=5, kind="badge", badge="b:" + "9f" * 16, direction="in")
    told = plain.model_copy(update={"trade": "tiler"})
    assert '"trade"' not in plain.model_dump_json()
    assert '"trade":"tiler"' in told.model_dump_json()
    assert identity_of(told) == identity_of(plain)


@pytest.mark.parametrize("trade", ["", "0008127885", "b:9f", "a" * 33])
def test_a_trade_is_a_short_word_without_digits(trade: str) -> None:
    with pytest.raises(ValidationError):
        Event(device="gate", time=5, kind="badge", badge="b:" + "9f" * 16, trade=trade)
