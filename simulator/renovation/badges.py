"""Cards at the gate: people forget theirs, lend them, and what is printed on them is often wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.chance import generator, happens, whole_within, within
from simulator.renovation.crews import TRADES, Crew
from simulator.renovation.foreman import Shift
from simulator.renovation.site_days import SiteDays
from simulator.renovation.variety import Variety
from wire.durations import MINUTE_MS

GENERAL: Final = "general"
#: Chance of a day, trade on the card, minutes of the visit.
_VISITORS: Final = ((0.3, "manager", (15, 90)), (0.12, "", (5, 40)), (0.06, GENERAL, (10, 30)))


@dataclass(frozen=True, slots=True, order=True)
class Pass:
    """A card held to the reader; `card` is its number."""

    time_ms: int
    card: int
    trade: str
    direction: str


@dataclass(frozen=True, slots=True)
class Cards:
    """How this site's gate is used, and the cards of each crew's people: (number, trade on it)."""

    missed: float
    shared: float
    lunch_outside: float
    held: tuple[tuple[tuple[int, str], ...], ...]
    visitor: tuple[int, str]


def draw_cards(rng: np.random.Generator, variety: Variety, crews: Sequence[Crew]) -> Cards:
    """A card for each person, with a wrong or general trade for as many as `wrong_trade` says."""
    wrong = within(rng, variety.wrong_trade)
    held = tuple(tuple(_card(rng, crew, wrong) for _ in range(crew.people + 1)) for crew in crews)
    return Cards(
        within(rng, variety.missed_swipe),
        within(rng, variety.shared_card),
        within(rng, (0.1, 0.9)),
        held,
        (_number(rng), "manager"),
    )


def _card(rng: np.random.Generator, crew: Crew, wrong: float) -> tuple[int, str]:
    trade = crew.name
    if happens(rng, wrong):
        trade = GENERAL if happens(rng, 0.6) else str(rng.choice(TRADES))
    elif len(crew.trades) > 1:
        trade = str(rng.choice(sorted(crew.trades)))
    return _number(rng), trade


def _number(rng: np.random.Generator) -> int:
    return int(rng.integers(1_000_000, 4_294_967_295))


def passes(seed: int, cards: Cards, shifts: Sequence[Shift]) -> list[Pass]:
    """What the gate saw of the shifts, in order."""
    rng = generator(seed, "passes")
    seen: list[Pass] = []
    for shift in shifts:
        if shift.came:
            for person in range(shift.people):
                seen += _day_of(rng, cards, shift, person)
    return sorted(seen)


def _day_of(rng: np.random.Generator, cards: Cards, shift: Shift, person: int) -> list[Pass]:
    held = cards.held[shift.crew]
    lent = person > 0 and happens(rng, cards.shared)
    card, trade = held[0 if lent else min(person, len(held) - 1)]
    times = [(_about(rng, shift.arrives_ms), "in"), (_about(rng, shift.leaves_ms), "out")]
    if happens(rng, cards.lunch_outside) and shift.leaves_ms > shift.lunch_ms[1]:
        times += [(_about(rng, shift.lunch_ms[0]), "out"), (_about(rng, shift.lunch_ms[1]), "in")]
    return [
        Pass(time_ms, card, trade, direction)
        for time_ms, direction in times
        if not happens(rng, cards.missed)
    ]


def _about(rng: np.random.Generator, time_ms: int) -> int:
    return int(time_ms + rng.normal(0, 6) * MINUTE_MS)


def visits(seed: int, cards: Cards, days: SiteDays, worked: Sequence[int]) -> list[Pass]:
    """People who do no work that day: manager and owner look in, others deliver, measure, fetch a tool."""
    rng = generator(seed, "visits")
    seen: list[Pass] = []
    for day in worked:
        trade = str(rng.choice(TRADES))
        for chance, shown, stays_min in (*_VISITORS, (0.35, trade, (10, 120))):
            if happens(rng, chance):
                card = cards.visitor[0] if shown == "manager" else _number(rng)
                comes = days.at(day, within(rng, (8.5, 18.0)))
                leaves = comes + whole_within(rng, stays_min) * MINUTE_MS
                seen += [Pass(comes, card, shown, "in"), Pass(leaves, card, shown, "out")]
    return sorted(seen)
