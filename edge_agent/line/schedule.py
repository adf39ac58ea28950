"""Which device of a line is asked next, and when. No I/O, time given.

A device is asked at whole multiples of its interval; a beat that is missed because the line was busy is
skipped, not made up for. A device that does not answer is asked less and less often, and all that do not
answer have together no more than `SILENT_SHARE` of the line's time, however many they are, while others do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from edge_agent.drivers.contract import Point, Target

#: So many failures in a row are noise; from then on each one doubles the interval.
PATIENCE: Final = 3
LONGEST_BACKOFF_S: Final = 60.0
#: What devices that do not answer may take of the line's time from those that do.
SILENT_SHARE: Final = 0.25
#: A beat nearer than this is the one just served (timers fire a little early).
SAME_BEAT_S: Final = 0.005
#: Nor does a beat count that comes sooner than this share of the interval after the last: while the clock is
#: slower than time (see `steady`), each wait ends before its beat, and the rest would be a beat more.
_SOONEST_SHARE: Final = 0.75


@dataclass(frozen=True, slots=True)
class Asked:
    """A device that is asked, every `interval_s`."""

    target: Target
    interval_s: float


def next_beat_s(now_s: float, now_ms: int, interval_s: float) -> float:
    """When (monotonic) the wall clock next is at a whole multiple of the interval."""
    left_s = interval_s - (now_ms / 1000.0) % interval_s
    return now_s + left_s + (interval_s if left_s < min(SAME_BEAT_S, interval_s / 10.0) else 0.0)


def beat_after_s(due_s: float, now_s: float, now_ms: int, interval_s: float) -> float:
    """As `next_beat_s`, of one that was due at `due_s`."""
    beat_s = next_beat_s(now_s, now_ms, interval_s)
    return beat_s + (interval_s if beat_s - due_s < _SOONEST_SHARE * interval_s else 0.0)


def backed_off_s(interval_s: float, failures: int) -> float:
    """The interval after so many failures in a row."""
    doublings = min(max(failures - PATIENCE + 1, 0), 16)
    return max(interval_s, min(interval_s * 2.0**doublings, LONGEST_BACKOFF_S))


@dataclass(slots=True)
class _Group:
    """Points of a device that share an interval."""

    interval_s: float
    points: tuple[Point, ...]
    due_s: float = 0.0


@dataclass(slots=True)
class Beat:
    """A device in the line's schedule."""

    asked: Asked
    groups: list[_Group]
    due_s: float = 0.0
    failures: int = 0
    #: Whether it answered when it was last asked.
    answers: bool = False

    @classmethod
    def of(cls, asked: Asked) -> Beat:
        """A device that was never asked: it is due at once, with all its points."""
        groups: dict[float, list[Point]] = {asked.interval_s: []}
        for point in asked.target.points:
            interval_s = max(point.interval_s or 0.0, asked.interval_s)
            groups.setdefault(interval_s, []).append(point)
        return cls(asked, [_Group(interval_s, tuple(points)) for interval_s, points in groups.items()])

    def target(self, now_s: float) -> Target:
        """The device with the points that are due. One that seems dead is asked once, not again at once."""
        due = tuple(point for group in self.groups if group.due_s <= now_s for point in group.points)
        return replace(self.asked.target, points=due, attempts=1 if self.failures >= PATIENCE else None)

    def served(self, started_s: float, now_s: float, now_ms: int) -> None:
        """Answered: every group that was asked waits for its next beat."""
        self.failures, self.answers = 0, True
        for group in self.groups:
            if group.due_s <= started_s:
                # A little early, so that it is due together with its device.
                beat_s = beat_after_s(group.due_s, now_s, now_ms, group.interval_s)
                group.due_s = beat_s - SAME_BEAT_S
        self.due_s = beat_after_s(self.due_s, now_s, now_ms, self.asked.interval_s)

    def failed(self, now_s: float, now_ms: int) -> None:
        """Not answered."""
        self.failures, self.answers = self.failures + 1, False
        self.due_s = next_beat_s(now_s, now_ms, backed_off_s(self.asked.interval_s, self.failures))


class Schedule:
    """The devices of one line. Times in monotonic seconds; `now_ms` is the clock's."""

    def __init__(self, devices: Iterable[Asked]) -> None:
        self._beats = [Beat.of(asked) for asked in devices]
        self._silent_from_s = 0.0

    def next(self) -> tuple[Beat, float]:
        """Who is to be asked next, and when."""
        some_answer = any(beat.answers for beat in self._beats)
        from_s = self._silent_from_s if some_answer else 0.0

        def due_s(beat: Beat) -> float:
            return beat.due_s if beat.answers else max(beat.due_s, from_s)

        # Who was never asked goes before who has failed.
        first = min(self._beats, key=lambda beat: (due_s(beat), beat.failures))
        return first, due_s(first)

    def hurry(self, device: str) -> bool:
        """The device is due at once, with all its points. Whether it is one of the line's."""
        mine = [beat for beat in self._beats if beat.asked.target.device == device]
        for beat in mine:
            beat.due_s = 0.0
            for group in beat.groups:
                group.due_s = 0.0
        return bool(mine)

    def served(self, beat: Beat, started_s: float, now_s: float, now_ms: int) -> None:
        """It answered, between `started_s` and now."""
        beat.served(started_s, now_s, now_ms)

    def failed(self, beat: Beat, started_s: float, now_s: float, now_ms: int) -> None:
        """It did not, and took the line from `started_s` until now: the others that do not answer wait."""
        beat.failed(now_s, now_ms)
        self._silent_from_s = now_s + (now_s - started_s) * (1.0 / SILENT_SHARE - 1.0)


class Busy:
    """The share of time a line is taken: of the last whole minute, before that since the start."""

    _WINDOW_S: Final = 60.0

    def __init__(self, now_s: float) -> None:
        self._since_s = now_s
        self._busy_s = 0.0
        self._last: float | None = None

    def add(self, started_s: float, ended_s: float) -> float:
        """The line was taken from then until now; the share."""
        self._busy_s += ended_s - started_s
        passed_s = max(ended_s - self._since_s, 1e-9)
        share = min(self._busy_s / passed_s, 1.0)
        if passed_s >= self._WINDOW_S:
            self._last, self._since_s, self._busy_s = share, ended_s, 0.0
        return share if self._last is None else self._last
