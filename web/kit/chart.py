"""Charts of one look, drawn on the server as SVG: no script is needed to see them, a small one reads them
out.

A chart is as wide as its place: what has words or an upright form is placed by percent, and the curve
lies in a drawing of its own that is stretched with strokes that are not. Where nothing was measured the
line ends, and the gap is hatched, never bridged.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

#: The curve's own drawing: x from 0 to WIDE, y from 0 (top) to HIGH.
WIDE, HIGH = 1000, 200
SPARK_WIDTH, SPARK_HEIGHT = 76, 24
Point = tuple[int, float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """From time (UTC ms) and value to the place in the drawing."""

    start: int
    end: int
    low: float
    high: float

    def x(self, time: int) -> float:
        """Percent of the width, within the drawing."""
        share = (time - self.start) / max(self.end - self.start, 1)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def y(self, value: float) -> float:
        """Percent of the height from the top, within the drawing."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(100 * (1 - min(max(share, 0.0), 1.0)), 2)

    def path(self, points: Iterable[tuple[int, float]]) -> str:
        """A course as a path says it, in WIDE × HIGH; hundreds of points of a page that opens, so without
        what `x` and `y` have of calls."""
        start, wide = self.start, WIDE / max(self.end - self.start, 1)
        high, tall = self.high, HIGH / ((self.high - self.low) or 1.0)
        places = (((time - start) * wide, (high - value) * tall) for time, value in points)
        return " ".join(f"{_within(x, WIDE):g} {_within(y, HIGH):g}" for x, y in places)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in percent of the width."""

    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word or a line at a place, in percent. `end` sets the word to the left of the place."""

    at: float
    text: str = ""
    end: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One row of the table behind, and what a finger reads out at `x` percent."""

    x: float
    time: str
    value: str


@dataclass(frozen=True, slots=True)
class Key:
    """A sign and its meaning, under the chart."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`title` names the chart, `summary` says it in a sentence for those who do not see it. `area` closes
    the curve to the ground; `lone` are points between two gaps; `zero` is the height of zero where
    values go below it; `now` is where the plumb line hangs. All places in percent, paths in WIDE × HIGH."""

    id: str
    title: str
    summary: str
    line: str
    area: str = ""
    band: str = ""
    lone: tuple[tuple[float, float], ...] = ()
    gaps: tuple[Span, ...] = ()
    presence: tuple[Span, ...] = ()
    ticks: tuple[Label, ...] = ()
    levels: tuple[Label, ...] = ()
    limits: tuple[Label, ...] = ()
    events: tuple[Label, ...] = ()
    now: float | None = None
    zero: float | None = None
    keys: tuple[Key, ...] = ()
    said: tuple[Said, ...] = ()
    columns: tuple[str, str] = ("", "")
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What `drawn` makes of a series."""

    line: str
    area: str
    lone: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Spark:
    """76 × 24: the course of a day beside a row, with its expected band. Gaps are hatched, the end is a
    dot."""

    line: str
    words: str
    band: tuple[float, float] | None = None
    gaps: tuple[tuple[float, float], ...] = ()
    end: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class BarOf:
    """One bar, `height` in percent; None is a gap (hatched), not a zero."""

    label: str
    value: str
    height: float | None
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bars:
    """Amounts side by side."""

    title: str
    bars: tuple[BarOf, ...]
    summary: str = ""
    keys: tuple[Key, ...] = field(default=())


def runs(points: Sequence[Point], step_ms: int) -> Iterator[list[tuple[int, float]]]:
    """Unbroken stretches: a None, or more than two steps without a point, ends one."""
    run: list[tuple[int, float]] = []
    for time, value in points:
        if run and (value is None or time - run[-1][0] > 2 * step_ms):
            yield run
            run = []
        if value is not None:
            run.append((time, value))
    if run:
        yield run


def gaps(points: Sequence[Point], step_ms: int, start: int, until: int) -> list[tuple[int, int]]:
    """Where nothing was measured from `start` to `until` (UTC ms), for more than two steps."""
    found = list(runs(points, step_ms))
    edges = [(start, start), *((run[0][0], run[-1][0]) for run in found), (until, until)]
    return [(a[1], b[0]) for a, b in pairwise(edges) if b[0] - a[1] > 2 * step_ms]


def drawn(points: Sequence[Point], scale: Scale, step_ms: int, ground: float = 0.0) -> Drawn:
    """The curve and the area between it and `ground`."""
    lines, areas, lone = [], [], []
    base = _number(scale.y(ground) * HIGH / 100)
    for run in runs(points, step_ms):
        if len(run) == 1:
            lone.append((scale.x(run[0][0]), scale.y(run[0][1])))
            continue
        path = scale.path(run)
        lines.append(f"M{path}")
        first, last = (_number(scale.x(time) * WIDE / 100) for time in (run[0][0], run[-1][0]))
        areas.append(f"M{first} {base} {path} {last} {base}z")
    return Drawn("".join(lines), "".join(areas), tuple(lone))


def band_path(upper: Sequence[tuple[int, float]], lower: Sequence[tuple[int, float]], scale: Scale) -> str:
    """The field between an upper and a lower course, e.g. what is expected at this hour."""
    around = [*upper, *reversed(lower)]
    if len(around) < 4:
        return ""
    return f"M{scale.path(around)}z"


def spans(stretches: Sequence[tuple[int, int]], scale: Scale) -> tuple[Span, ...]:
    """Stretches of time as places; none that lies outside."""
    placed = ((scale.x(start), scale.x(end)) for start, end in stretches)
    return tuple(Span(x, round(end - x, 2)) for x, end in placed if end > x)


def spark(
    points: Sequence[Point],
    start: int,
    end: int,
    words: str,
    *,
    step_ms: int,
    band: tuple[float, float] | None = None,
) -> Spark:
    """The course of `points` from `start` to `end` (UTC ms); `band` is what is expected: least and most."""
    values = [value for _, value in points if value is not None] + list(band or ())
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    scale = Scale(start, end, low, high if high > low else low + 1.0)

    def place(time: int, value: float) -> tuple[float, float]:
        x = 1 + scale.x(time) / 100 * (SPARK_WIDTH - 5)
        return round(x, 1), round(3 + scale.y(value) / 100 * (SPARK_HEIGHT - 6), 1)

    found = list(runs(points, step_ms))
    paths = (" ".join(f"{x} {y}" for x, y in (place(t, v) for t, v in run)) for run in found)
    holes = ((place(a, low)[0], place(b, low)[0]) for a, b in gaps(points, step_ms, start, end))
    return Spark(
        line="".join(f"M{path}" for path in paths),
        words=words,
        band=(place(start, band[1])[1], place(start, band[0])[1]) if band else None,
        gaps=tuple((x, round(x_end - x, 1)) for x, x_end in holes),
        end=place(*found[-1][-1]) if found and end - found[-1][-1][0] <= 2 * step_ms else None,
    )


def bars(
    title: str,
    amounts: Sequence[tuple[str, float | None]],
    print_: Callable[[float | None], str],
    summary: str = "",
) -> Bars:
    """Amounts by label; `print_` says an amount, also that there is none."""
    highest = max((value for _, value in amounts if value is not None), default=0.0) or 1.0
    step = 100 / max(len(amounts), 1)
    return Bars(
        title,
        tuple(
            BarOf(
                label,
                print_(value),
                None if value is None else round(100 * max(value, 0.0) / highest, 1),
                round(at * step + step * 0.25, 2),
                round(step * 0.5, 2),
            )
            for at, (label, value) in enumerate(amounts)
        ),
        summary,
    )


def nice_levels(low: float, high: float, most: int = 3) -> list[float]:
    """At most `most` + 1 round values between `low` and `high`: steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if span <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(power * n for n in (1, 2, 5, 10) if span / (power * n) <= most)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 10) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _within(place: float, most: float) -> float:
    """To a tenth: finer would not be seen."""
    return 0.0 if place <= 0.0 else most if place >= most else round(place, 1)


def _number(value: float) -> str:
    """As short as it can be."""
    return f"{value:.1f}".removesuffix(".0")
