"""Screens well-formed batches: is the sender ours, are devices and quantities known, the values plausible,
the times past?"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ingest.refusals import Notes, SetAside
from store.records.registry import Directory
from store.timeseries.contract import Block
from wire.batch import Batch, Event, Frame
from wire.quantities import QUANTITIES
from wire.topics import Topic

#: How far ahead of ours an agent's clock may be before its times are not believed.
FURTHEST_AHEAD_MS: Final = 10 * 60 * 1000


def stranger(topic: Topic, directory: Directory | None) -> str | None:
    """Why nothing is taken from this sender; None where it is one of ours (or nobody is listed at all)."""
    if directory is None:
        return None
    if topic.site not in directory.devices:
        return f"{topic}: no site {topic.site} is registered"
    agents = directory.agents.get(topic.site)
    if agents is not None and topic.agent not in agents:
        return f"{topic}: {topic.agent} is no agent of site {topic.site} ({', '.join(sorted(agents))})"
    return None


def known_devices(site: str, directory: Directory | None) -> Collection[str] | None:
    """The devices of a site; None: all are known."""
    return None if directory is None else directory.devices.get(site, frozenset())


def is_clean(
    blocks: Sequence[Block],
    gathered: Mapping[str, Sequence[float | None]],
    events: Sequence[Event],
    now_ms: int,
    known: Collection[str] | None,
) -> bool:
    """Whether nothing is to be set aside.

    `gathered` holds the values of the blocks by quantity, each judged by its least and its greatest. `known`
    are the site's devices, None for all.
    """
    latest_ms = now_ms + FURTHEST_AHEAD_MS
    if any(max(block.time) > latest_ms for block in blocks):
        return False
    if any(event.time > latest_ms for event in events):
        return False
    if known is not None and not _are_known(known, blocks, events):
        return False
    return all(_is_plausible(quantity, column) for quantity, column in gathered.items())


def _are_known(known: Collection[str], blocks: Iterable[Block], events: Iterable[Event]) -> bool:
    return all(block.device in known for block in blocks) and all(event.device in known for event in events)


def _is_plausible(name: str, column: Sequence[float | None]) -> bool:
    quantity = QUANTITIES.get(name)
    if quantity is None:
        return False
    values = [value for value in column if value is not None]
    return not values or (quantity.low <= min(values) and max(values) <= quantity.high)


def screen(batch: Batch, now_ms: int, known: Collection[str] | None) -> tuple[Batch, tuple[SetAside, ...]]:
    """The batch without what cannot be believed, and what that was. Slow: look with `is_clean` first."""
    screening = _Screening(now_ms, known)
    frames = [screening.frame(frame) for frame in batch.frames]
    events = [event for event in batch.events if screening.takes(event)]
    clean = batch.model_copy(
        update={"frames": [frame for frame in frames if frame is not None], "events": events}
    )
    return clean, screening.notes.parts()


class _Screening:
    """One pass over one batch."""

    def __init__(self, now_ms: int, known: Collection[str] | None) -> None:
        self.notes = Notes()
        self._latest_ms = now_ms + FURTHEST_AHEAD_MS
        self._known = known

    def frame(self, frame: Frame) -> Frame | None:
        """What is left of a frame, None where that is nothing."""
        if not self._is_known(frame.device, frame.readings()):
            return None
        kept = [at for at, time in enumerate(frame.time) if self._is_past(frame.device, time)]
        values: dict[str, list[float | None]] = {}
        for name in frame.values:
            if name in QUANTITIES:
                plausible = list(self._column(frame, name))
                values[name] = [plausible[at] for at in kept]
            else:
                self._note_unknown_quantity(frame, name)
        if not kept or not values:
            return None
        return frame.model_copy(update={"time": [frame.time[at] for at in kept], "values": values})

    def takes(self, event: Event) -> bool:
        """Whether an event is taken."""
        return self._is_known(event.device, 1) and self._is_past(event.device, event.time)

    def _is_known(self, device: str, count: int) -> bool:
        if self._known is None or device in self._known:
            return True
        self.notes.add("unknown_device", device, "no such device is registered at this site", count)
        return False

    def _is_past(self, device: str, time: int) -> bool:
        if time <= self._latest_ms:
            return True
        ahead_ms = time - self._latest_ms + FURTHEST_AHEAD_MS
        self.notes.add(
            "clock_skew", device, f"at {time}, {ahead_ms} ms ahead of the cloud, at most {FURTHEST_AHEAD_MS}"
        )
        return False

    def _column(self, frame: Frame, name: str) -> Iterator[float | None]:
        quantity = QUANTITIES[name]
        for time, value in zip(frame.time, frame.values[name], strict=True):
            if value is None or quantity.low <= value <= quantity.high:
                yield value
                continue
            bound = f"above {quantity.high:g}" if value > quantity.high else f"below {quantity.low:g}"
            self.notes.add(
                "implausible", f"{frame.device} {name}", f"at {time}, {value:g} is {bound} {quantity.unit}"
            )
            yield None

    def _note_unknown_quantity(self, frame: Frame, name: str) -> None:
        near = difflib.get_close_matches(name, QUANTITIES, n=1)
        meant = f", did you mean {near[0]}?" if near else ""
        column = frame.values[name]
        self.notes.add(
            "unknown_quantity",
            f"{frame.device} {name}",
            f"no such quantity in the table{meant}",
            len(column) - column.count(None),
        )
