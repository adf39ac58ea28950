"""Every reader of the log reads a record in one way, and what nobody can read is set aside once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from store.errors import StoreError
from store.log.change import change_entry, listening_entry
from store.log.contract import Entry, Record
from store.log.decoder import Decoder
from store.records.contract import AgentState
from store.records.records import Records
from tests.records import open_records
from wire import batch as wire_batch
from wire.batch import Batch, Event, Frame, encode
from wire.status import DeviceStatus, Status

SITE: Final = "fenglin-18"
STREAM: Final = "01K" + "A" * 23
NOW: Final = 1_764_000_000_000
WHOLE: Final = Batch(
    stream=STREAM,
    seq=1,
    sent=NOW,
    frames=[Frame(device="meter-main", time=[NOW], values={"frequency": [50.0]})],
    events=[Event(device="gate", time=NOW, kind="badge", badge="b:" + "9f" * 16)],
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(tmp_path)
    yield opened
    opened.close()


def record(payload: bytes, offset: int = 7) -> Record:
    return Record(offset, NOW, Entry(SITE, "pi-1", STREAM, offset, payload))


def test_a_batch_and_its_events_are_read(records: Records) -> None:
    decoder = Decoder(records)
    assert decoder.batch(record(encode(WHOLE))) == WHOLE
    assert decoder.events(record(encode(WHOLE))) == WHOLE.events
    assert decoder.undecodable == 0


def test_what_a_newer_version_wrote_is_read_without_what_nobody_knows(records: Records) -> None:
    loaded = json.loads(encode(WHOLE))
    loaded["frames"][0]["phase"] = loaded["tariff"] = loaded["events"][0]["photo"] = {"of": ["later"]}
    newer = json.dumps(loaded).encode()
    assert Decoder(records).batch(record(newer)) == WHOLE
    assert Decoder(records).events(record(newer)) == WHOLE.events
    assert records.quarantine.items() == []


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"no batch",
        b"[" * 10_000,
        b"\x28\xb5\x2f\xfd",
        b"{}",
        b'{"seq":' + b"1" * 500 + b"}",
        b"\xff" * 9,
    ],
)
def test_what_nobody_can_read_is_set_aside_once_by_all_readers(records: Records, payload: bytes) -> None:
    one, other = Decoder(records), Decoder(records)
    assert one.batch(record(payload)) is None
    assert one.events(record(payload)) == []
    assert other.batch(record(payload)) is None
    (item,) = records.quarantine.items()
    assert (item.reason, item.payload, item.topic) == (
        "undecodable",
        payload,
        f"plumbline/v1/{SITE}/pi-1/batch",
    )
    assert (item.agent, item.stream, item.seq, item.received) == ("pi-1", STREAM, 7, NOW)
    assert item.detail.startswith("offset 7 of the log, ")
    assert "\n" not in item.detail
    assert (one.undecodable, other.undecodable) == (2, 1)


def test_a_reader_does_not_pass_over_what_cannot_be_set_aside(records: Records) -> None:
    records.close()
    decoder = Decoder(records)
    with pytest.raises(StoreError):
        decoder.batch(record(b"no batch"))
    assert decoder.undecodable == 0


SAID: Final = Status(
    online=True, sent=NOW - 40, stream=STREAM, version="1.2",
    devices=[DeviceStatus(device="gate-in", fault="no_reply", last_read=NOW - 9)],
)  # fmt: skip
FAILED: Final = Record(9, NOW, change_entry(AgentState(SITE, "pi-1", NOW, SAID)))


def test_a_change_says_what_holds_from_then_on_and_nothing_that_changes_with_every_beat(
    records: Records,
) -> None:
    change = Decoder(records).change(FAILED)
    assert change is not None
    assert (change.received, change.quiet) == (NOW, False)
    devices = [DeviceStatus(device="gate-in", fault="no_reply")]
    assert change.status == Status(online=True, sent=NOW - 40, stream=STREAM, devices=devices)


def test_a_change_is_no_batch_and_a_batch_no_change(records: Records) -> None:
    decoder = Decoder(records)
    assert decoder.batch(FAILED) is None
    assert decoder.events(FAILED) == []
    assert decoder.change(record(encode(WHOLE))) is None
    listening = Record(10, NOW, listening_entry(NOW))
    assert (decoder.batch(listening), decoder.change(listening), decoder.undecodable) == (None, None, 0)


@pytest.mark.parametrize("payload", [FAILED.entry.payload, listening_entry(NOW).payload])
def test_a_version_that_knows_no_changes_reads_a_batch_of_nothing(payload: bytes) -> None:
    read = wire_batch.recall(payload)
    assert (read.frames, read.events, wire_batch.events_of(payload)) == ([], [], [])


def test_a_change_of_a_newer_version_is_read_without_what_nobody_knows(records: Records) -> None:
    loaded = json.loads(FAILED.entry.payload)
    loaded["status"]["devices"].append({"device": "th", "fault": "haunted"})
    loaded["mood"] = "good"
    newer = Record(9, NOW, replace(FAILED.entry, payload=json.dumps(loaded).encode()))
    change = Decoder(records).change(newer)
    assert change is not None
    assert change.status.devices[0].fault == "no_reply"
    assert records.quarantine.items() == []
