"""How much a counter grew: the one rule, for rollups of every store, the API, pages and reports.

Readings are laid together into **runs**, within which each reading is at least the one before and at most
`small` above it. Of a run only its ends are kept, as its growth is the difference of them. Runs of
neighbouring cells join where the last and the first reading would have stood in one run: so it is the same
how a day was cut into minutes and hours (`joined` is associative), and late readings change their own cell.

A **life** puts runs in order of time:

1. A run that begins where an earlier one can have got to, by `Growth.allows` and the time between, goes on
   from it, and the step counts. Of several the one with the smallest step is taken. A counter that stood
   still while it was read may **catch up**: the time is then that since it last rose (rounded up to the hour,
   as rollups know no better), at most CATCH_UP_MS. After a silence in which a meter could be exchanged it is
   that of the silence.
2. What lay between the two (zeros, dips, spikes) was a **glitch** and counts nothing, if it lasted no longer
   than GLITCH_MS and did not grow itself.
3. A fall of at most `small` is jitter: growth counts again above the highest value reached.
4. A fall across a power of ten, or what a register of 16 or 32 bits holds, that makes a step which can be
   real is a **roll-over** and counts.
5. Everything else is a new start: a **reset** where it begins near zero, an **exchange** of the meter where
   it does not. The step counts nothing; the growth after it does. (One that reaches its old level again
   within GLITCH_MS cannot be told from a glitch.)
6. Where a person has said when a meter was exchanged and what the two showed, that holds.

A step belongs to the time of its later reading. What came last is provisional: a jump counts nothing until it
has grown, and a step up is taken back if what follows shows that it was a spike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple

from store.timeseries.limits import Growth
from wire.durations import HOUR_MS, MINUTE_MS

#: A device that restarts, or a line that is disturbed, is itself again within this.
GLITCH_MS: Final = HOUR_MS
#: A meter that hands on what another one told it does so once a day at least.
CATCH_UP_MS: Final = 24 * HOUR_MS
#: Nobody exchanges a meter in less; one that was read more often than that all the time is the same one.
EXCHANGED_WITHIN_MS: Final = 5 * MINUTE_MS
#: Runs kept of one cell. A counter that jumps more often than that within an hour counts nothing there.
MOST_RUNS: Final = 200
#: Earlier runs a life looks back at.
_MOST_OPEN: Final = 64
_MOST_MARKS: Final = 1_000
#: Where registers roll over: decimal ones of at least four digits, 16 and 32 bits in steps of 0.001 to 1.
_MODULI: Final = tuple(sorted(
    {10.0**n for n in range(4, 10)} | {2.0**bits / 10**n for bits in (16, 32) for n in range(4)
                                      if 2.0**bits / 10**n > 5_000}
))  # fmt: skip

Why = Literal["glitch", "reset", "exchange", "rollover", "told"]


class Run(NamedTuple):
    """The ends of a run of readings: UTC ms and value."""

    first_time: int
    first: float
    last_time: int
    last: float


class Mark(NamedTuple):
    """A step that is not as steps should be: from one reading to another. A glitch: from its first to its
    last reading. `rollover` and `told` (by a person) are counted, the others are not."""

    from_time: int
    from_value: float
    to_time: int
    to_value: float
    why: Why


@dataclass(frozen=True, slots=True)
class Exchange:
    """A person's word that a meter was exchanged: readings from `at` (UTC ms, a whole minute) on are the new
    one's. What the old one showed at last and the new one at first, where it is known."""

    at: int
    old_last: float | None = None
    new_first: float | None = None


def runs_of(readings: Iterable[tuple[int, float]], small: float) -> list[Run]:
    """The runs of readings that ascend by time. What is not finite is passed over."""
    found: list[Run] = []
    for time, value in readings:
        if math.isfinite(value):
            _join(found, Run(time, value, time, value), small)
    return bounded(found)


def joined(cells: Iterable[Sequence[Run]], small: float) -> list[Run]:
    """The runs of neighbouring cells, in order of time, as those of one."""
    found: list[Run] = []
    for cell in cells:
        for run in cell:
            _join(found, run, small)
    return bounded(found)


def bounded(runs: list[Run]) -> list[Run]:
    """At most MOST_RUNS: the first ones and the last ones."""
    half = MOST_RUNS // 2
    return runs if len(runs) <= MOST_RUNS else [*runs[:half], *runs[-half:]]


def _join(runs: list[Run], run: Run, small: float) -> None:
    if runs and 0 <= run.first - runs[-1].last <= small:
        runs[-1] = Run(runs[-1].first_time, runs[-1].first, run.last_time, run.last)
    else:
        runs.append(run)


@dataclass(slots=True)
class _Open:
    """A stretch of a life that may still turn out to be a glitch. `grown`: bucket -> growth. `own`: growth
    since it began. `stood`: until then at the latest it last rose."""

    first_time: int
    first: float
    time: int
    last: float
    high: float
    stood: int
    own: float = 0.0
    grown: dict[int, float] = field(default_factory=dict)
    mark: Mark | None = None

    def copy(self) -> _Open:
        return replace(self, grown=dict(self.grown))


def _opened(run: Run, high: float, stood: int) -> _Open:
    return _Open(run.first_time, run.first, run.last_time, run.last, high, stood, run.last - run.first)


def _hour_after(time: int) -> int:
    return (time // HOUR_MS + 1) * HOUR_MS


def _span_ms(one: _Open, time: int) -> int:
    """In how much time a stretch can have risen by what it stands higher at `time`."""
    silent_ms = time - one.time
    if silent_ms > EXCHANGED_WITHIN_MS:
        return silent_ms
    return max(silent_ms, min(time - one.stood, CATCH_UP_MS))


class _Link(NamedTuple):
    number: int
    step: float
    rolled_over: bool


@dataclass(slots=True)
class Life:
    """The life of one counter over buckets [start + i * step_ms, …) up to `end`. Runs come by time."""

    growth: Growth
    start: int
    end: int
    step_ms: int
    #: The reading that growth is counted from: the last one before `start`, else the first.
    since: int | None = None
    #: The newest reading taken in: UTC ms and value.
    newest: tuple[int, float] | None = None
    _settled: dict[int, float] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)
    _marks: list[Mark] = field(default_factory=list)

    def copy(self) -> Life:
        """Another that goes its own way."""
        opened = [one.copy() for one in self._open]
        settled, marks = dict(self._settled), list(self._marks)
        return replace(self, _settled=settled, _open=opened, _marks=marks)

    def add(self, run: Run) -> None:
        """Take in the next run: it lies whole in one bucket, or outside of all."""
        if run.first_time < self.start or self.since is None:
            self.since = run.last_time if run.first_time < self.start else run.first_time
        self.newest = (run.last_time, run.last)
        top = self._open[-1] if self._open else None
        if top is not None and 0 <= run.first - top.last <= self.growth.small:
            self._go_on(top, run)
            return
        link = self._link(run.first_time, run.first)
        if link is None:
            self._begin_anew(run)
        else:
            self._follow(link, run)
        if len(self._open) > _MOST_OPEN:
            self._settle(self._open.pop(0))

    def exchange(self, told: Exchange) -> None:
        """A person's word, in its place among the runs."""
        last = self._open[-1] if self._open else None
        if told.old_last is not None and self._open:
            self.add(Run(told.at, told.old_last, told.at, told.old_last))
            last = self._open[-1]
        for one in self._open:
            self._settle(one)
        self._open = []
        if told.new_first is not None:
            new = _Open(told.at, told.new_first, told.at, told.new_first, told.new_first, told.at)
            if last is not None:
                new.mark = Mark(last.time, last.last, told.at, told.new_first, "told")
            self._open = [new]

    def grown(self) -> dict[int, float]:
        """Bucket -> growth, of those that have had a reading."""
        total = dict(self._settled)
        for one in self._open:
            for bucket, amount in one.grown.items():
                total[bucket] = total.get(bucket, 0.0) + amount
        return total

    def marks(self) -> list[Mark]:
        """Those whose later reading lies in [start, end), by time; the first thousand."""
        every = [*self._marks, *(one.mark for one in self._open if one.mark is not None)]
        return sorted(mark for mark in every if self.start <= mark.to_time < self.end)[:_MOST_MARKS]

    def _link(self, time: int, value: float) -> _Link | None:
        """Which open stretch the value goes on from: of those with a glitch at most in between, the one with
        the smallest step."""
        best: _Link | None = None
        between = 0.0
        for number in range(len(self._open) - 1, -1, -1):
            one = self._open[number]
            if number + 1 < len(self._open):
                after = self._open[number + 1]
                lasted = self._open[-1].time - after.first_time
                if lasted > GLITCH_MS or between + after.own > self.growth.small:
                    break
                between += after.own
            found = self._step(one, time, value)
            if found is not None and (best is None or found[0] < best.step):
                best = _Link(number, *found)
        return best

    def _step(self, one: _Open, time: int, value: float) -> tuple[float, bool] | None:
        """The growth from the end of a stretch to a value, and whether it rolled over; None: none."""
        if value >= one.high - self.growth.small:
            step = max(0.0, value - one.high)
            return (step, False) if self.growth.allows(step, _span_ms(one, time)) else None
        span_ms = min(time - one.time, HOUR_MS)
        for modulus in _MODULI:
            step = modulus - one.high + value
            if one.high < modulus and value >= 0 and self.growth.allows(step, span_ms):
                return step, True
        return None

    def _follow(self, link: _Link, run: Run) -> None:
        for glitch in self._open[link.number + 1 :]:
            mark = Mark(glitch.first_time, glitch.first, glitch.time, glitch.last, "glitch")
            self._marks.append(mark)
            for bucket in glitch.grown:
                self._settled.setdefault(bucket, 0.0)
        del self._open[link.number + 1 :]
        one = self._open[-1]
        own = run.last - run.first
        if link.rolled_over:
            mark = Mark(one.time, one.last, run.first_time, run.first, "rollover")
            new = _opened(run, run.last, _hour_after(run.last_time))
            new.mark = mark
            self._count(new, run.first_time, link.step + own)
            self._open.append(new)
        elif link.step <= self.growth.small:
            self._go_on(one, run)
        else:
            high = max(one.high, run.last)
            new = _opened(run, high, _hour_after(run.last_time))
            self._count(new, run.first_time, high - one.high)
            self._open.append(new)

    def _go_on(self, one: _Open, run: Run) -> None:
        rise = max(0.0, run.last - one.high)
        self._count(one, run.first_time, rise)
        if rise:
            one.own += rise
            one.high += rise
            one.stood = _hour_after(run.last_time)
        one.time, one.last = run.last_time, run.last

    def _begin_anew(self, run: Run) -> None:
        own = run.last - run.first
        new = _opened(run, run.last, _hour_after(run.last_time) if own else run.first_time)
        if self._open:
            before = self._open[-1]
            near_zero = 0 <= run.first < before.last and self.growth.allows(
                run.first, run.first_time - before.time
            )
            why: Why = "reset" if near_zero else "exchange"
            new.mark = Mark(before.time, before.last, run.first_time, run.first, why)
        self._count(new, run.first_time, own)
        self._open.append(new)

    def _count(self, one: _Open, time: int, amount: float) -> None:
        if self.start <= time < self.end:
            bucket = (time - self.start) // self.step_ms
            one.grown[bucket] = one.grown.get(bucket, 0.0) + amount

    def _settle(self, one: _Open) -> None:
        for bucket, amount in one.grown.items():
            self._settled[bucket] = self._settled.get(bucket, 0.0) + amount
        if one.mark is not None:
            self._marks.append(one.mark)


def lived(
    runs: Iterable[Run],
    growth: Growth,
    start: int,
    end: int,
    step_ms: int,
    exchanges: Sequence[Exchange] = (),
) -> Life:
    """The life over buckets of [start, end) (UTC ms) of `runs`, ascending by time and none of them across the
    edge of a bucket or the time of an exchange. Those before `start` are the base, those from `end` on say
    what was a glitch."""
    life = Life(growth, start, end, step_ms)
    told = sorted(exchanges, key=lambda exchange: exchange.at)
    at = 0
    begun = False
    for run in runs:
        while at < len(told) and told[at].at <= run.first_time:
            # One before all that is known says nothing of it, unless it lies in the window.
            if begun or told[at].at >= start:
                life.exchange(told[at])
            at += 1
        life.add(run)
        begun = True
    for exchange in told[at:]:
        if begun and exchange.at < end:
            life.exchange(exchange)
    return life
