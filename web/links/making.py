"""Making, ending and taking back links: what the room and the console do alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Final
from zoneinfo import ZoneInfo

from store.records.access import Access
from store.records.links import Link, link_digest
from store.records.records import Repositories
from store.records.registry import RegisteredProject
from web.links.ending import end_of_link, usual_last_day
from web.links.strength import make_link_token

#: No contract runs longer; a later year is a slip of the pen.
LONGEST_DAYS: Final = 3_660


class LastDayError(ValueError):
    """A last day that is past, or too far away."""


@dataclass(frozen=True, slots=True)
class Made:
    """`token` is in no store: it is shown once."""

    link: Link
    token: str = field(repr=False)


def make(
    records: Repositories,
    access: Access,
    project: RegisteredProject,
    zone: ZoneInfo,
    whom: str,
    last: dt.date | None,
    now: int,
) -> Made:
    """A link for `whom` until the end of `last` at the site. `now` is UTC ms. Blocking. Raises Denied,
    LastDayError."""
    if last is None:
        handover = None if project.handover is None else dt.date.fromisoformat(project.handover)
        last = usual_last_day(zone, handover, now)
    token = make_link_token()
    expires = checked_end(zone, last, now)
    link = records.seen_by(access).links.add(project.id, whom, link_digest(token), expires, now)
    return Made(link, token)


def checked_end(zone: ZoneInfo, last: dt.date, now: int) -> int:
    """UTC ms at which a link is over whose last day this is. Raises LastDayError."""
    today = dt.datetime.fromtimestamp(now / 1_000, zone).date()
    if not 0 <= (last - today).days <= LONGEST_DAYS:
        raise LastDayError(f"{last}: from {today} on, {LONGEST_DAYS} days at most")
    expires = end_of_link(zone, last, None)
    assert expires is not None  # noqa: S101  # a last day has an end
    return expires


def address_of_link(base_url: str, token: str) -> str:
    """What is sent to whom it is for."""
    return f"{base_url.rstrip('/')}/p/{token}"
