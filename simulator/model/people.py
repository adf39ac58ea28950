"""Who comes and goes: badges in the morning, at lunch, for errands, in the evening; visitors in between."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from simulator.model.chance import chance
from simulator.model.plan import DayPlan
from wire.durations import MINUTE_MS

WORKERS: Final = 14
VISITORS: Final = 6
_MISSED_EXIT: Final = 0.05
_MISSED_VISITOR_EXIT: Final = 0.15
#: Two cards at one reader are at least this far apart: a turnstile lets one person through at a time.
_APART_MS: Final = 1_800

Direction = Literal["in", "out"]
Span = tuple[float, float]
#: When people fetch material, in minutes after midnight: everybody is in by then, nobody leaves yet.
_ERRAND_HOURS: Final[tuple[Span, ...]] = ((8 * 60 + 44, 11 * 60 + 42), (13 * 60 + 18, 16 * 60 + 45))


#: Who comes in which stage.
_TRADES: Final = {
    "rough_in": "electrician",
    "waterproofing": "waterproofer",
    "tiling": "tiler",
    "screed_drying": "screeder",
    "carpentry": "carpenter",
    "painting": "painter",
    "installation": "installer",
}


@dataclass(frozen=True, slots=True)
class Swipe:
    """A card held to a reader. `card` is the raw number on it: ten hex digits, as the reader sends them.
    `trade` is what its holder works as, empty for a visitor."""

    device: str
    time_ms: int
    card: str
    direction: Direction
    trade: str = ""

    @property
    def number(self) -> str:
        """The number printed on the card: its last 32 bits in ten decimal digits."""
        return f"{int(self.card[2:], 16):010d}"


@dataclass(frozen=True, slots=True)
class Stay:
    """One person inside, [enter, leave); `badged_out` false is a forgotten badge."""

    card: str
    enter_ms: int
    leave_ms: int
    badged_out: bool = True
    trade: str = ""


def roster(seed: int) -> tuple[list[str], list[str]]:
    """The cards of workers and of visitors: the same people on every day of a site."""
    rng = chance(seed, "cards")
    cards = [
        f"{rng.choice((0x01, 0x0A, 0x67)):02X}00{rng.getrandbits(24):06X}" for _ in range(WORKERS + VISITORS)
    ]
    return cards[:WORKERS], cards[WORKERS:]


class DayPeople:
    """Stays and swipes of one day."""

    __slots__ = ("_enters", "_leaves", "_times", "stays", "swipes")

    def __init__(self, seed: int, plan: DayPlan, midnight_ms: int) -> None:
        rng = chance(seed, "people", plan.day)
        workers, visitors = roster(seed)
        crew_rng = chance(seed, "trade", plan.stage.name)
        trade = crew_rng.sample(workers, plan.stage.crew[1] + 1)
        stays = _crew_stays(rng, rng.sample(trade, plan.crew), midnight_ms, _TRADES[plan.stage.name])
        stays = _with_errands(rng, stays, midnight_ms) + _visits(rng, visitors, midnight_ms)
        self.stays = sorted(stays, key=lambda stay: stay.enter_ms)
        self._enters = [stay.enter_ms for stay in self.stays]
        self._leaves = sorted(stay.leave_ms for stay in self.stays)
        self.swipes = _swipes(self.stays)
        self._times = [swipe.time_ms for swipe in self.swipes]

    def headcount(self, time_ms: int) -> int:
        """People inside, whether they badged or not."""
        return bisect_right(self._enters, time_ms) - bisect_right(self._leaves, time_ms)

    def between(self, start_ms: int, end_ms: int) -> list[Swipe]:
        """Swipes in [start, end), in order."""
        return self.swipes[bisect_right(self._times, start_ms - 1) : bisect_right(self._times, end_ms - 1)]


def _at(rng: Random, midnight_ms: int, span: Span) -> int:
    return midnight_ms + int(rng.uniform(*span) * MINUTE_MS)


def _crew_stays(rng: Random, crew: list[str], midnight_ms: int, trade: str) -> list[Stay]:
    """Morning and afternoon of each worker: in 7:40-8:40, lunch about 12:00-13:15, out 17:00-18:30."""
    stays = []
    for card in crew:
        morning = _at(rng, midnight_ms, (460, 520)), _at(rng, midnight_ms, (713, 728))
        stays.append(Stay(card, *morning, trade=trade))
        stays.append(
            Stay(
                card,
                _at(rng, midnight_ms, (775, 796)),
                _at(rng, midnight_ms, (1020, 1110)),
                badged_out=rng.random() >= _MISSED_EXIT,
                trade=trade,
            )
        )
    return stays


def _with_errands(rng: Random, stays: list[Stay], midnight_ms: int) -> list[Stay]:
    """Every few minutes somebody goes out for material and comes back: that splits a stay in two."""
    inside = list(stays)
    for opens, closes in _ERRAND_HOURS:
        minute = opens + rng.uniform(0, 6)
        while minute < closes:
            out_ms = midnight_ms + int(minute * MINUTE_MS)
            back_ms = out_ms + int(rng.uniform(3, 8) * MINUTE_MS)
            present = [
                n for n, stay in enumerate(inside) if stay.enter_ms < out_ms and back_ms < stay.leave_ms
            ]
            if len(present) > 1:
                chosen = rng.choice(present)
                stay = inside[chosen]
                inside[chosen] = replace(stay, leave_ms=out_ms, badged_out=True)
                inside.append(replace(stay, enter_ms=back_ms))
            minute += rng.uniform(4, 10)
    return inside


def _visits(rng: Random, visitors: list[str], midnight_ms: int) -> list[Stay]:
    """The site manager, a designer, the owner: none to three a day, half an hour or so."""
    visits = []
    for card in rng.sample(visitors, rng.choice((0, 1, 1, 2, 3))):
        enter_ms = _at(rng, midnight_ms, rng.choice(((560, 680), (830, 960))))
        leave_ms = enter_ms + int(rng.uniform(15, 55) * MINUTE_MS)
        visits.append(Stay(card, enter_ms, leave_ms, badged_out=rng.random() >= _MISSED_VISITOR_EXIT))
    return visits


def _swipes(stays: list[Stay]) -> list[Swipe]:
    found = [Swipe("gate-in", stay.enter_ms, stay.card, "in", stay.trade) for stay in stays]
    found += [
        Swipe("gate-out", stay.leave_ms, stay.card, "out", stay.trade) for stay in stays if stay.badged_out
    ]
    found.sort(key=lambda swipe: (swipe.time_ms, swipe.card))
    free_from = {"gate-in": 0, "gate-out": 0}
    spaced = []
    for swipe in found:
        time_ms = max(swipe.time_ms, free_from[swipe.device])
        free_from[swipe.device] = time_ms + _APART_MS
        spaced.append(replace(swipe, time_ms=time_ms))
    return sorted(spaced, key=lambda swipe: swipe.time_ms)
