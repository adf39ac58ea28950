"""Why something is not taken, in words: what, where, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Iterable
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
    "clock_skew": "set the agent's clock, then replay with its times shifted",
    "duplicate_identity": "a copy of its spool is or was at work: replay takes what is new in it",
    "stale_stream": "its number came before, too long ago to compare: replay takes what is new in it",
}


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
    """What was set aside, one note for each reason and place however many values that were."""

    def __init__(self) -> None:
        self._counts: dict[tuple[RefusalReason, str], int] = {}
        self._first: dict[tuple[RefusalReason, str], str] = {}

    def add(self, reason: RefusalReason, place: str, what: str, count: int = 1) -> None:
        """`count` values at `place`; `what` is said of the first of them."""
        key = (reason, place)
        self._counts[key] = self._counts.get(key, 0) + count
        self._first.setdefault(key, what)

    def parts(self) -> tuple[SetAside, ...]:
        """In the order they were found."""
        return tuple(
            SetAside(reason, detail(reason, f"{place}{_times(self._counts[reason, place])}: {what}"))
            for (reason, place), what in self._first.items()
        )


def _times(count: int) -> str:
    return "" if count == 1 else f" ({count} values, the first)"
