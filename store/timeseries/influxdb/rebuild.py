"""Rollups that an older version made, made anew from their readings when nothing else is to be rolled up.

Device by device, a few hours at a time. How far that has come the server holds, so that a new process goes on
from there, and the next one finds nothing to do. Rollups of which the readings are gone stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from store.timeseries.influxdb.query import RAW, REACHED, Questions, select, where
from store.timeseries.influxdb.rollup import RollUp, Task, Text
from store.timeseries.influxdb.stale import Key
from wire.durations import HOUR_MS, MINUTE_MS

#: The version of the rule by which rollups are made, counted up with it. 2: times of first and last, area,
#: covered, runs (docs/decisions/0020-what-a-counter-grew.md).
RULE: Final = 2
_HOUR: Final = HOUR_MS // MINUTE_MS
#: Minutes of one device made anew in one step.
_MOST_MINUTES: Final = 16 * _HOUR
_FIELDS: Final = ("rule", "rebuilt_site", "rebuilt_device", "rebuilt_minute")


class Rebuild:
    """What is left to make anew, and a step of it."""

    def __init__(
        self,
        questions: Questions,
        roll: RollUp,
        tell: Callable[[Sequence[str]], None],
        quantities: Callable[[str], dict[str, list[str]]],
    ) -> None:
        """`tell` stores lines of our own book-keeping; `quantities`: site -> device -> its quantities."""
        self._questions = questions
        self._roll = roll
        self._tell = tell
        self._quantities = quantities
        self._left: list[Key] = []
        #: Of the first that is left: its minutes before are done.
        self._minute = 0
        self._site = ""
        self._of_site: dict[str, list[str]] = {}
        self._told = True

    @property
    def devices(self) -> int:
        """How many devices have rollups of an older version, as far as is known."""
        return len(self._left)

    def begin(self, devices: Iterable[Key]) -> None:
        """Go on where the server was left. `devices`: all that were ever written."""
        rule, site, device, minute = (
            answer[0].columns["last"][0] if answer else None
            for answer in self._questions.ask_all([select(f"last({field})", REACHED) for field in _FIELDS])
        )
        self._told = rule is not None and rule >= RULE
        if self._told:
            return
        self._left = sorted(devices)
        if site is not None and minute is not None:
            self._left = [key for key in self._left if key >= (site, device)]
            self._minute = int(minute) if self._left and self._left[0] == (site, device) else 0

    def step(self, limit: int, before: int) -> int:
        """Make about `limit` minutes anew, all before the minute `before`; how many were, 0 where none is
        left."""
        if not self._told and not self._left:
            self._tell([f"{REACHED} rule={RULE}i"])
            self._told = True
        done = 0
        while self._left and done < limit:
            done += self._some(before)
        return done

    def drop(self, site: str) -> None:
        """Nothing of this site is left to make anew."""
        if self._left and self._left[0][0] == site:
            self._minute = 0
        self._left = [key for key in self._left if key[0] != site]

    def _some(self, before: int) -> int:
        """Up to 16 hours of the first device, from its next reading on."""
        site, device = self._left[0]
        since = where(site, [device], self._minute * MINUTE_MS, before * MINUTE_MS)
        found = self._questions.ask(select("*", RAW, since, " ORDER BY time LIMIT 1"))
        quantities = self._known(site).get(device, [])
        if not found or not quantities:
            self._next()
            return 1
        first = found[0].time[0] // HOUR_MS * _HOUR
        beyond = min(first + _MOST_MINUTES, before)
        self._roll.run(Task(site, (device,), tuple(quantities), first, beyond))
        self._minute = beyond
        self._tell([self._line()])
        return beyond - first

    def _known(self, site: str) -> dict[str, list[str]]:
        if site != self._site:
            self._site, self._of_site = site, self._quantities(site)
        return self._of_site

    def _next(self) -> None:
        self._left.pop(0)
        self._minute = 0
        self._tell([self._line() if self._left else f"{REACHED} rule={RULE}i"])
        self._told = not self._left

    def _line(self) -> str:
        site, device = map(Text, self._left[0])
        return f"{REACHED} rebuilt_site={site!r},rebuilt_device={device!r},rebuilt_minute={self._minute}i"
