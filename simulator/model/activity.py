"""When in the day the tools run and the water flows: the plan's amounts laid into the working hours."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from simulator.model.chance import chance
from simulator.model.plan import TOOLS, DayPlan, Tool
from wire.durations import HOUR_MS, MINUTE_MS

#: Minutes after midnight in which tools run: everybody has come, nobody has left.
WORK_MINUTES: Final = ((8 * 60 + 42, 11 * 60 + 52), (13 * 60 + 18, 16 * 60 + 56))
#: A half-inch tap, well open.
_LITRES_PER_S: Final = 0.16
_BUCKET_LITRES: Final = (10, 20)

Interval = tuple[int, int]


@dataclass(slots=True)
class Intervals:
    """Disjoint ascending [start, end) in ms, and how long they have lasted altogether before each."""

    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    before_ms: list[int] = field(default_factory=list)

    def add(self, start_ms: int, end_ms: int) -> None:
        """Append one that begins after all others."""
        self.before_ms.append(self.before_ms[-1] + self.ends[-1] - self.starts[-1] if self.starts else 0)
        self.starts.append(start_ms)
        self.ends.append(end_ms)

    def running_since(self, time_ms: int) -> int | None:
        """Start of the interval that holds `time_ms`, if any."""
        index = bisect_right(self.starts, time_ms) - 1
        return self.starts[index] if index >= 0 and time_ms < self.ends[index] else None

    def elapsed_ms(self, time_ms: int) -> int:
        """How much of the intervals lies before `time_ms`."""
        index = bisect_right(self.starts, time_ms) - 1
        if index < 0:
            return 0
        return self.before_ms[index] + min(time_ms, self.ends[index]) - self.starts[index]


@dataclass(frozen=True, slots=True)
class Draw:
    """Water taken once: whole litres, at a steady flow."""

    start_ms: int
    end_ms: int
    litres: int
    litres_before: int


def _windows(midnight_ms: int) -> list[Interval]:
    return [(midnight_ms + a * MINUTE_MS, midnight_ms + b * MINUTE_MS) for a, b in WORK_MINUTES]


def _lay(runs: Sequence[Interval], windows: Sequence[Interval]) -> Intervals:
    """Runs given in working time (ms since work began, breaks not counted), cut at the breaks."""
    laid = Intervals()
    for start, end in runs:
        offset = 0
        for opens, closes in windows:
            length = closes - opens
            first, last = max(start - offset, 0), min(end - offset, length)
            if first < last:
                laid.add(opens + first, opens + last)
            offset += length
    return laid


def _bursts(rng: Random, tool: Tool, total_ms: int) -> list[int]:
    """Lengths of single runs that add up to `total_ms`."""
    lengths, left = [], total_ms
    while left > 0:
        length = min(left, int(1000 * rng.uniform(*tool.on_s)))
        lengths.append(length)
        left -= length
    return lengths


def _sessions(rng: Random, tool: Tool, count: int) -> list[bool]:
    """For each of `count` runs, whether a long break precedes it."""
    breaks, left = [], 0
    for _ in range(count):
        breaks.append(left == 0)
        left = rng.randint(*tool.runs_per_session) - 1 if left == 0 else left - 1
    return breaks


def _pauses(rng: Random, short_ms: Sequence[int | None], free_ms: int) -> list[int]:
    """Pauses before each run, and after the last, that fill `free_ms`: None is a long break of any length.

    Short pauses keep their length where there is room; the long ones share what is left.
    """
    taken = sum(pause or 0 for pause in short_ms)
    shrink = min(1.0, 0.8 * free_ms / taken) if taken else 1.0
    weights = [rng.expovariate(1.0) + 0.05 for pause in short_ms if pause is None] + [rng.random() + 0.05]
    share = (free_ms - taken * shrink) / sum(weights)
    longs = iter(weights)
    return [int(next(longs) * share if pause is None else pause * shrink) for pause in short_ms]


def _in_turn(pauses: Sequence[int], lengths: Sequence[int]) -> list[Interval]:
    """Runs one after the other, each after its pause."""
    runs, clock = [], 0
    for pause, length in zip(pauses, lengths, strict=True):
        runs.append((clock + pause, clock + pause + length))
        clock += pause + length
    return runs


def tool_runs(rng: Random, tool: Tool, on_s: int, windows: Sequence[Interval]) -> Intervals:
    """Runs of a tool that last exactly `on_s` seconds together.

    Raises ValueError where the day is too short.
    """
    free_ms = sum(closes - opens for opens, closes in windows) - on_s * 1000
    if free_ms < 0:
        raise ValueError(f"{tool.name}: {on_s} s of work are {-free_ms} ms more than the working hours")
    lengths = _bursts(rng, tool, on_s * 1000)
    breaks = _sessions(rng, tool, len(lengths))
    short = [None if long else int(1000 * rng.uniform(*tool.off_s)) for long in breaks]
    return _lay(_in_turn(_pauses(rng, short, free_ms), lengths), windows)


def water_draws(rng: Random, litres: int, windows: Sequence[Interval]) -> list[Draw]:
    """Buckets, and a longer draw to clean the tools at the end, that hold exactly `litres`."""
    cleaning = litres // 6
    amounts: list[int] = []
    while (left := litres - cleaning - sum(amounts)) > 0:
        amounts.append(min(left, rng.randint(*_BUCKET_LITRES)))
    if cleaning:
        amounts.append(cleaning)
    filling = [int(amount / _LITRES_PER_S * 1000) for amount in amounts]
    free_ms = sum(closes - opens for opens, closes in windows) - sum(filling)
    draws, before = [], 0
    for run, length, amount in zip(
        _in_turn(_pauses(rng, [None] * len(filling), free_ms), filling), filling, amounts, strict=True
    ):
        # A bucket begun just before the break is filled in the break: only its start is laid.
        start_ms = _lay([(run[0], run[0] + 1)], windows).starts[0]
        draws.append(Draw(start_ms, start_ms + length, amount, before))
        before += amount
    return draws


class DayActivity:
    """Tools and water of one day, to be asked at any moment of it."""

    __slots__ = ("_draw_starts", "draws", "tools")

    def __init__(self, seed: int, plan: DayPlan, midnight_ms: int) -> None:
        windows = _windows(midnight_ms)
        self.tools = [
            (TOOLS[name], tool_runs(chance(seed, "runs", plan.day, name), TOOLS[name], on_s, windows))
            for name, on_s in plan.on_s.items()
        ]
        self.draws = water_draws(chance(seed, "water", plan.day), plan.litres, windows)
        self._draw_starts = [draw.start_ms for draw in self.draws]

    def tool_wh(self, time_ms: int) -> float:
        """Energy the tools have used since midnight."""
        return sum(tool.watts * runs.elapsed_ms(time_ms) for tool, runs in self.tools) / HOUR_MS

    def litres(self, time_ms: int) -> int:
        """Whole litres drawn since midnight."""
        index = bisect_right(self._draw_starts, time_ms) - 1
        if index < 0:
            return 0
        draw = self.draws[index]
        share = min(1.0, (time_ms - draw.start_ms) / (draw.end_ms - draw.start_ms))
        return draw.litres_before + int(draw.litres * share)
