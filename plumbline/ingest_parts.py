"""What takes in and stores what agents send, as parts: of `plumbline ingest`, and of the child of `serve`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingest.receive import BrokerAddress
from ingest.recent import Recent
from ingest.retention import Retention
from ingest.service import Ingest
from ingest.writer import Writer
from parts.part import Part
from parts.turn import Turn
from plumbline.clock import now_ms
from plumbline.settings import Settings
from plumbline.stores import Stores
from store.log.hint import Hint
from store.records.watch import OF_DIRECTORY, followed


@dataclass(frozen=True, slots=True)
class IngestParts:
    """`behind_ms`: how far this machine's clock is behind, as agents say."""

    parts: list[Part]
    behind_ms: Callable[[], int]


def ingest_parts(
    settings: Settings, stores: Stores, hint: Hint, address: BrokerAddress, lease: Turn | None = None
) -> IngestParts:
    """From the broker into the log, and on into the stores; of several processes the one with the `lease`
    does the latter."""
    records, directory = stores.records, None
    if settings.unregistered == "quarantine":
        directory = followed(records.feed, OF_DIRECTORY, records.directory)
    recent = Recent()
    taking = Ingest(address, stores.log, records, hint, now_ms, recent, directory)
    days = settings.retention
    writer = Writer(
        log=stores.log,
        timeseries=stores.timeseries,
        records=records,
        hint=hint,
        clock=taking.clocks.now,
        retention=Retention(
            log_days=days.log_days,
            raw_days=days.readings_days,
            rollup_days=days.rollups_days,
            event_days=days.events_days,
            quarantine_days=days.quarantine_days,
        ),
        recent=recent,
    )
    return IngestParts([*taking.parts(), *writer.parts(lease)], lambda: taking.clocks.behind_ms)
