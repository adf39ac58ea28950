"""Screens well-formed batches: are the quantities known, the values plausible, the times past?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from store.timeseries.contract import Block
from wire.batch import Batch, Event, Frame
from wire.quantities import QUANTITIES
from wire.receipt import RefusalReason

#: How far ahead of ours an agent's clock may be before its times are not believed.
FURTHEST_AHEAD_MS: Final = 10 * 60 * 1000


@dataclass(frozen=True, slots=True)
class SetAside:
    """A part of a batch that is not taken: the detail names device, quantity, time, value and bound."""

    reason: RefusalReason
    detail: str


def is_clean(
    blocks: Iterable[Block],
    gathered: Mapping[str, Sequence[float | None]],
    events: Iterable[Event],
    now_ms: int,
) -> bool:
    """Whether nothing is to be set aside.

    `gathered` holds the values of the blocks by quantity, each judged by its least and its greatest.
    """
    latest_ms = now_ms + FURTHEST_AHEAD_MS
    if any(max(block.time) > latest_ms for block in blocks):
        return False
    if any(event.time > latest_ms for event in events):
        return False
    return all(_is_plausible(quantity, column) for quantity, column in gathered.items())


def _is_plausible(name: str, column: Sequence[float | None]) -> bool:
    quantity = QUANTITIES.get(name)
    if quantity is None:
        return False
    values = [value for value in column if value is not None]
    return not values or (quantity.low <= min(values) and max(values) <= quantity.high)


def screen(batch: Batch, now_ms: int) -> tuple[Batch, list[SetAside]]:
    """The batch without what cannot be believed, and what that was. Slow: look with `is_clean` first."""
    latest_ms = now_ms + FURTHEST_AHEAD_MS
    set_aside: list[SetAside] = []
    frames = [_screen_frame(frame, latest_ms, set_aside) for frame in batch.frames]
    clean = batch.model_copy(
        update={
            "frames": [frame for frame in frames if frame is not None],
            "events": list(_screen_events(batch.events, latest_ms, set_aside)),
        }
    )
    return clean, set_aside


def _screen_frame(frame: Frame, latest_ms: int, set_aside: list[SetAside]) -> Frame | None:
    """What is left of a frame, None where that is nothing."""
    kept = [at for at, time in enumerate(frame.time) if time <= latest_ms]
    set_aside += [_too_far_ahead(frame.device, time, latest_ms) for time in frame.time if time > latest_ms]
    values: dict[str, list[float | None]] = {}
    for name, column in frame.values.items():
        if name in QUANTITIES:
            plausible = list(_screen_column(frame, name, set_aside))
            values[name] = [plausible[at] for at in kept]
        else:
            set_aside.append(
                SetAside("unknown_quantity", f"{frame.device} {name}: no such quantity, {len(column)} values")
            )
    if not kept or not values:
        return None
    return frame.model_copy(update={"time": [frame.time[at] for at in kept], "values": values})


def _screen_column(frame: Frame, name: str, set_aside: list[SetAside]) -> Iterator[float | None]:
    quantity = QUANTITIES[name]
    for time, value in zip(frame.time, frame.values[name], strict=True):
        if value is None or quantity.low <= value <= quantity.high:
            yield value
            continue
        bound = f"above {quantity.high:g}" if value > quantity.high else f"below {quantity.low:g}"
        place = f"{frame.device} {name} at {time}"
        set_aside.append(SetAside("implausible", f"{place}: {value:g} is {bound} {quantity.unit}"))
        yield None


def _screen_events(events: Iterable[Event], latest_ms: int, set_aside: list[SetAside]) -> Iterator[Event]:
    for event in events:
        if event.time <= latest_ms:
            yield event
        else:
            set_aside.append(_too_far_ahead(event.device, event.time, latest_ms))


def _too_far_ahead(device: str, time: int, latest_ms: int) -> SetAside:
    ahead_ms = time - latest_ms + FURTHEST_AHEAD_MS
    return SetAside("clock_skew", f"{device} at {time}: {ahead_ms} ms ahead, at most {FURTHEST_AHEAD_MS}")
