"""Replay: what was set aside is taken once tables, directory or a correction allow it, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.accept import Accepted, accept
from ingest.correction import Correction
from ingest.judged import Judged, quarantined
from ingest.receive import Arrival
from ingest.replay import Replay, Replayed, readable, show
from store.log.sqlite import SqliteLog
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Directory
from tests.ingest.site import NOW, SITE, STREAM
from tests.records import open_records
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch, Event, Frame
from wire.topics import Topic

TOPIC = Topic(SITE, "pi-1", "batch")
METER = Directory(devices={SITE: frozenset({"meter-main"})})
BOTH = Directory(devices={SITE: frozenset({"meter-main", "meter-new"})})
AS_IT_IS = Correction()
LATER = NOW + 86_400_000


def frame(device: str = "meter-main", time: int = NOW, **values: float) -> Frame:
    return Frame(device=device, time=[time], values={name: [value] for name, value in values.items()})


def batch(*frames: Frame, seq: int = 1, events: tuple[Event, ...] = ()) -> Batch:
    return Batch(stream=STREAM, seq=seq, sent=NOW, frames=list(frames), events=list(events))


@dataclass
class Cloud:
    """Log and records, and an ingest reduced to what it does with one batch."""

    log: SqliteLog
    records: Records

    def take_in(
        self, what: Batch | bytes, directory: Directory | None = None, topic: Topic = TOPIC
    ) -> Quarantined | None:
        """The item in quarantine, None where nothing was set aside."""
        payload = what if isinstance(what, bytes) else wire_batch.encode(what)
        outcome = accept(topic, payload, NOW, directory)
        item = quarantined(Judged(Arrival(topic, payload), NOW, outcome))
        if item is not None:
            self.records.quarantine.add([item])
        if isinstance(outcome, Accepted):
            self.log.append([outcome.entry], NOW)
        return self.records.quarantine.items()[-1] if item is not None else None

    def set_aside(self, reason: str, what: Batch) -> Quarantined:
        """An item as ingest makes of a conflict."""
        payload = wire_batch.encode(what)
        item = Quarantined(NOW, str(TOPIC), payload, reason, "", SITE, "pi-1", what.stream, what.seq)
        self.records.quarantine.add([item])
        return self.records.quarantine.items()[-1]

    def replay(
        self, item: Quarantined, directory: Directory | None = None, correction: Correction = AS_IT_IS
    ) -> Replayed:
        current = self.records.quarantine.item(item.id)
        assert current is not None
        return Replay(self.log, self.records, directory, lambda: LATER).item(current, correction)

    def readings(self) -> list[tuple[str, str, int, float]]:
        """All that is in the log, as often as it is there."""
        return [
            (one.device, quantity, time, value)
            for record in self.log.read(0, 1000)
            for one in wire_batch.decode(record.entry.payload).frames
            for quantity, column in one.values.items()
            for time, value in zip(one.time, column, strict=True)
            if value is not None
        ]

    def item(self, item_id: int) -> Quarantined:
        found = self.records.quarantine.item(item_id)
        assert found is not None
        return found


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    opened = Cloud(SqliteLog(tmp_path / "log.db"), open_records(tmp_path))
    yield opened
    opened.log.close()
    opened.records.close()


def test_what_the_readers_of_the_log_passed_over_is_appended_anew(cloud: Cloud) -> None:
    """Its number stands in the log already, with these very bytes; the readers have moved on."""
    what = batch(Frame(device="meter-main", time=[NOW], values={"frequency": [50.0]}))
    assert cloud.take_in(what) is None
    item = cloud.set_aside("undecodable", what)
    assert cloud.replay(item).readings == what.readings()
    assert cloud.replay(item).outcome == "taken"
    first, second = cloud.log.read(0, 10)
    assert wire_batch.decode(second.entry.payload).frames == wire_batch.decode(first.entry.payload).frames
    assert second.entry.stream != first.entry.stream


def test_a_batch_of_a_site_registered_since_is_taken_under_its_own_number(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame(frequency=50)), Directory())
    assert item is not None
    assert item.reason == "wrong_site"
    assert cloud.replay(item, METER) == Replayed(item.id, "taken", 1, 0, "", "")
    assert cloud.log.streams(SITE) == {("pi-1", STREAM): [(1, 1)]}
    assert cloud.item(item.id).replayed == LATER


def test_a_replay_takes_what_a_retired_device_said_while_it_was_one(cloud: Cloud) -> None:
    item = cloud.take_in(
        batch(frame("meter-new", NOW - 1, frequency=49), frame("meter-new", frequency=50)), METER
    )
    assert item is not None
    retired = Directory(devices=METER.devices, retired={SITE: {"meter-new": NOW}})
    replayed = cloud.replay(item, retired)
    assert (replayed.outcome, replayed.readings, replayed.reason) == ("partly_taken", 1, "unknown_device")
    assert cloud.readings() == [("meter-new", "frequency", NOW - 1, 49.0)]
    assert cloud.replay(item, retired).outcome == "waiting"


def test_a_device_registered_since_brings_what_was_set_aside_and_no_more(cloud: Cloud) -> None:
    gate = Event(device="gate", time=NOW, kind="badge", badge="b:" + "9f" * 16)
    item = cloud.take_in(batch(frame(frequency=50), frame("meter-new", frequency=49), events=(gate,)), METER)
    assert item is not None
    assert item.reason == "unknown_device"
    found = cloud.replay(item, BOTH)
    assert (found.outcome, found.readings, found.events) == ("partly_taken", 1, 0)
    assert cloud.readings() == [("meter-main", "frequency", NOW, 50), ("meter-new", "frequency", NOW, 49)]
    assert "gate" in found.detail
    with_gate = Directory(devices={SITE: frozenset({"meter-main", "meter-new", "gate"})})
    again = cloud.replay(item, with_gate)
    assert (again.outcome, again.events) == ("taken", 1)


def test_a_replay_said_twice_takes_once(cloud: Cloud) -> None:
    """Also where the first one ended before it could mark the item."""
    item = cloud.take_in(batch(frame(frequency=50), frame("meter-new", frequency=49)), METER)
    assert item is not None
    first = Replay(cloud.log, cloud.records, BOTH, lambda: LATER)
    assert first.item(item).readings == 1
    assert first.item(item) == Replayed(item.id, "taken", 0, 0, "", "")
    assert cloud.replay(item, BOTH).readings == 0
    assert len(cloud.readings()) == 2


def test_what_still_cannot_be_taken_waits_with_its_reason_of_today(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame("meter-new", frequency=500)), METER)
    assert item is not None
    found = cloud.replay(item, BOTH)
    assert (found.outcome, found.reason) == ("waiting", "implausible")
    waiting = cloud.item(item.id)
    assert (waiting.reason, waiting.replayed) == ("implausible", None)
    assert "500" in waiting.detail


def test_a_renamed_device_is_taken(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame("meter-mian", frequency=50)), METER)
    assert item is not None
    found = cloud.replay(item, METER, Correction(devices={"meter-mian": "meter-main"}))
    assert found.outcome == "taken"
    assert cloud.readings() == [("meter-main", "frequency", NOW, 50)]


def test_a_renamed_quantity_is_taken_and_its_neighbours_are_not_taken_again(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame(frequency=50, karma=230)))
    assert item is not None
    found = cloud.replay(item, None, Correction(quantities={"karma": "voltage_l1", "frequency": "current"}))
    assert (found.outcome, found.readings) == ("taken", 1)
    assert cloud.readings() == [
        ("meter-main", "frequency", NOW, 50),
        ("meter-main", "voltage_l1", NOW, 230),
    ]


def test_only_the_times_that_were_ahead_are_shifted(cloud: Cloud) -> None:
    hour = 3_600_000
    item = cloud.take_in(batch(frame(frequency=50), frame(time=NOW + hour, frequency=49)))
    assert item is not None
    assert item.reason == "clock_skew"
    found = cloud.replay(item, None, Correction(shift_ms=-hour + 1000))
    assert found.outcome == "taken"
    assert cloud.readings() == [
        ("meter-main", "frequency", NOW, 50),
        ("meter-main", "frequency", NOW + 1000, 49),
    ]


def test_a_time_that_its_own_sender_had_not_reached_is_not_right_because_an_hour_has_passed(
    cloud: Cloud,
) -> None:
    item = cloud.take_in(batch(frame(time=NOW + 3_600_000, frequency=49)))
    assert item is not None
    assert cloud.replay(item).outcome == "waiting"


def test_what_was_ahead_of_a_slow_clock_of_ours_is_taken_when_that_is_right(cloud: Cloud) -> None:
    hour = 3_600_000
    what = batch(frame(time=NOW + hour, frequency=49)).model_copy(update={"sent": NOW + hour})
    item = cloud.take_in(what)
    assert item is not None
    assert item.reason == "clock_skew"
    assert cloud.replay(item).outcome == "taken"
    assert cloud.readings() == [("meter-main", "frequency", NOW + hour, 49)]


def test_a_correction_that_contradicts_what_was_taken_waits(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame(frequency=50), frame("meter-mian", frequency=49)), METER)
    assert item is not None
    found = cloud.replay(item, METER, Correction(devices={"meter-mian": "meter-main"}))
    assert (found.outcome, found.reason) == ("waiting", "duplicate_identity")
    assert cloud.readings() == [("meter-main", "frequency", NOW, 50)]


@pytest.mark.parametrize("correction", [Correction(devices={"x": "a/b"}), Correction(shift_ms=-(10**14))])
def test_a_correction_the_wire_does_not_allow_takes_nothing(cloud: Cloud, correction: Correction) -> None:
    item = cloud.take_in(batch(frame("x", frequency=50)), METER)
    assert item is not None
    found = cloud.replay(item, METER, correction)
    assert found.outcome == "waiting"
    assert cloud.readings() == []


def test_of_two_batches_under_one_number_the_second_brings_what_the_first_has_not(cloud: Cloud) -> None:
    cloud.take_in(batch(frame(frequency=50)))
    item = cloud.set_aside(
        "duplicate_identity", batch(frame(frequency=51), frame(time=NOW + 1, frequency=49))
    )
    found = cloud.replay(item)
    assert (found.outcome, found.readings, found.reason) == ("partly_taken", 1, "duplicate_identity")
    assert cloud.readings() == [
        ("meter-main", "frequency", NOW, 50),
        ("meter-main", "frequency", NOW + 1, 49),
    ]


@pytest.mark.parametrize("reason", ["duplicate_identity", "stale_stream"])
def test_a_conflict_whose_first_batch_has_left_the_log_is_taken_whole(cloud: Cloud, reason: str) -> None:
    """Nobody can compare any more; the stores take of each moment what they do not have."""
    cloud.take_in(batch(frame(frequency=50)))
    cloud.log.trim(NOW + 1, cloud.log.last_offset())
    item = cloud.set_aside(reason, batch(frame(time=NOW + 1, frequency=51)))
    assert cloud.replay(item).outcome == "taken"
    assert cloud.readings() == [("meter-main", "frequency", NOW + 1, 51)]
    assert cloud.replay(item).readings == 0


def test_what_was_set_aside_is_taken_also_when_the_rest_has_left_the_log(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame(frequency=50), frame("meter-new", frequency=49)), METER)
    assert item is not None
    cloud.log.trim(NOW + 1, cloud.log.last_offset())
    assert cloud.replay(item, BOTH).readings == 1
    assert cloud.readings() == [("meter-new", "frequency", NOW, 49)]


@pytest.mark.parametrize(
    ("text", "correction"),
    [
        (b'"time":[1764000000],"values":{"frequency":[50.0]}', Correction(time_factor=1000)),
        (
            b'"time":[1764000000000],"values":{"frequency":[50000.0]}',
            Correction(factors={"frequency": 0.001}),
        ),
        (b'"time":[1764000000000],"values":{"hertz":[50.0]}', Correction(quantities={"hertz": "frequency"})),
    ],
)
def test_what_was_in_another_unit_or_under_another_name_is_corrected(
    cloud: Cloud, text: bytes, correction: Correction
) -> None:
    head = b'{"v":1,"stream":"%b","seq":1,"sent":1764000000000,"frames":[' % STREAM.encode()
    good = b'{"device":"meter-main","time":[1764000000000],"values":{"voltage_l1":[NaN]}}'
    item = cloud.take_in(head + b'{"device":"meter-main",' + text + b"}," + good + b"]}")
    assert item is not None
    found = cloud.replay(item, None, correction)
    assert (found.outcome, found.readings) == ("partly_taken", 1)
    assert cloud.readings() == [("meter-main", "frequency", 1_764_000_000_000, 50)]
    assert "NaN" in readable(cloud.item(item.id).payload)


def test_everything_that_waits_is_gone_through_once(cloud: Cloud) -> None:
    for seq in range(1, 121):
        cloud.take_in(batch(frame("meter-new", NOW + seq, frequency=50), seq=seq), METER)
    cloud.take_in(b"{noise")
    replay = Replay(cloud.log, cloud.records, BOTH, lambda: LATER)
    found = list(replay.all(reason="unknown_device"))
    assert len(found) == 120
    assert {one.outcome for one in found} == {"taken"}
    assert [one.outcome for one in replay.all(site=SITE)] == ["waiting"]


def test_a_status_is_not_replayed(cloud: Cloud) -> None:
    item = Quarantined(NOW, f"plumbline/v1/{SITE}/pi-1/status", b"{}", "schema", "", SITE, "pi-1")
    cloud.records.quarantine.add([item])
    found = cloud.replay(cloud.records.quarantine.items()[0])
    assert found.outcome == "waiting"
    assert "status" in found.detail


def test_an_item_is_shown_as_a_person_reads_it(cloud: Cloud) -> None:
    item = cloud.take_in(batch(frame(karma=1)))
    assert item is not None
    shown = show(item)
    assert '"karma"' in shown["payload"]
    assert shown["bytes"] == len(item.payload)
    assert readable(b"\xff\xfe") == "fffe"
    assert readable(wire_payload.pack(b"[" * 90_000)) == "[" * 20_000
    assert readable(b"\x28\xb5\x2f\xfd no zstd").startswith("28b52ffd")
