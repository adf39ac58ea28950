"""What a batch holds beyond another one: how a mere repeat is told from other content under the same name."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from wire.batch import Batch, Event, Frame

_Series = tuple[str, str]


class Difference(NamedTuple):
    """`fresh`: events, and readings of times, that the other does not have; `contradicting`: readings for
    which the other has another value. Both under the identity of the first."""

    fresh: Batch
    contradicting: Batch

    def __bool__(self) -> bool:
        return not is_empty(self.fresh) or not is_empty(self.contradicting)


def is_empty(batch: Batch) -> bool:
    """Whether it holds neither a reading nor an event."""
    return not batch.events and batch.readings() == 0


def difference(batch: Batch, held: Batch) -> Difference:
    """What `batch` holds that `held` does not. How it is laid out in frames makes no difference."""
    series = _by_series(held)
    events = {_key(event) for event in held.events}
    fresh = [_part(frame, series, contradicts=False) for frame in batch.frames]
    contradicting = [_part(frame, series, contradicts=True) for frame in batch.frames]
    new_events = [event for event in batch.events if _key(event) not in events]
    return Difference(
        batch.model_copy(update={"frames": [one for one in fresh if one], "events": new_events}),
        batch.model_copy(update={"frames": [one for one in contradicting if one], "events": []}),
    )


def _by_series(batch: Batch) -> dict[_Series, dict[int, float]]:
    series: defaultdict[_Series, dict[int, float]] = defaultdict(dict)
    for frame in batch.frames:
        for quantity, column in frame.values.items():
            values = series[frame.device, quantity]
            for time, value in zip(frame.time, column, strict=True):
                if value is not None:
                    values.setdefault(time, value)
    return dict(series)


def _part(frame: Frame, held: dict[_Series, dict[int, float]], *, contradicts: bool) -> Frame | None:
    """The frame with only the values that contradict `held`, or only those of which it knows nothing."""
    values = {}
    for quantity, column in frame.values.items():
        known = held.get((frame.device, quantity), {})
        kept = [
            value
            if value is not None and (known.get(time, value) != value if contradicts else time not in known)
            else None
            for time, value in zip(frame.time, column, strict=True)
        ]
        if any(value is not None for value in kept):
            values[quantity] = kept
    return frame.model_copy(update={"values": values}) if values else None


def _key(event: Event) -> tuple[object, ...]:
    return tuple(event.model_dump().values())
