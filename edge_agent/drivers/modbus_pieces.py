"""Points whose value stands in several places: a number, its exponent, factors, a second register. No I/O.

In a point's `where` beside its own place: `exponent` (a power of ten: SunSpec's scale factors), `factors`
(multiplied: the ratios of transformers) and `otherwise` (read where the point's own register is refused or
nought: firmwares that keep an energy elsewhere), each a `where` of its own, with a `scale`.
Such a point is read as pieces, plain points, and composed of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from edge_agent.drivers.contract import Point, Reply
from edge_agent.drivers.scaling import scaled
from wire.batch import FaultReason

#: No quantity has this in its name: it parts a point's quantity from the piece of it.
_MARK: Final = "/"
_EXPONENT, _OTHERWISE, _FACTORS = "exponent", "otherwise", "factors"
_BESIDE: Final = (_EXPONENT, _OTHERWISE, _FACTORS)
#: SunSpec's scale factors; more is a device that has none (8000H).
_LARGEST_EXPONENT: Final = 10


def composed(points: Iterable[Point]) -> tuple[Point, ...]:
    """Those of `points` that are read as several pieces."""
    return tuple(point for point in points if any(key in point.where for key in _BESIDE))


def pieces(points: Iterable[Point]) -> tuple[Point, ...]:
    """Plain points for all of `points`."""
    return tuple(piece for point in points for piece in _pieces(point))


def _pieces(point: Point) -> Iterator[Point]:
    own = {key: value for key, value in point.where.items() if key not in _BESIDE}
    yield point if len(own) == len(point.where) else Point(point.quantity, own, point.scale, point.interval_s)
    for name, where in _beside(point.where):
        yield Point(f"{point.quantity}{_MARK}{name}", where, float(where.get("scale", 1.0)))


def _beside(where: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from ((key, where[key]) for key in (_EXPONENT, _OTHERWISE) if key in where)
    yield from ((f"{_FACTORS}{number}", factor) for number, factor in enumerate(where.get(_FACTORS, ())))


def is_whole(point: Point, reply: Reply) -> bool:
    """Whether all it takes to know the point stands in `reply`; of two registers one is enough."""
    needed = [point.quantity] + [
        f"{point.quantity}{_MARK}{name}" for name, _ in _beside(point.where) if name != _OTHERWISE
    ]
    if f"{point.quantity}{_MARK}{_OTHERWISE}" in reply.values:
        reply.values.setdefault(point.quantity, None)
    return all(name in reply.values for name in needed)


def compose(points: Iterable[Point], reply: Reply) -> None:
    """Put the pieces in `reply` together to the values of composed `points`.

    A piece without a value leaves the point without one, for the piece's reason.
    """
    points = tuple(points)
    _take_otherwise(points, reply)
    for point in points:
        for name, _ in _beside(point.where):
            piece, fault = _taken(reply, f"{point.quantity}{_MARK}{name}")
            value = reply.values.get(point.quantity)
            if value is None or name == _OTHERWISE:
                continue
            reply.values[point.quantity] = None if piece is None else _applied(value, name, piece)
            if reply.values[point.quantity] is None:
                reply.faults[point.quantity] = fault or "not_a_number"


def _taken(reply: Reply, name: str) -> tuple[float | None, FaultReason | None]:
    """A piece's value and fault, which are no longer in the reply then."""
    return reply.values.pop(name, None), reply.faults.pop(name, None)


def _take_otherwise(points: Iterable[Point], reply: Reply) -> None:
    """Points that share both reads are decided together: one phase that is dead is no other firmware."""
    groups: dict[tuple[object, object], list[Point]] = {}
    for point in points:
        if _OTHERWISE in point.where:
            reads = point.where.get("read"), point.where[_OTHERWISE].get("read")
            groups.setdefault(reads, []).append(point)
    for group in groups.values():
        own = [_has_nothing(point.quantity, reply) for point in group]
        others = {point.quantity: reply.values.get(f"{point.quantity}{_MARK}{_OTHERWISE}") for point in group}
        if not all(own) or not any(others.values()):
            continue
        for quantity, value in others.items():
            reply.values[quantity] = value
            reply.faults.pop(quantity, None)
            if value is None:
                reply.faults[quantity] = reply.faults.get(f"{quantity}{_MARK}{_OTHERWISE}", "not_a_number")


def _has_nothing(quantity: str, reply: Reply) -> bool:
    """Whether the point's own register is nought, or there is none; what a silent device has nobody knows."""
    fault = reply.faults.get(quantity)
    return not reply.values.get(quantity) and fault in (None, "device_error", "not_a_number")


def _applied(value: float, name: str, piece: float) -> float | None:
    if name != _EXPONENT:
        return scaled(value, piece) if piece > 0 else None
    if piece != int(piece) or abs(piece) > _LARGEST_EXPONENT:
        return None
    return scaled(value, 10**piece) if piece >= 0 else scaled(value / 10**-piece, 1.0)
