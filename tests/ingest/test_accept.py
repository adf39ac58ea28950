"""accept: any bytes in, accepted columns or a reason out, and never an exception."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json

from ingest.accept import Accepted, Refused, accept, recalled
from ingest.refusals import REMEDIES, SetAside, detail, summary
from store.records.registry import Directory
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch, Event, Frame
from wire.errors import WireError
from wire.receipt import LONGEST_DETAIL, RefusalReason
from wire.topics import Topic

TOPIC = Topic("fenglin-18", "pi-1", "batch")
STREAM = "01K" + "A" * 23
NOW = 1_764_000_000_000
BADGE = "b:" + "9f" * 16


def batch(*frames: Frame, events: tuple[Event, ...] = (), seq: int = 17) -> Batch:
    return Batch(stream=STREAM, seq=seq, sent=NOW, frames=list(frames), events=list(events))


def meter(values: dict[str, list[float | None]], times: list[int] | None = None) -> Frame:
    count = len(next(iter(values.values())))
    return Frame(device="meter-main", time=times or [NOW + at for at in range(count)], values=values)


def taken(payload: bytes) -> Accepted:
    outcome = accept(TOPIC, payload, NOW)
    assert isinstance(outcome, Accepted)
    return outcome


def refused(payload: bytes) -> Refused:
    outcome = accept(TOPIC, payload, NOW)
    assert isinstance(outcome, Refused)
    return outcome


def test_a_good_batch_goes_to_the_log_byte_for_byte() -> None:
    payload = wire_batch.encode(batch(meter({"active_power": [812.5, None], "voltage_l1": [229.8, 230]})))
    outcome = taken(payload)
    assert outcome.set_aside == ()
    assert outcome.entry.payload is payload
    entry = outcome.entry
    assert (entry.site, entry.agent, entry.stream, entry.seq) == ("fenglin-18", "pi-1", STREAM, 17)
    (block,) = outcome.blocks
    assert block.values == {"active_power": [812.5, None], "voltage_l1": [229.8, 230]}


def test_many_frames_of_one_device_become_one_block() -> None:
    frames = [meter({"frequency": [50.0 + at / 10]}, [NOW - at]) for at in range(60)]
    outcome = taken(wire_batch.encode(batch(*frames)))
    (block,) = outcome.blocks
    assert list(block.time) == [NOW - at for at in range(60)]


def test_an_implausible_value_becomes_null_and_the_rest_stays() -> None:
    payload = wire_batch.encode(batch(meter({"frequency": [50, 500, 49], "active_power": [1, 2, 3]})))
    outcome = taken(payload)
    clean = wire_batch.decode(outcome.entry.payload)
    assert clean.frames[0].values == {"frequency": [50, None, 49], "active_power": [1, 2, 3]}
    assert (clean.stream, clean.seq) == (STREAM, 17)
    assert outcome.blocks[0].values["frequency"] == [50, None, 49]
    (part,) = outcome.set_aside
    assert part.reason == "implausible"
    for word in ("meter-main", "frequency", str(NOW + 1), "500", "70"):
        assert word in part.detail


@pytest.mark.parametrize(("value", "bound"), [(-6.01, "below 0"), (119.01, "above 100")])
def test_bounds_of_the_table_are_inclusive(value: float, bound: str) -> None:
    assert taken(wire_batch.encode(batch(meter({"relative_humidity": [-6, 119]})))).set_aside == ()
    (part,) = taken(wire_batch.encode(batch(meter({"relative_humidity": [value]})))).set_aside
    assert bound in part.detail


@pytest.mark.parametrize(
    ("quantity", "value"), [("relative_humidity", 100.4), ("frequency", 0.0), ("power_factor", -1.001)]
)
def test_what_a_sensor_says_beyond_the_limit_and_means_as_the_limit_is_taken_as_it_came(
    quantity: str, value: float
) -> None:
    outcome = taken(wire_batch.encode(batch(meter({quantity: [value], "temperature": [21]}))))
    assert outcome.set_aside == ()
    assert outcome.blocks[0].values[quantity] == [value]


@pytest.mark.parametrize("bad", ["NaN", "Infinity", "-Infinity", "1e999", '"50"', "true", "[]", "9" * 401])
def test_what_is_no_number_costs_its_value_and_can_be_looked_at(bad: str) -> None:
    text = wire_batch.encode(batch(meter({"frequency": [49, 50], "voltage_l1": [230, 231]}))).decode()
    outcome = taken(text.replace("50.0", bad).encode())
    assert outcome.blocks[0].values == {"frequency": [49, None], "voltage_l1": [230, 231]}
    assert len(outcome.set_aside) == 1
    rest = from_json(outcome.rest)
    assert [frame["time"] for frame in rest["frames"]] == [[NOW + 1]]
    assert list(rest["frames"][0]["values"]) == ["frequency"]
    assert (rest["stream"], rest["seq"]) == (STREAM, 17)


@pytest.mark.parametrize(
    ("spoilt", "word"),
    [
        ({"device": "m", "time": [NOW], "values": {"frequency": [50, 51]}}, "2 values for 1 times"),
        ({"device": "m", "time": [], "values": {}}, "no time"),
        ({"device": "a/b", "time": [NOW], "values": {"frequency": [50]}}, "no such device"),
        ({"device": "m", "time": NOW, "values": {}}, "time is not a list"),
        ({"device": "m", "time": [NOW + 0.5], "values": {"frequency": [50]}}, "whole number"),
        ({"device": "m", "time": [NOW], "values": {"frequency": {"value": 50}}}, "is no list"),
        ("frame", "is no frame"),
        (None, "is no frame"),
    ],
)
def test_a_bad_frame_or_column_costs_itself_alone(spoilt: object, word: str) -> None:
    good = json.loads(batch(meter({"frequency": [50]})).model_dump_json())
    good["frames"].append(spoilt)
    outcome = taken(json.dumps(good).encode())
    assert [block.device for block in outcome.blocks] == ["meter-main"]
    assert from_json(outcome.rest)["frames"] == [spoilt]
    assert word in summary(outcome.set_aside)


@pytest.mark.parametrize(
    "spoilt",
    [{"device": "gate", "time": NOW, "kind": "badge"}, {"device": "gate", "colour": 1}, 5, {"a": 1, "b": 2}],
)
def test_a_bad_event_costs_itself_alone(spoilt: object) -> None:
    good = json.loads(
        batch(events=(Event(device="gate", time=NOW, kind="badge", badge=BADGE),)).model_dump_json()
    )
    good["events"].append(spoilt)
    outcome = taken(json.dumps(good).encode())
    assert [event.device for event in outcome.events] == ["gate"]
    assert from_json(outcome.rest)["events"] == [spoilt]


def test_a_field_nobody_knows_costs_that_field() -> None:
    good = json.loads(batch(meter({"frequency": [50]})).model_dump_json())
    good["colour"] = "red"
    good["frames"][0]["unit"] = "mHz"
    outcome = taken(json.dumps(good).encode())
    assert outcome.blocks[0].values == {"frequency": [50]}
    rest = from_json(outcome.rest)
    assert (rest["colour"], rest["frames"][0]["unit"], rest["frames"][0]["values"]) == ("red", "mHz", {})


def test_an_unknown_quantity_is_set_aside_and_its_neighbours_are_not() -> None:
    outcome = taken(wire_batch.encode(batch(meter({"frequency": [50], "karma": [1]}))))
    assert outcome.blocks[0].values == {"frequency": [50]}
    assert [part.reason for part in outcome.set_aside] == ["unknown_quantity"]
    assert "karma" in outcome.set_aside[0].detail


@pytest.mark.parametrize(
    ("sent_ahead_ms", "furthest_ms"),
    [(0, 10_000), (-NOW, 10_000), (300_000, 310_000), (10**9, 600_000)],
)
def test_a_reading_may_be_ahead_as_far_as_the_clock_that_sent_it_and_ten_minutes(
    sent_ahead_ms: int, furthest_ms: int
) -> None:
    limit = NOW + furthest_ms
    frame = meter({"frequency": [49, 50, 51]}, [NOW, limit, limit + 1])
    event = Event(device="gate", time=limit + 1, kind="badge", badge=BADGE)
    near = event.model_copy(update={"time": limit})
    whole = batch(frame, events=(event, near)).model_copy(update={"sent": NOW + sent_ahead_ms})
    outcome = taken(wire_batch.encode(whole))
    assert list(outcome.blocks[0].time) == [NOW, limit]
    assert outcome.events == [near]
    assert [part.reason for part in outcome.set_aside] == ["clock_skew", "clock_skew"]


@pytest.mark.parametrize(
    ("time", "word"),
    [
        (NOW // 1000, "look like seconds"),
        (NOW * 1000, "look like microseconds"),
        (NOW * 1_000_000, "look like nanoseconds"),
        (0, "before 2020"),
        (-5, "before 2020"),
        (10**300, "more than 19 digits"),
    ],
)
def test_times_in_another_unit_are_told_so(time: int, word: str) -> None:
    good = json.loads(batch(meter({"frequency": [49, 50]})).model_dump_json())
    good["frames"][0]["time"][1] = time
    outcome = taken(json.dumps(good).encode())
    assert outcome.blocks[0].values == {"frequency": [49]}
    assert [part.reason for part in outcome.set_aside] == ["clock_skew"]
    assert word in summary(outcome.set_aside)


def test_a_value_both_implausible_and_too_far_ahead_is_named_for_both() -> None:
    frame = meter({"frequency": [50, 500]}, [NOW, NOW + 700_000])
    outcome = taken(wire_batch.encode(batch(frame)))
    assert wire_batch.decode(outcome.entry.payload).frames[0].values == {"frequency": [50]}
    assert {part.reason for part in outcome.set_aside} == {"clock_skew", "implausible"}


KNOWN = Directory(agents={}, devices={"fenglin-18": frozenset({"meter-main", "gate"}), "bare": frozenset()})


@pytest.mark.parametrize(
    ("topic", "directory", "word"),
    [
        (Topic("elsewhere", "pi-1", "batch"), KNOWN, "no site elsewhere"),
        (TOPIC, Directory(agents={"fenglin-18": frozenset({"pi-2"})}, devices=KNOWN.devices), "pi-2"),
    ],
)
def test_a_stranger_s_batch_is_refused_whole_by_its_number(
    topic: Topic, directory: Directory, word: str
) -> None:
    outcome = accept(topic, wire_batch.encode(batch(meter({"frequency": [50]}))), NOW, directory)
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.stream, outcome.seq) == ("wrong_site", STREAM, 17)
    assert word in outcome.detail
    assert outcome.met_unknown


def test_an_agent_of_a_site_that_lists_none_is_taken() -> None:
    payload = wire_batch.encode(batch(meter({"frequency": [50]})))
    outcome = accept(TOPIC, payload, NOW, KNOWN)
    assert isinstance(outcome, Accepted)
    assert outcome.entry.payload is payload
    assert not outcome.met_unknown


def test_an_unknown_device_is_set_aside_and_the_others_are_not() -> None:
    stranger = Frame(device="meter-new", time=[NOW, NOW + 1], values={"frequency": [50, None]})
    events = tuple(
        Event(device=device, time=NOW, kind="badge", badge=BADGE) for device in ("gate", "meter-new")
    )
    payload = wire_batch.encode(batch(meter({"frequency": [50]}), stranger, events=events))
    outcome = accept(TOPIC, payload, NOW, KNOWN)
    assert isinstance(outcome, Accepted)
    assert [block.device for block in outcome.blocks] == ["meter-main"]
    assert [event.device for event in outcome.events] == ["gate"]
    (part,) = outcome.set_aside
    assert part.reason == "unknown_device"
    assert "meter-new (2 values" in part.detail
    assert outcome.met_unknown


RETIRED = Directory(devices={TOPIC.site: frozenset({"gate"})}, retired={TOPIC.site: {"meter-main": NOW}})


def test_what_a_retired_device_said_before_is_taken_as_it_came() -> None:
    """An agent resends what it has no receipt for, days later maybe."""
    badge = Event(device="meter-main", time=NOW - 1, kind="badge", badge=BADGE)
    payload = wire_batch.encode(batch(meter({"frequency": [50, 51]}, [NOW - 2, NOW - 1]), events=(badge,)))
    outcome = accept(TOPIC, payload, NOW, RETIRED)
    assert isinstance(outcome, Accepted)
    assert outcome.set_aside == ()
    assert outcome.entry.payload == payload
    assert [list(block.time) for block in outcome.blocks] == [[NOW - 2, NOW - 1]]
    assert outcome.events == [badge]


def test_what_a_retired_device_says_after_that_is_set_aside_and_told_since_when() -> None:
    badge = Event(device="meter-main", time=NOW, kind="badge", badge=BADGE)
    payload = wire_batch.encode(
        batch(meter({"frequency": [50, 51, 52]}, [NOW - 1, NOW, NOW + 1]), events=(badge,))
    )
    outcome = accept(TOPIC, payload, NOW, RETIRED)
    assert isinstance(outcome, Accepted)
    assert [list(block.time) for block in outcome.blocks] == [[NOW - 1]]
    assert wire_batch.decode(outcome.rest).frames[0].time == [NOW, NOW + 1]
    assert wire_batch.decode(outcome.rest).events == [badge]
    (part,) = outcome.set_aside
    assert part.reason == "unknown_device"
    since = dt.datetime.fromtimestamp(NOW / 1000, dt.UTC)
    assert f"retired since {since:%Y-%m-%d %H:%M:%S} UTC" in part.detail


def test_a_time_nobody_believes_is_no_reading_from_before_the_retirement() -> None:
    outcome = accept(TOPIC, wire_batch.encode(batch(meter({"frequency": [50]}, [NOW // 1000]))), NOW, RETIRED)
    assert isinstance(outcome, Accepted)
    assert [part.reason for part in outcome.set_aside] == ["clock_skew"]


def test_a_site_without_devices_is_a_site() -> None:
    outcome = accept(Topic("bare", "pi-1", "batch"), wire_batch.encode(batch()), NOW, KNOWN)
    assert isinstance(outcome, Accepted)


def test_forty_thousand_bad_values_are_one_note_a_place() -> None:
    frame = meter({"frequency": [500.0] * 40_000}, [NOW - at for at in range(40_000)])
    (part,) = taken(wire_batch.encode(batch(frame))).set_aside
    assert "40000 values" in part.detail


def test_a_quantity_nearly_right_is_named() -> None:
    (part,) = taken(wire_batch.encode(batch(meter({"activ_power": [1]})))).set_aside
    assert "did you mean active_power?" in part.detail


def test_every_reason_has_a_remedy_and_no_detail_is_longer_than_may_be() -> None:
    assert set(REMEDIES) == set(get_args(RefusalReason))
    for reason in REMEDIES:
        text = detail(reason, "x" * 5000)
        assert len(text) == LONGEST_DETAIL
        assert text.endswith(REMEDIES[reason])
    assert len(summary([SetAside("schema", "x" * 999)] * 9)) == LONGEST_DETAIL


def test_a_detail_is_one_line_that_every_store_takes() -> None:
    """Whatever an attacker names a key."""
    good = json.loads(batch().model_dump_json())
    outcome = taken(json.dumps(good | {"a\u0000b\nc\x1b[2J": 1}).encode())
    assert [part.reason for part in outcome.set_aside] == ["schema"]
    assert outcome.set_aside[0].detail.isprintable()


def test_a_batch_of_which_nothing_is_left_is_accepted_empty() -> None:
    """Its number has come: a hole would be asked for again and again."""
    outcome = taken(wire_batch.encode(batch(meter({"karma": [1]}))))
    assert outcome.blocks == []
    assert wire_batch.decode(outcome.entry.payload).seq == 17


def test_what_is_screened_out_once_is_clean_for_good() -> None:
    first = taken(wire_batch.encode(batch(meter({"frequency": [50, 500], "karma": [1, 2]}))))
    again = taken(first.entry.payload)
    assert again.set_aside == ()
    assert again.blocks == first.blocks


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "unreadable"),
        (b"\x00\xff", "unreadable"),
        (b"{", "unreadable"),
        (b"\x28\xb5\x2f\xfd garbage", "unreadable"),
        (b"[" * 100_000, "too_large"),
        (b"[]", "schema"),
        (b"{}", "schema"),
        (b'"text"', "schema"),
        (b"1" * 10_000, "too_large"),
        (b" " * (16 * 1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_is_no_batch_is_refused_by_digest(payload: bytes, reason: str) -> None:
    outcome = refused(payload)
    assert (outcome.stream, outcome.seq) == (None, None)
    assert outcome.reason == reason
    assert outcome.refusal().digest == wire_payload.digest(payload)


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"sent": "yesterday"},
        {"sent": 10**400},
        {"v": 1.5},
    ],
)
def test_a_batch_whose_own_fields_are_wrong_is_refused_by_its_number(change: dict[str, Any]) -> None:
    good = json.loads(batch(meter({"frequency": [50]})).model_dump_json())
    outcome = refused(json.dumps(good | change).encode())
    assert (outcome.reason, outcome.stream, outcome.seq) == ("schema", STREAM, 17)
    assert outcome.refusal().seq == 17
    assert outcome.refusal().digest is None


@pytest.mark.parametrize(
    "identity",
    [
        {"stream": "x"},
        {"seq": 0},
        {"seq": True},
        {"seq": 2**53},
        {"seq": 1.5},
        {"stream": None},
        {"seq": "1"},
    ],
)
def test_an_identity_the_wire_does_not_allow_is_none(identity: dict[str, Any]) -> None:
    outcome = refused(json.dumps({"v": 1, "stream": STREAM, "seq": 1, "sent": NOW} | identity).encode())
    assert (outcome.stream, outcome.seq) == (None, None)


GOOD = batch(
    meter({"frequency": [50, None], "active_power": [1, 2]}),
    events=(Event(device="gate", time=NOW, kind="badge", badge=BADGE),),
).model_dump_json().encode()  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 12), put=st.binary(max_size=12), zstd=st.booleans())
def test_no_mutation_of_bytes_gets_an_exception_out_of_it(at: int, cut: int, put: bytes, zstd: bool) -> None:
    mutated = GOOD[:at] + put + GOOD[at + cut :]
    payload = wire_payload.pack(mutated, above_bytes=0) if zstd else mutated
    _check(accept(TOPIC, payload, NOW))


@given(
    key=st.sampled_from(["v", "stream", "seq", "sent", "frames", "events", "other"]),
    value=JSON,
    numbers=st.lists(st.floats() | st.integers() | st.none(), min_size=2, max_size=2),
    name=st.sampled_from(["frequency", "smoke", "karma", "active_energy_import"]),
)
def test_no_mutation_of_values_gets_an_exception_out_of_it(
    key: str, value: object, numbers: list[float | None], name: str
) -> None:
    loaded = json.loads(GOOD)
    loaded["frames"][0]["values"][name] = numbers
    _check(accept(TOPIC, json.dumps(loaded).encode(), NOW))
    loaded[key] = value
    _check(accept(TOPIC, json.dumps(loaded).encode(), NOW))


def _check(outcome: Accepted | Refused) -> None:
    """What is accepted can be read by everybody; what is refused can be told to the agent."""
    if isinstance(outcome, Refused):
        assert outcome.refusal().reason == outcome.reason
        return
    again = accept(TOPIC, outcome.entry.payload, NOW)
    assert isinstance(again, Accepted)
    assert again.set_aside == ()


_STORED = batch(
    meter({"frequency": [50.0, 49.9]}), events=(Event(device="gate", time=NOW, kind="badge", badge=BADGE),)
)


def test_what_stands_in_the_log_is_recalled_as_it_was_accepted() -> None:
    outcome = taken(wire_batch.encode(_STORED))
    assert recalled(TOPIC.site, outcome.entry.payload) == (outcome.blocks, outcome.events)


def test_what_a_newer_version_wrote_is_recalled_without_what_this_one_does_not_know() -> None:
    payload = wire_batch.encode(_STORED)
    loaded = json.loads(wire_payload.unpack(payload))
    loaded["frames"][0]["phase"] = "L1"
    assert recalled(TOPIC.site, json.dumps(loaded).encode()) == recalled(TOPIC.site, payload)


@pytest.mark.parametrize("payload", [b"[]", b"{", b"\x28\xb5\x2f\xfd", b'{"v":1}', b"null"])
def test_what_nobody_can_read_in_the_log_says_so(payload: bytes) -> None:
    with pytest.raises(WireError):
        recalled(TOPIC.site, payload)


def test_a_reading_of_long_before_the_work_began_is_set_aside_and_old_history_is_not() -> None:
    year = 366 * 86_400_000
    begun = Directory(devices={TOPIC.site: frozenset({"meter-main"})}, begun={TOPIC.site: NOW})
    payload = wire_batch.encode(batch(meter({"frequency": [50.0, 50.1]}, [NOW - 3 * year, NOW - year])))
    outcome = accept(TOPIC, payload, NOW, begun)
    assert isinstance(outcome, Accepted)
    assert [list(block.time) for block in outcome.blocks] == [[NOW - year]]
    (part,) = outcome.set_aside
    assert part.reason == "clock_skew"
    assert "two years before the first day of work at this site" in part.detail
