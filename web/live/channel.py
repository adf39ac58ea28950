"""One project while somebody looks at it: its newest figures, and who is to be told."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from analytics.day.story import DayStory
from analytics.situation.judge import Situation, judge
from analytics.situation.state import Digest, Listening, Said, SiteState
from store.threads import PAGES
from web.customer.project import Project
from web.customer.stored_days import Days
from web.customer.wording import figures
from web.kit.figure import Figure
from web.kit.language import Language
from web.live.audience import Audience, News, Stream
from web.live.versions import Seen, Versions
from wire.durations import MINUTE_MS

#: At most ten pushes a second and project.
PUSH_EVERY_S: Final = 0.1
DAY: Final = "day"
#: Who is behind by so many different versions at once; each costs an encoding.
_MOST_ENCODED: Final = 64


@dataclass(slots=True)
class Channel:
    """One project while somebody looks at it. Lives in the event loop."""

    project: Project
    state: SiteState
    position: int
    clock: Callable[[], int]
    audience: Audience = field(default_factory=Audience)
    reread_at: float = 0.0
    #: Up to where the stores must have come before late readings are in them.
    stale_to: int = 0
    _versions: Versions = field(default_factory=Versions)
    _situation: Situation | None = None
    _figures: dict[Language, dict[str, Figure]] = field(default_factory=dict)
    #: What is news after what was seen, as long as no figure changes: encoded once for all who are as far.
    _encoded: dict[tuple[Seen | None, Language], News] = field(default_factory=dict)
    _open_links: frozenset[int] = frozenset()
    _pushed_at: float = -PUSH_EVERY_S
    _push_due: asyncio.TimerHandle | None = None
    _day: DayStory | None = None
    _day_minute: int = 0
    _day_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._open_links = self.project.open_links(self.clock())

    @property
    def has_lost_links(self) -> bool:
        """Whether a link of it has ended since it was opened: whoever came by that one is to leave."""
        return self.project.open_links(self.clock()) != self._open_links

    def take(self, offset: int, found: Digest | Said | Listening) -> None:
        """Fold in an entry of the log and push what changed, at once or as soon as the rate allows."""
        self.position = offset
        if isinstance(found, Digest):
            self.state.take(found, self.clock())
        else:
            self.state.note(found)
        if self.state.story_stale or self.state.totals_stale:
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

    def push(self, day: bool = False) -> None:
        """Judge the site as of now and wake the streams if a figure has changed in a language that somebody
        has asked for."""
        if self._push_due is not None:
            self._push_due.cancel()
            self._push_due = None
        self._pushed_at = asyncio.get_running_loop().time()
        self._situation = situation = judge(self.state, self.clock())
        now = {language: _worded(situation, language) for language in self._figures}
        changed = {
            key
            for language, before in self._figures.items()
            for key, figure in now[language].items()
            if before.get(key) != figure
        }
        if day:
            changed.add(DAY)
            self._day = None
        if changed:
            self._figures = now
            self._encoded.clear()
            self._versions.change(changed)
            self.audience.wake()

    def figures(self, language: Language) -> dict[str, Figure]:
        """The newest figures by id, as they were pushed last. Worded when they are asked for first, and with
        every push from then on."""
        if language not in self._figures:
            self._figures[language] = _worded(self.situation, language)
        return self._figures[language]

    @property
    def situation(self) -> Situation:
        """The site as it was judged last."""
        if self._situation is None:
            self._situation = judge(self.state, self.clock())
        return self._situation

    def since(self, seen: Seen | None, language: Language) -> News | None:
        """What changed after `seen`, everything where that is too far away to say; None for nothing."""
        if seen == self._versions.here:
            return None
        found = self._encoded.get((seen, language))
        if found is None:
            if len(self._encoded) >= _MOST_ENCODED:
                self._encoded.clear()
            found = self._encoded[seen, language] = self._encode(seen, language)
        return found

    def _encode(self, seen: Seen | None, language: Language) -> News:
        newer = self._versions.since(seen)
        known = self.figures(language)
        told = [figure for key, figure in known.items() if newer is None or key in newer]
        data = json.dumps(
            [dataclasses.asdict(figure) for figure in told], ensure_ascii=False, separators=(",", ":")
        )
        return News(
            self._versions.here,
            "snapshot" if newer is None else "figures",
            b'"figures":' + data.encode(),
            (DAY,) if newer is not None and DAY in newer else (),
        )

    @property
    def viewers(self) -> int:
        return len(self.audience.seats)

    def changes(self, seen: Seen | None, language: Language, beat_s: float, address: str = "") -> Stream:
        """What a viewer from `address` is sent, see Audience.listen."""
        return self.audience.listen(address, seen, lambda had: self.since(had, language), beat_s)

    async def today(self, days: Days) -> DayStory:
        """The story of today so far, read at most once per push and minute however many ask."""
        async with self._day_lock:
            now = self.clock()
            if self._day is None or now // MINUTE_MS != self._day_minute:
                self._day_minute = now // MINUTE_MS
                people = self.situation.people
                known_to = now if people is None or people.count is not None else people.time or 0
                place = self.state.place
                date = dt.datetime.fromtimestamp(now / 1_000, place.zone).date()
                self._day = await PAGES.run(days.story, place, date, now, known_to)
            return self._day

    @property
    def closed(self) -> bool:
        return self.audience.closed

    def close(self) -> None:
        """Let every stream end."""
        if self._push_due is not None:
            self._push_due.cancel()
        self.audience.close()


def _worded(situation: Situation, language: Language) -> dict[str, Figure]:
    return {figure.id: figure for figure in figures(situation, language)}
