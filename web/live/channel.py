"""One project while somebody looks at it: its newest figures, and who is to be told.

*Is*: the newest figures and the version at which each last changed. That is all a stream needs: whoever comes
back with the version it has seen gets exactly the figures that changed since, and a slow reader skips what is
already out of date. So there is no queue per viewer, and nothing that could overflow.

*Is not*: a history. A reader from another life of the channel (another epoch) gets the whole snapshot.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final

from analytics.situation.judge import judge
from analytics.situation.state import Digest, SiteState
from store.threads import PAGES
from web.customer.wording import figures
from web.kit.figure import Figure
from web.kit.language import LANGUAGES, Language
from web.live.seats import Seats
from web.project import Project
from web.reading import Chart, Stores
from wire.durations import MINUTE_MS

#: At most ten pushes a second and project.
PUSH_EVERY_S: Final = 0.1
CHART: Final = "chart"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a stream has come: the channel's life and the version seen."""

    epoch: str
    version: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.version}"

    @staticmethod
    def parse(text: str | None) -> Cursor | None:
        """The cursor in a Last-Event-ID, None where there is none."""
        epoch, _, version = (text or "").rpartition("-")
        return Cursor(epoch, int(version)) if epoch and version.isdecimal() and len(version) < 16 else None


@dataclass(frozen=True, slots=True)
class Update:
    """What a stream sends: `whole` is a snapshot; else the figures that changed. `chart`: read it again."""

    cursor: Cursor
    whole: bool
    figures: list[Figure]
    chart: bool


@dataclass(frozen=True, slots=True)
class Crowded:
    """The last word of a stream: too many are open; come back later."""


@dataclass(slots=True)
class Channel:
    """One project while somebody looks at it. Lives in the event loop."""

    project: Project
    state: SiteState
    position: int
    clock: Callable[[], int]
    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    version: int = 0
    seats: Seats = field(default_factory=Seats)
    used_at: float = 0.0
    reread_at: float = 0.0
    #: Up to where the stores must have come before late readings are in them.
    stale_to: int = 0
    closed: bool = False
    _figures: dict[Language, dict[str, Figure]] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _pushed_at: float = -PUSH_EVERY_S
    _push_due: asyncio.TimerHandle | None = None
    _chart: Chart | None = None
    _chart_minute: int = 0
    _chart_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, offset: int, found: Digest) -> None:
        """Fold in a batch and push what changed, at once or as soon as the rate allows."""
        self.position = offset
        self.state.take(found, self.clock())
        if self.state.chart_stale or self.state.totals_stale:
            self.stale_to = offset
        self.push_soon()

    def push_soon(self) -> None:
        """Push now, or when PUSH_EVERY_S has passed since the last push."""
        if self._push_due is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._pushed_at + PUSH_EVERY_S - loop.time()
        if wait_s <= 0:
            self.push()
        else:
            self._push_due = loop.call_later(wait_s, self.push)

    def push(self, chart: bool = False) -> None:
        """Judge the site as of now and wake the streams if a figure has changed in either language."""
        if self._push_due is not None:
            self._push_due.cancel()
            self._push_due = None
        self._pushed_at = asyncio.get_running_loop().time()
        situation = judge(self.state, self.clock())
        now = {language: {f.id: f for f in figures(situation, language)} for language in LANGUAGES}
        changed = {
            key
            for language in LANGUAGES
            for key, figure in now[language].items()
            if self._figures.get(language, {}).get(key) != figure
        }
        if chart:
            changed.add(CHART)
            self._chart = None
        if changed:
            self.version += 1
            self._figures = now
            self._versions.update(dict.fromkeys(changed, self.version))
            self._wake()

    def figures(self, language: Language) -> dict[str, Figure]:
        """The newest figures by id."""
        return self._figures[language]

    def since(self, cursor: Cursor | None, language: Language) -> Update | None:
        """What changed after `cursor`; everything where it is None or of another life; None for nothing."""
        here = Cursor(self.epoch, self.version)
        known = self._figures[language]
        if cursor is None or cursor.epoch != self.epoch or cursor.version > self.version:
            return Update(here, True, list(known.values()), True)
        if cursor.version == self.version:
            return None
        newer = {key for key, version in self._versions.items() if version > cursor.version}
        return Update(here, False, [f for key, f in known.items() if key in newer], CHART in newer)

    @property
    def viewers(self) -> int:
        return len(self.seats)

    async def changes(
        self, cursor: Cursor | None, language: Language, beat_s: float, address: str = ""
    ) -> AsyncGenerator[Update | Crowded | None]:
        """Updates as they come; None every `beat_s` without one. Ends when the channel closes; ends with
        Crowded where others need the seat that a viewer from `address` has."""
        seat = self.seats.take(address)
        self._wake()
        try:
            while not self.closed:
                if seat.given_up:
                    yield Crowded()
                    return
                changed = self._changed
                if (update := self.since(cursor, language)) is not None:
                    cursor = update.cursor
                    yield update
                    continue
                try:
                    async with asyncio.timeout(beat_s):
                        await changed.wait()
                except TimeoutError:
                    yield None
        finally:
            self.seats.leave(seat)
            self.used_at = asyncio.get_running_loop().time()

    async def chart(self, stores: Stores) -> Chart:
        """The chart, read at most once per push and minute however many ask."""
        async with self._chart_lock:
            now = self.clock()
            if self._chart is None or now // MINUTE_MS != self._chart_minute:
                self._chart_minute = now // MINUTE_MS
                people = judge(self.state, now).people
                known_to = now if people is None or people.count is not None else people.time or 0
                passages = frozenset(self.state.passages)
                self._chart = await PAGES.run(stores.chart, self.state.place, passages, known_to, now)
            return self._chart

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True
        if self._push_due is not None:
            self._push_due.cancel()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
