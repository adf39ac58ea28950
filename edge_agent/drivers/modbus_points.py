"""Which registers a Modbus point needs, and what its value is in them. No I/O.

A point's `where`: `type` (coil, discrete, holding, input), `address` (from 0, as on the wire), `decode`
(one of `modbus_frame.WIDTHS`; default uint16), `byte_order` (default ABCD),
`invalid` (raw values that mean "no value") and `read` (points with the same word are read in one request,
whatever lies between them).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from edge_agent.drivers import modbus_frame
from edge_agent.drivers.contract import Point
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.drivers.scaling import scaled


@dataclass(frozen=True, slots=True)
class Place:
    """`count` registers (or bits) from `address` in `table`."""

    table: Table
    address: int
    count: int

    def __str__(self) -> str:
        return f"{self.table} {self.address}+{self.count}"

    @property
    def end(self) -> int:
        """The first behind."""
        return self.address + self.count

    def holds(self, other: Place) -> bool:
        """Whether `other` lies in here."""
        return self.table == other.table and self.address <= other.address and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Read:
    """One request and the points its reply holds, each with its own place."""

    place: Place
    points: tuple[Point, ...]
    places: tuple[Place, ...]

    @property
    def key(self) -> Place:
        """What is asked for."""
        return self.place


def place_of(point: Point) -> Place:
    """What the point needs."""
    table: Table = point.where["type"]
    count = 1 if table in ("coil", "discrete") else modbus_frame.width(point.where.get("decode", "uint16"))
    return Place(table, int(point.where["address"]), count)


def plan(points: Iterable[Point], max_count: int) -> Iterator[Read]:
    """As few requests as may be, of up to `max_count`: points that adjoin or are of one `read` share one."""
    waiting: list[Point] = []
    span: Place | None = None
    for point in sorted(points, key=lambda point: (place_of(point).table, place_of(point).address)):
        place = place_of(point)
        near = bool(waiting) and _same_read(waiting[-1], point)
        joined = None if span is None else _join(span, place, near, max_count)
        if span is not None and joined is None:
            yield _read(span, waiting)
            waiting = []
        span = joined or place
        waiting.append(point)
    if span is not None:
        yield _read(span, waiting)


def _read(place: Place, points: Sequence[Point]) -> Read:
    return Read(place, tuple(points), tuple(place_of(point) for point in points))


def halves(read: Read) -> list[Read]:
    """The same points in two requests, or in one each where there are two; none for a single point."""
    if len(read.points) < 2:
        return []
    middle = len(read.points) // 2
    return [_spanning(read.points[:middle]), _spanning(read.points[middle:])]


def _spanning(points: tuple[Point, ...]) -> Read:
    places = [place_of(point) for point in points]
    first = min(place.address for place in places)
    end = max(place.end for place in places)
    return _read(Place(places[0].table, first, end - first), points)


def _same_read(one: Point, other: Point) -> bool:
    return one.where.get("read") is not None and one.where.get("read") == other.where.get("read")


def _join(span: Place, place: Place, near: bool, max_count: int) -> Place | None:
    end = max(span.end, place.end)
    most = min(max_count, modbus_frame.LARGEST_READ[span.table])
    if span.table != place.table or end - span.address > most or not (near or place.address <= span.end):
        return None
    return Place(span.table, span.address, end - span.address)


def value_of(
    point: Point, where: Place, place: Place, content: Sequence[int] | Sequence[bool]
) -> float | None:
    """The point's value, which stands at `where`, in `content`, which was read from `place`; None where the
    device gives no number."""
    at = where.address - place.address
    raw_words = [int(word) for word in content[at : at + where.count]]
    if where.table in ("coil", "discrete"):
        return scaled(raw_words[0], point.scale)
    order: ByteOrder = point.where.get("byte_order", "ABCD")
    raw = modbus_frame.number(raw_words, point.where.get("decode", "uint16"), order)
    if not math.isfinite(raw) or raw in point.where.get("invalid", ()):
        return None
    return scaled(raw, point.scale)
