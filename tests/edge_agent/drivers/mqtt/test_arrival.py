"""From messages to readings, badges and faults: times, silence, retained messages, what cannot be read."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import pytest

from edge_agent.drivers.contract import LineCounters, Point, Reply, Target
from edge_agent.drivers.mqtt import mapping
from edge_agent.drivers.mqtt.arrival import (
    LATE_MS,
    LATEST_AHEAD_MS,
    OLDEST_KEPT_MS,
    OLDEST_LIVE_MS,
    Arrivals,
    MqttDevice,
    matches,
)
from tests.edge_agent.drivers.mqtt.sparkplug import metric, payload
from wire.batch import FaultReason

NOW_MS = 1_764_000_000_000


def point(quantity: str, field: str, scale: float = 1.0, **where: Any) -> Point:
    return Point(quantity, {"field": field, **where}, scale)


class Hands:
    """Notes what a collector would be told."""

    def __init__(self) -> None:
        self.replies: list[tuple[str, int, dict[str, float | None]]] = []
        self.faults: list[tuple[str, str]] = []
        self.back: list[str] = []
        self.cards: list[tuple[str, str]] = []

    def reply(self, device: str, time_ms: int, reply: Reply) -> None:
        self.replies.append((device, time_ms, reply.values))

    def failure(self, device: str, time_ms: int, reason: FaultReason) -> None:
        assert time_ms == NOW_MS
        self.faults.append((device, reason))

    def restored(self, device: str) -> None:
        self.back.append(device)

    def card(self, device: str, time_ms: int, card: str) -> None:
        assert time_ms == NOW_MS
        self.cards.append((device, card))


class Bench:
    """Some devices behind a broker."""

    def __init__(self, *devices: MqttDevice) -> None:
        self.hands, self.counters = Hands(), LineCounters()
        self.arrivals = Arrivals(devices, self.hands, lambda: NOW_MS, self.counters)
        self.arrivals.connected(0.0)
        self.hands.back.clear()

    def says(self, topic: str, content: object, *, retained: bool = False, now_s: float = 0.0) -> list[Any]:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.arrivals.take(topic, data, retained, now_s)


def sensor(device: str = "th", address: str = "zigbee2mqtt/th", silent_after_s: float = 100.0) -> MqttDevice:
    points = (point("temperature", "temperature"), point("air_pressure", "pressure", 0.1))
    return MqttDevice(Target(device, address, points), "zigbee2mqtt", silent_after_s=silent_after_s)


def test_fields_become_quantities_in_the_tables_units_and_what_is_not_said_is_no_null() -> None:
    bench = Bench(sensor())
    bench.says("zigbee2mqtt/th", {"temperature": 20.5, "pressure": 1013.2})
    bench.says("zigbee2mqtt/th", {"temperature": None})
    assert bench.hands.replies == [
        ("th", NOW_MS, {"temperature": 20.5, "air_pressure": 101.32}),
        ("th", NOW_MS + 1, {"temperature": None}),
    ]
    assert bench.counters.replies == 2


@pytest.mark.parametrize(
    ("raw", "at", "value"),
    [
        ("ON", {}, 1.0),
        ("off", {}, 0.0),
        (True, {}, 1.0),
        ("21.5", {}, 21.5),
        ("much", {}, None),
        (None, {}, None),
        (65535, {"invalid": [65535]}, None),
        ("65535", {"invalid": [65535]}, None),
        (False, {"states": {"false": 1, "true": 0}}, 1),
        ("open", {"states": {"open": 1, "closed": 0}}, 1),
        ("ajar", {"states": {"open": 1, "closed": 0}}, None),
        (3, {"states": {"3": 1}}, 1),
        (None, {"states": {"open": 1}}, None),
    ],
)
def test_a_word_or_a_number_is_what_the_profile_says(
    raw: Any, at: dict[str, Any], value: float | None
) -> None:
    assert mapping.number_of(raw, point("door_open", "x", **at)) == value


@pytest.mark.parametrize(
    ("at", "rule"),
    [
        ({}, "field is missing"),
        ({"field": ""}, "field is missing"),
        ({"field": "x", "state": {}}, 'did you mean "states"'),
        ({"field": "x", "states": {"on": "1"}}, "words with a number each"),
        ({"field": "x", "invalid": 5}, "a list of numbers"),
    ],
)
def test_a_profiles_place_of_a_value_is_checked(at: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        mapping.check_at(at)


@pytest.mark.parametrize(
    ("own_ms", "taken_ms"),
    [
        (NOW_MS - 60_000, NOW_MS - 60_000),
        (NOW_MS - LATE_MS + 1, NOW_MS),
        (NOW_MS - OLDEST_LIVE_MS - 1, NOW_MS),
        (NOW_MS + LATEST_AHEAD_MS, NOW_MS),
        (NOW_MS + LATEST_AHEAD_MS + 1, NOW_MS),
        (0, NOW_MS),
    ],
)
def test_a_devices_own_time_counts_where_it_is_plausible(own_ms: int, taken_ms: int) -> None:
    bench = Bench(MqttDevice(Target("plug", "plug", (point("active_power", "switch:0/apower"),)), "shelly"))
    change = {"method": "NotifyStatus", "params": {"ts": own_ms / 1000, "switch:0": {"apower": 20.5}}}
    bench.says("plug/events/rpc", change)
    assert bench.hands.replies[0][1] == taken_ms


@pytest.mark.parametrize(
    ("own_ms", "taken_ms"),
    [
        (NOW_MS - LATE_MS + 1, [NOW_MS]),
        (NOW_MS - 86_400_000, [NOW_MS - 86_400_000]),
        (NOW_MS - OLDEST_KEPT_MS - 1, []),
        (NOW_MS + LATEST_AHEAD_MS + 1, [NOW_MS]),
        (0, [NOW_MS]),
        (None, [NOW_MS]),
    ],
    ids=["fresh", "a day old", "too old", "ahead", "a clock that was never set", "not told"],
)
def test_a_message_that_repeats_what_was_said_long_ago_is_of_then(
    own_ms: int | None, taken_ms: list[int]
) -> None:
    """Zigbee2MQTT does so after its own start; `last_seen` says when the device has spoken."""
    bench = Bench(sensor())
    bench.says("zigbee2mqtt/th", {"temperature": 20.5, "last_seen": own_ms})
    assert [time_ms for _, time_ms, _ in bench.hands.replies] == taken_ms


def test_a_repeated_message_is_no_sign_of_life() -> None:
    bench = Bench(sensor(silent_after_s=7200))
    bench.says("zigbee2mqtt/th", {"temperature": 20.5, "last_seen": NOW_MS - 86_400_000}, now_s=7000.0)
    bench.arrivals.silence(7201.0)
    assert bench.hands.faults == [("th", "no_reply")]


def test_a_bridge_whose_clock_was_never_set_says_nothing_of_a_devices_life() -> None:
    bench = Bench(sensor(silent_after_s=7200))
    bench.says("zigbee2mqtt/th", {"temperature": 20.5, "last_seen": 60_000}, now_s=7000.0)
    bench.arrivals.silence(7201.0)
    assert bench.hands.faults == []


def test_an_uplink_that_was_measured_long_ago_is_of_then_and_its_device_is_there() -> None:
    """An LHT65 with a probe and a time (external sensor 9) says when it has measured."""
    points = (point("surface_temperature", "TempC_DS"),)
    lora = MqttDevice(
        Target("th", "a840410000000001", points), "chirpstack_v4", codec="dragino/lht65", silent_after_s=7200
    )
    bench = Bench(lora)
    entry = bytes.fromhex("0ADD0AF7C37609") + ((NOW_MS // 1000) - 7_000).to_bytes(4, "big")
    uplink = {"fPort": 2, "data": base64.b64encode(entry).decode()}
    bench.says("application/a/device/a840410000000001/event/up", uplink, now_s=7000.0)
    assert bench.hands.replies == [("th", NOW_MS - 7_000_000, {"surface_temperature": 27.81})]
    bench.arrivals.silence(7201.0)
    assert bench.hands.faults == []


def test_two_values_in_one_millisecond_are_two_readings() -> None:
    """The store knows a reading by device, quantity and time: the second would be taken for the first."""
    bench = Bench(sensor())
    for value in (20.0, 20.0, 21.0):
        bench.says("zigbee2mqtt/th", {"temperature": value})
    bench.says("zigbee2mqtt/th", {"pressure": 1000})
    assert [time_ms - NOW_MS for _, time_ms, _ in bench.hands.replies] == [0, 1, 2, 2]


def test_two_values_in_one_second_of_a_device_that_writes_seconds_are_two_readings() -> None:
    bench = Bench(sensor())
    late = "2025-11-24T15:59:00+00:00"
    for value in (20.0, 21.0, 21.0):
        bench.says("zigbee2mqtt/th", {"temperature": value, "last_seen": late})
    times = [time_ms for _, time_ms, _ in bench.hands.replies]
    assert [time_ms - times[0] for time_ms in times] == [0, 1, 1], "the third is the second, sent again"
    assert times[0] == NOW_MS - 60_000


def test_a_device_that_says_more_than_there_are_milliseconds_is_cut_and_counted() -> None:
    bench = Bench(sensor())
    for value in range(LATEST_AHEAD_MS + 11):
        bench.says("zigbee2mqtt/th", {"temperature": value})
    assert len(bench.hands.replies) == LATEST_AHEAD_MS + 1
    assert bench.counters.dropped == 10


def test_an_exact_time_is_kept_to_the_millisecond() -> None:
    bench = Bench(MqttDevice(Target("n", "g/n", (point("temperature", "T"),)), "sparkplug_b"))
    samples = [metric("T", value=20.0 + n, time_ms=NOW_MS - 900 + 100 * n) for n in range(10)]
    bench.says("spBv1.0/g/NBIRTH/n", payload(*samples, seq=0))
    assert [time_ms - NOW_MS for _, time_ms, _ in bench.hands.replies] == list(range(-900, 1, 100))


@pytest.mark.parametrize(("age_ms", "taken"), [(86_400_000, 1), (OLDEST_KEPT_MS + 1, 0), (-10_000, 0)])
def test_a_kept_reading_has_a_plausible_time_of_its_own_or_is_dropped_and_counted(
    age_ms: int, taken: int
) -> None:
    bench = Bench(MqttDevice(Target("n", "g/n", (point("temperature", "T"),)), "sparkplug_b"))
    bench.says("spBv1.0/g/NBIRTH/n", payload(seq=0))
    old = metric("T", value=20.0, time_ms=NOW_MS - age_ms, historical=True)
    bench.says("spBv1.0/g/NDATA/n", payload(old, seq=1))
    assert len(bench.hands.replies) == taken
    assert bench.counters.dropped == 1 - taken


def test_a_retained_message_is_no_reading_but_says_who_is_away() -> None:
    bench = Bench(sensor())
    bench.says("zigbee2mqtt/th", {"temperature": 20.5}, retained=True)
    assert bench.hands.replies == []
    bench.says("zigbee2mqtt/th/availability", b"offline", retained=True)
    assert bench.hands.faults == [("th", "no_reply")]
    bench.says("zigbee2mqtt/th/availability", b"online")
    assert bench.hands.back == ["th"]


def test_a_bridge_that_is_gone_takes_all_its_devices_with_it() -> None:
    bench = Bench(sensor("a", "zigbee2mqtt/a"), sensor("b", "zigbee2mqtt/b"), sensor("c", "other/c"))
    bench.says("zigbee2mqtt/bridge/state", b'{"state":"offline"}')
    assert bench.hands.faults == [("a", "no_reply"), ("b", "no_reply")]


def test_a_silent_device_is_reported_and_back_with_its_next_message() -> None:
    bench = Bench(sensor("th", silent_after_s=100.0), sensor("x", "zigbee2mqtt/x", silent_after_s=0.0))
    assert bench.arrivals.silence(50.0) == 100.0
    bench.says("zigbee2mqtt/th", {"temperature": 20.5}, now_s=80.0)
    assert bench.arrivals.silence(100.0) == 160.0, "looked after within a minute"
    assert bench.hands.faults == []
    bench.arrivals.silence(181.0)
    bench.arrivals.silence(241.0)
    assert bench.hands.faults == [("th", "no_reply")] * 2, "told again; the fault book counts minutes"
    assert bench.counters.timeouts == 1
    bench.says("zigbee2mqtt/th", {"temperature": 20.5}, now_s=250.0)
    assert bench.hands.replies[-1][0] == "th"
    assert bench.arrivals.silence(251.0) == 311.0


def test_a_message_that_cannot_be_read_is_a_fault_counted_and_never_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = MqttDevice(Target("gate", "t", ()), "tasmota", badge="PN532/UID")
    bench = Bench(reader)
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            bench.says("tele/t/SENSOR", b'{"PN532":{"UID":"94D8FC5F"')
        bench.says("tele/t/LWT", b"94D8FC5F")
    assert bench.hands.faults[0] == ("gate", "malformed")
    assert bench.counters.checksum_errors == 4
    assert len(caplog.records) == 1
    assert "94D8" not in caplog.text


def test_a_card_is_the_same_number_as_at_any_other_reader() -> None:
    tasmota = MqttDevice(Target("gate", "t", ()), "tasmota", badge="PN532/UID")
    esphome = MqttDevice(Target("door", "node", ()), "esphome", badge="text_sensor/badge")
    bench = Bench(tasmota, esphome)
    bench.says("tele/t/SENSOR", {"Time": "2019-01-10T18:23:24", "PN532": {"UID": "94D8FC5F", "DATA": ""}})
    bench.says("node/text_sensor/badge/state", b"94-D8-FC-5F")
    bench.says("node/text_sensor/badge/state", b"")
    assert bench.hands.cards == [("gate", "2497248351"), ("door", "2497248351")]


def test_several_sensors_in_one_message_are_each_a_device() -> None:
    points = (point("temperature", "{part}/Temperature"),)
    bench = Bench(*(MqttDevice(Target(part.lower(), f"t#{part}", points), "tasmota") for part in "AB"))
    assert bench.arrivals.filters == ["tele/t/LWT", "tele/t/SENSOR", "tele/t/STATE"]
    bench.says("tele/t/SENSOR", {"A": {"Temperature": 1}, "B": {"Temperature": 2}, "C": {"Temperature": 3}})
    assert [(device, values) for device, _, values in bench.hands.replies] == [
        ("a", {"temperature": 1}),
        ("b", {"temperature": 2}),
    ]


def test_devices_of_one_sparkplug_node_share_its_session() -> None:
    points = (point("temperature", "T"),)
    bench = Bench(
        MqttDevice(Target("node", "g/n", points), "sparkplug_b"),
        MqttDevice(Target("inner", "g/n/d", points), "sparkplug_b"),
    )
    bench.says("spBv1.0/g/NBIRTH/n", payload(metric("T", 1, 20.0, 10), seq=0))
    bench.says("spBv1.0/g/DBIRTH/n/d", payload(metric("T", 1, 30.0, 10), seq=1))
    bench.says("spBv1.0/g/NDATA/n", payload(metric(alias=1, value=21.0), seq=2))
    assert [(device, values) for device, _, values in bench.hands.replies] == [
        ("node", {"temperature": 20.0}),
        ("inner", {"temperature": 30.0}),
        ("node", {"temperature": 21.0}),
    ]
    (ask,) = bench.says("spBv1.0/g/DDATA/n/d", payload(metric(alias=1, value=31.0), seq=9))
    assert ask.topic == "spBv1.0/g/NCMD/n"
    assert bench.counters.requests == 1
    bench.says("spBv1.0/g/NDEATH/n", payload())
    assert bench.hands.faults == [("node", "no_reply"), ("inner", "no_reply")]


def test_a_broker_that_is_gone_takes_every_device_with_it() -> None:
    bench = Bench(sensor())
    bench.arrivals.lost()
    assert bench.hands.faults == [("th", "line_lost")]
    bench.arrivals.connected(10.0)
    assert bench.hands.back == ["th"]


@pytest.mark.parametrize(
    ("pattern", "topic", "fits"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/b/c", "a/b", False),
        ("a/+/c", "a/b/c", True),
        ("a/+", "a/b/c", False),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/+/c/#", "a/b/c", True),
        ("a/+/c/#", "a/b/d", False),
        ("+/b", "/b", True),
    ],
)
def test_filters_take_topics_as_the_standard_says(pattern: str, topic: str, fits: bool) -> None:
    assert matches(pattern, topic) is fits
