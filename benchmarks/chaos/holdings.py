"""What the stores hold, read through their contracts beside the running stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final

from store.records.contract import AgentState, Quarantined
from store.records.records import Records
from store.timeseries.contract import TimeSeries
from wire import batch as wire_batch
from wire.errors import WireError
from wire.topics import parse

FAR_MS: Final = 4_000_000_000_000
_PAGE: Final = 200

#: (device, quantity) -> numbers in the order of their times.
Numbers = dict[tuple[str, str], list[int]]


class Holdings:
    """Stores are opened for each question and closed after it, as another process does."""

    def __init__(self, timeseries: Callable[[], TimeSeries], records: Callable[[], Records]) -> None:
        self._timeseries = timeseries
        self._records = records

    def newest_number(self, site: str, device: str, quantity: str) -> int:
        """The greatest number of a counter, whatever its time; 0 for none. Raises StoreError."""
        with closing(self._timeseries()) as store:
            _, values = store.raw(site, device, quantity, 0, FAR_MS)
        return int(max(values, default=0))

    def numbers(self, site: str, series: list[tuple[str, str]]) -> Numbers:
        """Everything of a site. Raises StoreError."""
        with closing(self._timeseries()) as store:
            return {
                (device, quantity): [int(value) for value in store.raw(site, device, quantity, 0, FAR_MS)[1]]
                for device, quantity in series
            }

    def agents(self, site: str) -> list[AgentState]:
        """What the agents of a site last said of themselves."""
        with closing(self._records()) as records:
            return records.agent_states.of(site)

    def quarantined(self) -> dict[str, dict[tuple[str, str], set[int]]]:
        """Site -> numbers by series in quarantined payloads; some of them may be stored as well."""
        found: dict[str, dict[tuple[str, str], set[int]]] = {}
        with closing(self._records()) as records:
            for item in _pages(records):
                topic = parse(item.topic)
                if topic is None or topic.kind != "batch":
                    continue
                series = found.setdefault(topic.site, {})
                for key, numbers in _numbers_in(item.payload):
                    series.setdefault(key, set()).update(numbers)
        return found


def _pages(records: Records) -> Iterator[Quarantined]:
    last = 0
    while page := records.quarantine.items(_PAGE, last):
        yield from page
        last = page[-1].id


def _numbers_in(payload: bytes) -> Iterator[tuple[tuple[str, str], set[int]]]:
    try:
        batch = wire_batch.decode(payload)
    except WireError:
        return
    for frame in batch.frames:
        for quantity, column in frame.values.items():
            yield (frame.device, quantity), {int(value) for value in column if value is not None}
