"""Why something is not taken, in words: what, where, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from wire.receipt import LONGEST_DETAIL, RefusalReason

#: Every reason has one; a test holds them against the wire.
REMEDIES: Final[dict[RefusalReason, str]] = {
    "unreadable": "this is no message of ours: look who else writes to this topic",
    "schema": "bring agent and cloud to the same version of the wire, then replay",
    "too_large": "let the agent seal smaller batches",
    "wrong_site": "register the site and the agent, or correct the agent's site file, then replay",
    "unknown_device": "register the device, or correct its name in the agent's site file, then replay",
    "unknown_quantity": "correct the device's profile, then replay with the quantity renamed",
    "implausible": "check scale, unit and wiring against the device's profile",
    "clock_skew": "set the clock that is wrong, then replay; with the times corrected if it was the agent's",
    "duplicate_identity": "a copy of its spool is or was at work: replay takes what is new in it",
    "stale_stream": "its number came before, too long ago to compare: replay takes what is new in it",
}


#: So many places of one batch are named; what is wrong everywhere is wrong in one way.
MOST_NOTES: Final = 32


@dataclass(frozen=True, slots=True)
class SetAside:
    """A part of a batch that is not taken: the detail names device, quantity, time, value and bound."""

    reason: RefusalReason
    detail: str


def detail(reason: RefusalReason, what: str) -> str:
    """`what` with its remedy, not longer than a detail may be."""
    remedy = f"; {REMEDIES[reason]}"
    return _printable(_shortened(what, LONGEST_DETAIL - len(remedy))) + remedy


def summary(parts: Iterable[SetAside]) -> str:
    """The details of all parts, not longer than a detail may be."""
    return _shortened("; ".join(part.detail for part in parts), LONGEST_DETAIL)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _printable(text: str) -> str:
    """In one line, and such that every store takes it: PostgreSQL's text holds no NUL, UTF-8 no surrogate."""
    return "".join(mark if mark.isprintable() else "\N{REPLACEMENT CHARACTER}" for mark in text)


class Notes:
    """What was set aside, one note for each reason and place however many values that were.

    Beyond `MOST_NOTES` places only the number of values is kept, by reason: places are named by strangers.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[RefusalReason, str], int] = {}
        self._first: dict[tuple[RefusalReason, str], str] = {}
        self._more: dict[RefusalReason, int] = {}

    def add(self, reason: RefusalReason, place: str, what: Callable[[], str] | str, count: int = 1) -> None:
        """`count` values at `place`; `what` is said of the first of them, and made only where it is said."""
        key = (reason, place)
        if key in self._counts:
            self._counts[key] += count
        elif len(self._counts) < MOST_NOTES:
            self._counts[key] = count
            self._first[key] = what if isinstance(what, str) else what()
        else:
            self._more[reason] = self._more.get(reason, 0) + count

    def parts(self) -> tuple[SetAside, ...]:
        """In the order they were found."""
        named = tuple(
            SetAside(reason, detail(reason, f"{place}{_times(self._counts[reason, place])}: {what}"))
            for (reason, place), what in self._first.items()
        )
        more = (
            SetAside(reason, detail(reason, f"and {count} more elsewhere"))
            for reason, count in self._more.items()
        )
        return (*named, *more)


def _times(count: int) -> str:
    return "" if count == 1 else f" ({count} values, the first)"
