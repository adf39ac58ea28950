"""Columns to line protocol, at the speed of string formatting: no object per reading.

Format: docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference (tags in ascending order of
their names are quickest for the server; a number without a suffix is a float; Python's `repr` of a float is
the shortest text that gives the same bits back).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Final

from store.timeseries.contract import Block

#: Lines formatted at a time; the vendor advises some 10,000 lines or 10 MB to a request.
_PIECE_LINES: Final = 2_000
#: A body grows to about this many bytes: 60,000 readings, 30 ms of the server's time.
BODY_BYTES: Final = 1_000_000

_Columns = Mapping[str, Sequence[float | None]]


def bodies(measurement: str, blocks: Iterable[Block]) -> Iterator[bytes]:
    """Bodies of about BODY_BYTES of whole lines, one line per device and time; nulls are left out, and a line
    without fields is not made. Raises ValueError for a name that line protocol cannot say."""
    pieces: list[str] = []
    size = 0
    for block in blocks:
        for piece in _pieces(measurement, block):
            pieces.append(piece)
            size += len(piece)
            if size >= BODY_BYTES:
                yield "".join(pieces).encode()
                pieces, size = [], 0
    if pieces:
        yield "".join(pieces).encode()


def tagged(measurement: str, tags: Mapping[str, str]) -> str:
    """The beginning of a line: `measurement,tag=value,…`."""
    return ",".join([measurement, *(f"{name}={escaped(tags[name])}" for name in sorted(tags))])


def escaped(name: str) -> str:
    """A tag value or field name. Raises ValueError for what cannot be escaped."""
    if not name or "\n" in name or "\r" in name or "\\" in name:
        raise ValueError(f"{name!r} cannot be a name in InfluxDB: no line ends, no backslashes, not empty")
    return name.replace(",", r"\,").replace(" ", r"\ ").replace("=", r"\=")


def _pieces(measurement: str, block: Block) -> Iterator[str]:
    head = tagged(measurement, {"site": block.site, "device": block.device})
    for time, columns in _without_nulls(block.time, block.values):
        fields = ",".join(f"{escaped(name)}=%r" for name in columns)
        line = f"{head.replace('%', '%%')} {fields} %d\n".__mod__
        for at in range(0, len(time), _PIECE_LINES):
            rows = (column[at : at + _PIECE_LINES] for column in columns.values())
            yield "".join(map(line, zip(*rows, time[at : at + _PIECE_LINES], strict=True)))


def _without_nulls(time: Sequence[int], columns: _Columns) -> Iterator[tuple[Sequence[int], _Columns]]:
    """The same rows in parts, each with the columns that have a value in all of its rows."""
    if not time or not columns:
        return
    for name, column in columns.items():
        if None not in column:
            continue
        present = [value is not None for value in column]
        absent = [value is None for value in column]
        others = {other: values for other, values in columns.items() if other != name}
        yield from _without_nulls(*_rows(time, columns, present))
        yield from _without_nulls(*_rows(time, others, absent))
        return
    yield time, columns


def _rows(time: Sequence[int], columns: _Columns, wanted: list[bool]) -> tuple[list[int], _Columns]:
    kept = {name: list(compress(column, wanted)) for name, column in columns.items()}
    return list(compress(time, wanted)), kept
