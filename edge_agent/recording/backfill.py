"""Put a history into a spool as an agent that had no link would have left it; the agent drains it later."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from edge_agent.clock.clock import Clock, utc_ms
from edge_agent.gather.badges import pseudonym
from edge_agent.recording.reader import BadgeRow, Hour
from edge_agent.spool.contents import Parcel
from edge_agent.spool.spool import Spool
from wire.batch import Event, Frame
from wire.identifiers import BADGE_PATTERN

#: Rows and values of one batch: compressed about 20 KB, so that a live batch never waits long behind one.
MOST_ROWS: Final = 600
MOST_VALUES: Final = 9_000
_PSEUDONYM: Final = re.compile(BADGE_PATTERN)


def fill(spool_path: Path, pepper: bytes, hours: Iterable[Hour], bound_mb: int, clock: Clock = utc_ms) -> int:
    """Seal all of `hours` (ascending) into the spool, one transaction an hour. Returns how many readings.

    Card numbers of passages become pseudonyms here. At the bound the oldest batches go, counted, as they
    would have on site. Raises SpoolError; SpoolInUse while an agent runs on the file.
    """
    spool = Spool.open(spool_path, bound_mb << 20, clock())
    readings = 0
    try:
        for hour in hours:
            parcels = list(_parcels(hour, pepper))
            if parcels:
                sealed = spool.seal_all(parcels, _last_ms(parcels))
                readings += sum(batch.readings for batch in sealed)
    finally:
        spool.close()
    return readings


def _parcels(hour: Hour, pepper: bytes) -> Iterator[Parcel]:
    frames: list[Frame] = []
    rows = values = 0
    for frame in hour.frames:
        for piece in _pieces(frame):
            piece_values = len(piece.time) * len(piece.values)
            if frames and (rows + len(piece.time) > MOST_ROWS or values + piece_values > MOST_VALUES):
                yield frames, []
                frames, rows, values = [], 0, 0
            frames.append(piece)
            rows += len(piece.time)
            values += piece_values
    events = [_event(passage, pepper) for passage in hour.badges]
    first, rest = events[:MOST_ROWS], events[MOST_ROWS:]
    if frames or first:
        yield frames, first
    for start in range(0, len(rest), MOST_ROWS):
        yield [], rest[start : start + MOST_ROWS]


def _pieces(frame: Frame) -> Iterator[Frame]:
    """The frame cut into frames that each fit one batch. It is checked already: no need to do so again."""
    step = max(1, min(MOST_ROWS, MOST_VALUES // max(len(frame.values), 1)))
    for start in range(0, len(frame.time), step):
        part = slice(start, start + step)
        values = {quantity: column[part] for quantity, column in frame.values.items()}
        yield Frame.model_construct(device=frame.device, time=frame.time[part], values=values)


def _event(passage: BadgeRow, pepper: bytes) -> Event:
    """A card number becomes a pseudonym; one that is a pseudonym already (an export) stays who it was."""
    known = _PSEUDONYM.fullmatch(passage.card) is not None
    return Event(
        device=passage.device,
        time=passage.time_ms,
        kind="badge",
        badge=passage.card if known else pseudonym(pepper, passage.card),
        direction=passage.direction,
        trade=passage.trade,
    )


def _last_ms(parcels: list[Parcel]) -> int:
    times = [frame.time[-1] for frames, _ in parcels for frame in frames]
    times += [event.time for _, events in parcels for event in events]
    return max(times)
