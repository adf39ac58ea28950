"""What every reader of the log makes of a record; and what becomes of one that nobody can read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from store.log import change as log_change
from store.log.change import Change
from store.log.contract import Record
from store.records.contract import Quarantined
from store.records.records import Records
from wire import batch as wire_batch
from wire import topics
from wire.batch import Batch, Event
from wire.errors import WireError
from wire.printable import printable

logger = logging.getLogger(__name__)

_Found = TypeVar("_Found")


class Decoder:
    """Reads tolerantly: a neighbour version may have written the record. One that does not decode all the
    same goes to quarantine, once however many readers meet it, and is passed over: the rest goes on."""

    def __init__(self, records: Records) -> None:
        self._records = records
        #: Records this reader passed over since the process started.
        self.undecodable = 0

    def batch(self, record: Record) -> Batch | None:
        """What the record holds; None where that cannot be known, or where it is no batch. Raises StoreError
        where it then cannot be set aside: the reader has to come again."""
        return self.of_batch(record, wire_batch.recall)

    def events(self, record: Record) -> list[Event]:
        """As `batch`, the events alone, its frames not looked at where that can be spared."""
        return self.of_batch(record, wire_batch.events_of) or []

    def change(self, record: Record) -> Change | None:
        """As `batch`, of one that says what of an agent has changed."""
        return self._read(record, log_change.CODEC.recall) if record.entry.kind == "status" else None

    def of_batch(self, record: Record, read: Callable[[bytes], _Found]) -> _Found | None:
        """What `read`, which may raise WireError, makes of the payload of a batch; else as `batch`."""
        return self._read(record, read) if record.entry.kind == "batch" else None

    def _read(self, record: Record, read: Callable[[bytes], _Found]) -> _Found | None:
        try:
            return read(record.entry.payload)
        except WireError as error:
            self._set_aside(record, error)
            return None

    def _set_aside(self, record: Record, error: WireError) -> None:
        entry = record.entry
        topic = topics.topic(entry.site, entry.agent, "status" if entry.kind == "status" else "batch")
        detail = printable(f"offset {record.offset} of the log, {topic}: {error.place}: {error.rule}")
        remedy = "start the version that wrote it, or a newer one, then replay"
        item = Quarantined(
            record.accepted_at, topic, entry.payload, "undecodable", f"{detail}; {remedy}",
            entry.site, entry.agent, entry.stream, entry.seq,
        )  # fmt: skip
        self._records.quarantine.add([item])
        self.undecodable += 1
        logger.error("%s; %s", detail, remedy)
