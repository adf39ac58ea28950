"""Read a recording (DESIGN.md §10): a folder with `readings/<device>.csv[.gz]` and `events.csv[.gz]`.

Rows stream hour by hour over all devices, so that a year of readings needs no more memory than an hour.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO, TypeVar

from wire.batch import Direction, Frame
from wire.quantities import QUANTITIES

HOUR_MS: Final = 3_600_000
_DIRECTIONS: Final[dict[str, Direction]] = {"in": "in", "out": "out"}


class RecordingError(ValueError):
    """A recording that cannot be read: file:line, what is wrong, what would be right."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A badge held to a reader. `card` is the raw number: it must not leave the agent."""

    device: str
    time_ms: int
    card: str
    direction: Direction | None


@dataclass(slots=True)
class Hour:
    """What one hour of a recording holds: a frame a device, and the passages, by time."""

    start_ms: int
    frames: list[Frame] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    time_ms: int
    values: list[float | None]


_Timed = TypeVar("_Timed", _Row, Passage)


def read_recording(folder: Path) -> Iterator[Hour]:
    """The hours of a recording, ascending. Raises RecordingError naming the place.

    Rows of one file must ascend in time: a logger's file does, and sorting a year would need it all at once.
    """
    readings = sorted((folder / "readings").glob("*.csv")) + sorted((folder / "readings").glob("*.csv.gz"))
    if not readings:
        raise RecordingError(f"{folder}: no readings/<device>.csv or .csv.gz in it")
    streams: list[Iterator[tuple[int, int, Frame | list[Passage]]]] = [
        _frames(path, order) for order, path in enumerate(readings)
    ]
    events = next(
        (path for name in ("events.csv", "events.csv.gz") if (path := folder / name).exists()), None
    )
    if events is not None:
        streams.append(_passages(events, len(readings)))
    merged = heapq.merge(*streams, key=lambda item: item[:2])
    for start_ms, items in itertools.groupby(merged, key=lambda item: item[0]):
        hour = Hour(start_ms)
        for _, _, item in items:
            if isinstance(item, Frame):
                hour.frames.append(item)
            else:
                hour.passages += item
        yield hour


def _frames(path: Path, order: int) -> Iterator[tuple[int, int, Frame]]:
    device = path.name.removesuffix(".gz").removesuffix(".csv")
    with _open(path) as file:
        reader = csv.reader(file)
        header = next(reader, [])
        if not header or header[0] != "time":
            raise RecordingError(f'{path}:1: the first column must be "time"')
        for quantity in header[1:]:
            if quantity not in QUANTITIES:
                raise RecordingError(f"{path}:1: {quantity!r} is no quantity of wire/quantities.py")
        rows = _ascending(
            path, (_row(path, number, cells, len(header)) for number, cells in enumerate(reader, 2))
        )
        for start_ms, group in itertools.groupby(rows, key=_hour_of):
            hour = list(group)
            columns = zip(*(row.values for row in hour), strict=True)
            values = {name: list(column) for name, column in zip(header[1:], columns, strict=True)}
            yield start_ms, order, Frame(device=device, time=[row.time_ms for row in hour], values=values)


def _passages(path: Path, order: int) -> Iterator[tuple[int, int, list[Passage]]]:
    with _open(path) as file:
        found = (_passage(path, number, row) for number, row in enumerate(csv.DictReader(file), 2))
        badges = _ascending(path, (passage for passage in found if passage is not None))
        for start_ms, group in itertools.groupby(badges, key=_hour_of):
            yield start_ms, order, list(group)


def _row(path: Path, number: int, cells: list[str], width: int) -> _Row:
    if len(cells) != width:
        raise RecordingError(f"{path}:{number}: {len(cells)} cells, the header has {width}")
    try:
        return _Row(_time_ms(cells[0]), [float(cell) if cell else None for cell in cells[1:]])
    except ValueError as error:
        raise RecordingError(f"{path}:{number}: {error}") from error


def _passage(path: Path, number: int, row: dict[str, str]) -> Passage | None:
    if row.get("kind") != "badge":
        return None
    try:
        return Passage(
            row["device"], _time_ms(row["time"]), row["badge"], _DIRECTIONS.get(row.get("direction", ""))
        )
    except (KeyError, ValueError) as error:
        raise RecordingError(
            f"{path}:{number}: {error}; columns: time,device,kind,badge,direction"
        ) from error


def _ascending(path: Path, rows: Iterator[_Timed]) -> Iterator[_Timed]:
    last_ms = -1
    for row in rows:
        if row.time_ms < last_ms:
            raise RecordingError(f"{path}: times run backwards at {row.time_ms}; sort the file by time")
        last_ms = row.time_ms
        yield row


def _hour_of(row: _Row | Passage) -> int:
    return row.time_ms - row.time_ms % HOUR_MS


def _time_ms(text: str) -> int:
    if text.isdigit():
        return int(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; write Z or +08:00, or UTC milliseconds")
    return round(moment.timestamp() * 1000)


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")
