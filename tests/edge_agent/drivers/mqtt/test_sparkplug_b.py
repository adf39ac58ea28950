"""Sparkplug B: what a number means is said at birth; a hole in the sequence is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.mqtt import sparkplug_payload
from edge_agent.drivers.mqtt.message import Heard
from edge_agent.drivers.mqtt.sparkplug_b import REBIRTH_EVERY_S, Node, filters, split
from tests.edge_agent.drivers.mqtt.sparkplug import field, metric, payload

NOW_MS = 1_764_000_000_000
TEMPERATURE, SWITCH, COUNT = 10, 11, 3


class Edge:
    """A node as we hear it."""

    def __init__(self) -> None:
        self.node = Node("site/gateway", lambda: NOW_MS)
        self.now_s = 0.0

    def says(self, kind: str, message: bytes, device: str = "") -> list[Heard]:
        topic = f"spBv1.0/site/{kind}/gateway" + (f"/{device}" if device else "")
        return self.node.hear(topic, message, self.now_s)

    def born(self, seq: int = 0) -> list[Heard]:
        return self.says(
            "NBIRTH",
            payload(
                metric("bdSeq", value=7, datatype=8),
                metric("Temperature", alias=1, value=21.5, datatype=TEMPERATURE),
                metric("Count", alias=2, value=-5, datatype=COUNT),
                seq=seq,
            ),
        )


def values(heard: list[Heard]) -> dict[str, object]:
    return {name: value for one in heard for name, value in one.values.items()}


def rebirths(heard: list[Heard]) -> list[str]:
    return [one.ask.topic for one in heard if one.ask is not None]


def test_a_birth_says_all_and_data_only_what_changed_by_number() -> None:
    edge = Edge()
    birth = edge.born()
    assert birth[0].available is True
    assert values(birth) == {"bdSeq": 7, "Temperature": 21.5, "Count": -5}
    data = edge.says("NDATA", payload(metric(alias=1, value=22.5), seq=1))
    assert values(data) == {"Temperature": 22.5}
    assert data[0].time_ms == NOW_MS


def test_a_signed_number_without_its_type_is_signed_as_at_birth() -> None:
    edge = Edge()
    edge.born()
    assert values(edge.says("NDATA", payload(metric(alias=2, value=-7), seq=1))) == {"Count": -7}


def test_each_metric_has_its_own_time_and_kept_ones_are_marked() -> None:
    edge = Edge()
    edge.born()
    old = metric(alias=1, value=20.0, time_ms=NOW_MS - 60_000, historical=True)
    now = metric(alias=2, value=3, time_ms=NOW_MS)
    heard = edge.says("NDATA", payload(old, now, seq=1))
    assert [(dict(one.values), one.time_ms, one.history) for one in heard] == [
        ({"Temperature": 20.0}, NOW_MS - 60_000, True),
        ({"Count": 3}, NOW_MS, False),
    ]


def test_data_before_a_birth_is_not_guessed_at_but_asked_about() -> None:
    edge = Edge()
    heard = edge.says("NDATA", payload(metric(alias=1, value=22.5), seq=1))
    assert values(heard) == {}
    assert rebirths(heard) == ["spBv1.0/site/NCMD/gateway"]
    asked = sparkplug_payload.read(heard[0].ask.payload if heard[0].ask else b"")
    assert (asked.metrics[0].name, asked.metrics[0].value) == ("Node Control/Rebirth", True)
    assert asked.timestamp_ms == NOW_MS


@pytest.mark.parametrize("seq", [1, 3, 0, 255, None])
def test_a_hole_in_the_sequence_ends_the_session(seq: int | None) -> None:
    edge = Edge()
    edge.born()
    edge.says("NDATA", payload(metric(alias=1, value=22.0), seq=1))
    heard = edge.says("NDATA", payload(metric(alias=1, value=23.0), seq=seq))
    assert values(heard) == {}
    assert len(rebirths(heard)) == 1
    assert values(edge.says("NDATA", payload(metric(alias=1, value=24.0), seq=2))) == {}
    assert values(edge.born()) != {}, "a birth makes it whole"


def test_the_sequence_goes_from_255_to_0() -> None:
    edge = Edge()
    edge.born()
    for number in range(1, 600):
        assert values(edge.says("NDATA", payload(metric(alias=1, value=20.0), seq=number % 256)))


def test_a_node_is_not_asked_for_rebirth_more_often_than_it_can_be_born() -> None:
    edge = Edge()
    asked = 0
    for number in range(100):
        edge.now_s = number * REBIRTH_EVERY_S / 10
        asked += len(rebirths(edge.says("NDATA", payload(metric(alias=1, value=1.0), seq=9))))
    assert asked == 10


def test_an_unknown_number_asks_for_a_rebirth_and_costs_the_known_ones_nothing() -> None:
    edge = Edge()
    edge.born()
    known, strange = metric(alias=1, value=22.0), metric(alias=99, value=1.0)
    heard = edge.says("NDATA", payload(known, strange, seq=1))
    assert values(heard) == {"Temperature": 22.0}
    assert len(rebirths(heard)) == 1


def test_a_device_has_numbers_of_its_own_and_shares_the_nodes_sequence() -> None:
    edge = Edge()
    edge.born()
    birth = edge.says("DBIRTH", payload(metric("Door", alias=1, value=True, datatype=SWITCH), seq=1), "door")
    assert (birth[0].available, birth[0].part, values(birth)) == (True, "door", {"Door": True})
    data = edge.says("DDATA", payload(metric(alias=1, value=False), seq=2), "door")
    assert (data[0].part, values(data)) == ("door", {"Door": False})
    assert values(edge.says("NDATA", payload(metric(alias=1, value=23.0), seq=3))) == {"Temperature": 23.0}
    death = edge.says("DDEATH", payload(seq=4), "door")
    assert [(one.available, one.part) for one in death] == [(False, "door")]
    assert rebirths(edge.says("DDATA", payload(metric(alias=1, value=True), seq=5), "door"))


def test_a_death_is_of_its_own_session_only() -> None:
    edge = Edge()
    edge.born()
    assert edge.says("NDEATH", payload(metric("bdSeq", value=6, datatype=8))) == [], "the will of one before"
    death = edge.says("NDEATH", payload(metric("bdSeq", value=7, datatype=8)))
    assert [(one.available, one.part) for one in death] == [(False, None)]


def test_an_empty_message_is_a_hole() -> None:
    edge = Edge()
    edge.born()
    assert rebirths(edge.says("NDATA", b"")) == ["spBv1.0/site/NCMD/gateway"]


def test_a_value_that_is_null_or_no_scalar_is_no_number() -> None:
    edge = Edge()
    edge.born()
    heard = edge.says("NDATA", payload(metric(alias=1), metric(alias=2, value=float("nan")), seq=1))
    assert values(heard) == {"Temperature": None, "Count": None}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("0880", "incomplete_frame"),
        ("08" + "FF" * 10 + "01", "malformed"),
        ("0B", "malformed"),
        ("00", "malformed"),
        ("1205", "incomplete_frame"),
        ("0A00", "malformed"),
        ("1203 0A01FF", "malformed"),
        ("1202 0A05", "incomplete_frame"),
        ("1209 590100000000000000", "malformed"),
        ("1203 6D0102", "incomplete_frame"),
        ("1800 18 80808080 80808080 8002", "malformed"),
    ],
)
def test_what_is_no_protobuf_is_refused(message: str, kind: str) -> None:
    with pytest.raises(FrameError) as error:
        sparkplug_payload.read(bytes.fromhex(message))
    assert error.value.kind == kind


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    try:
        sparkplug_payload.read(data)
    except FrameError:
        return


_NUMBERS = st.one_of(
    st.tuples(st.just(1), st.integers(-128, 127)),
    st.tuples(st.just(2), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just(3), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(4), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(7), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(8), st.integers(0, 2**63)),
)


@given(_NUMBERS, st.text(min_size=1, max_size=20), st.integers(0, 2**64 - 1))
def test_what_is_written_is_read(number: tuple[int, int], name: str, alias: int) -> None:
    datatype, value = number
    said = sparkplug_payload.read(payload(metric(name, alias, value, datatype), seq=3))
    (one,) = said.metrics
    assert (one.name, one.alias, one.value, one.datatype, said.seq) == (name, alias, value, datatype, 3)


def test_an_empty_name_beside_an_alias_names_nothing() -> None:
    """SeppPenner/SparkplugNet#37: its nodes write the name as an empty text."""
    edge = Edge()
    edge.born()
    assert values(edge.says("NDATA", payload(metric("", alias=1, value=23.5), seq=1))) == {
        "Temperature": 23.5
    }


@pytest.mark.parametrize(("quality", "value"), [(192, 20.0), (0, None), (500, None)])
def test_a_value_is_believed_where_its_quality_is_good(quality: int, value: float | None) -> None:
    """Eclipse Sparkplug 3.0.0 §6.4.21: 0 is bad, 192 good, 500 stale."""
    edge = Edge()
    edge.born()
    told = field(1, b"Quality") + field(2, field(1, 3) + field(3, quality))
    heard = edge.says("NDATA", payload(metric(alias=1, value=20.0) + field(9, told), seq=1))
    assert values(heard) == {"Temperature": value}


def test_a_metric_that_cannot_be_read_costs_itself() -> None:
    said = sparkplug_payload.read(payload(field(1, b"\xff"), metric("Count", value=3), seq=1))
    assert ([one.name for one in said.metrics], said.malformed, said.seq) == (["Count"], 1, 1)


def test_a_float_of_four_bytes_has_no_digits_that_were_never_sent() -> None:
    message = bytes.fromhex("12 09 10 07 20 09 65 9A 99 AD 41")
    assert sparkplug_payload.read(message).metrics[0].value == 21.7


@pytest.mark.parametrize("address", ["site", "site//x", "a/b/c/d", "a/+", "#/b", "/a/b"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="is no Sparkplug address"):
        split(address)


def test_one_subscription_hears_a_node_and_its_devices() -> None:
    assert split("site/gateway/door") == ("site/gateway", "door")
    assert filters("site/gateway") == ("spBv1.0/site/+/gateway/#",)
