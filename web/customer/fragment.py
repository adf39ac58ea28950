"""The part of the page that tells a day, by itself: what a page asks for that shows another one."""

from __future__ import annotations

from dataclasses import dataclass

from web.customer.day import DayPart


@dataclass(frozen=True, slots=True)
class Fragment:
    """It is put into a page that is open already."""

    day: DayPart
