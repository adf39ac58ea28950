"""Read a recording (DESIGN.md §10): a folder with `readings/<device>.csv[.gz]` and `events.csv[.gz]`.

Rows stream hour by hour over all devices, so that a year of readings needs no more memory than an hour.
"""

from __future__ import annotations

import csv
import gzip
import heapq
import itertools
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, TextIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from wire.batch import Direction, Frame
from wire.durations import HOUR_MS
from wire.identifiers import TRADE_PATTERN, DeviceId
from wire.quantities import QUANTITIES

#: Times of a recording: nobody recorded a site before, and nobody has yet recorded one after.
FLOOR_MS: Final = 946_684_800_000
CEILING_MS: Final = 4_102_444_800_000
#: What programs write for a value that is not there (pandas.read_csv's na_values, the most of them).
_MISSING: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "#n/a"})
_EVENT_COLUMNS: Final = ("time", "device", "kind", "badge")
_TRADE: Final = re.compile(TRADE_PATTERN)
_DEVICE: Final[TypeAdapter[str]] = TypeAdapter(DeviceId)
#: So much of what a file says is repeated in a complaint.
_SHOWN: Final = 40
_DIRECTIONS: Final[dict[str, Direction]] = {"in": "in", "out": "out"}


class RecordingError(ValueError):
    """A recording that cannot be read: file:line, what is wrong, what would be right."""


@dataclass(frozen=True, slots=True)
class BadgeRow:
    """A badge held to a reader. `card` is the raw number: it must not leave the agent. `trade`: what its
    holder works as."""

    device: str
    time_ms: int
    card: str
    direction: Direction | None
    trade: str | None = None


@dataclass(slots=True)
class Hour:
    """What one hour of a recording holds: a frame a device, and the passages, by time."""

    start_ms: int
    frames: list[Frame] = field(default_factory=list)
    badges: list[BadgeRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    time_ms: int
    values: list[float | None]


_Timed = TypeVar("_Timed", _Row, BadgeRow)


def read_recording(folder: Path) -> Iterator[Hour]:
    """The hours of a recording, ascending. Raises RecordingError naming the place.

    Rows of one file must ascend in time: a logger's file does, and sorting a year would need it all at once.
    """
    readings = sorted((folder / "readings").glob("*.csv")) + sorted((folder / "readings").glob("*.csv.gz"))
    if not readings:
        raise RecordingError(f"{folder}: no readings/<device>.csv or .csv.gz in it")
    streams: list[Iterator[tuple[int, int, Frame | list[BadgeRow]]]] = [
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
                hour.badges += item
        yield hour


def _frames(path: Path, order: int) -> Iterator[tuple[int, int, Frame]]:
    device = _device_of(path)
    lines = _lines(path)
    _, header = next(lines, (1, []))
    _look_at_header(path, header)
    rows = _ascending(path, (_row(path, number, cells, len(header)) for number, cells in lines))
    for start_ms, group in itertools.groupby(rows, key=_hour_of):
        hour = list(group)
        columns = zip(*(row.values for row in hour), strict=True)
        values = {name: list(column) for name, column in zip(header[1:], columns, strict=True)}
        yield start_ms, order, Frame(device=device, time=[row.time_ms for row in hour], values=values)


def _device_of(path: Path) -> str:
    try:
        return _DEVICE.validate_python(path.name.removesuffix(".gz").removesuffix(".csv"))
    except ValidationError as error:
        what = error.errors(include_url=False)[0]["msg"]
        raise RecordingError(f"{path}: the file's name is no device's name: {what}") from error


def _look_at_header(path: Path, header: list[str]) -> None:
    if not header or header[0] != "time":
        found = header[0][:_SHOWN] if header else ""
        raise RecordingError(
            f'{path}:1: the first column must be "time", not {found!r}; columns are parted by commas'
        )
    for quantity in header[1:]:
        if quantity not in QUANTITIES:
            raise RecordingError(f"{path}:1: {quantity[:_SHOWN]!r} is no quantity of wire/quantities.py")
        if header.count(quantity) > 1:
            raise RecordingError(f"{path}:1: {quantity} stands twice")


def _passages(path: Path, order: int) -> Iterator[tuple[int, int, list[BadgeRow]]]:
    lines = _lines(path)
    _, header = next(lines, (1, []))
    if missing := [name for name in _EVENT_COLUMNS if name not in header]:
        raise RecordingError(
            f"{path}:1: no column {missing[0]}; columns: {','.join(_EVENT_COLUMNS)},direction"
        )
    found = (_passage(path, number, dict(zip(header, cells, strict=False))) for number, cells in lines)
    badges = _ascending(path, (passage for passage in found if passage is not None))
    for start_ms, group in itertools.groupby(badges, key=_hour_of):
        yield start_ms, order, list(group)


def _row(path: Path, number: int, cells: list[str], width: int) -> _Row:
    if len(cells) != width:
        raise RecordingError(f"{path}:{number}: {len(cells)} cells, the header has {width}")
    try:
        return _Row(_time_ms(cells[0]), [_value(cell) for cell in cells[1:]])
    except ValueError as error:
        raise RecordingError(f"{path}:{number}: {error}") from error


def _passage(path: Path, number: int, row: dict[str, str]) -> BadgeRow | None:
    if row.get("kind") != "badge":
        return None
    try:
        direction = _DIRECTIONS.get(row.get("direction", ""))
        return BadgeRow(
            _DEVICE.validate_python(row["device"]),
            _time_ms(row["time"]),
            row["badge"],
            direction,
            _trade(row.get("trade", "")),
        )
    except KeyError as error:
        raise RecordingError(f"{path}:{number}: nothing in column {error}") from error
    except ValidationError as error:
        what = error.errors(include_url=False)[0]["msg"]
        raise RecordingError(
            f"{path}:{number}: {row['device'][:_SHOWN]!r} is no device's name: {what}"
        ) from error
    except ValueError as error:
        raise RecordingError(f"{path}:{number}: {error}") from error


def _trade(cell: str) -> str | None:
    if not cell:
        return None
    if _TRADE.fullmatch(cell) is None:
        raise ValueError(f"{cell[:_SHOWN]!r} is no trade: a word of letters, at most 32, such as tiler")
    return cell


def _ascending(path: Path, rows: Iterator[_Timed]) -> Iterator[_Timed]:
    last_ms = -1
    for row in rows:
        if row.time_ms < last_ms:
            raise RecordingError(f"{path}: times run backwards at {row.time_ms}; sort the file by time")
        last_ms = row.time_ms
        yield row


def _hour_of(row: _Row | BadgeRow) -> int:
    return row.time_ms - row.time_ms % HOUR_MS


def _time_ms(text: str) -> int:
    if text.isdecimal() and len(text) <= _SHOWN:
        time_ms = int(text)
        if not FLOOR_MS <= time_ms < CEILING_MS:
            seconds = " (seconds, it seems)" if FLOOR_MS <= time_ms * 1000 < CEILING_MS else ""
            raise ValueError(f"time {text} lies not between 2000 and 2100{seconds}: write UTC milliseconds")
        return time_ms
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{text[:_SHOWN]!r} is no time: write 2026-11-01T08:00:00+08:00 or UTC milliseconds"
        ) from error
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no zone; write Z or +08:00, or UTC milliseconds")
    return round(moment.timestamp() * 1000)


def _value(cell: str) -> float | None:
    """A number, or None where a program wrote that there is none."""
    if cell.strip().lower() in _MISSING:
        return None
    try:
        value = float(cell)
    except ValueError as error:
        raise ValueError(f"{cell[:_SHOWN]!r} is no number (a decimal point is written as .)") from error
    if not math.isfinite(value):
        raise ValueError(f"{cell[:_SHOWN]!r} is no number that can be measured: leave the cell empty")
    return value


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line with its number. A byte-order mark, as spreadsheets write it, is passed over."""
    number = 0
    try:
        with _open(path) as file:
            for number, cells in enumerate(csv.reader(file), 1):
                if cells:
                    yield number, cells
    except UnicodeDecodeError as error:
        raise RecordingError(
            f"{path}: is not UTF-8 (after line {number}): save it as 'CSV UTF-8' in the spreadsheet"
        ) from error
    except csv.Error as error:
        raise RecordingError(f"{path}:{number + 1}: is no CSV: {error}") from error
    except (EOFError, zlib.error, OSError) as error:
        raise RecordingError(f"{path}: cannot be read after line {number}: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")
