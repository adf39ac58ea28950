"""The links of a firm's projects, as far as somebody sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from store.records.links import Link
from store.records.registry import RegisteredProject
from web.access.principal import Member
from web.http.assets import Assets
from web.kit import numbers
from web.kit.act import Pager, pager
from web.kit.form import Form
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.mark import Badge
from web.kit.notice import Empty
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.links.ending import last_day
from web.links.words import WORDS, say

SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Known:
    """What is told beside links: `projects` by id, the `zones` of sites by id, `names` of members by id."""

    projects: Mapping[str, RegisteredProject]
    zones: Mapping[str, ZoneInfo]
    names: Mapping[str, str]
    now: int

    def project(self, link: Link, language: Language) -> str:
        """What its project is called."""
        project = self.projects.get(link.project)
        return link.project if project is None else getattr(project, f"name_{language}")

    def zone(self, link: Link) -> ZoneInfo:
        """Of its site."""
        project = self.projects.get(link.project)
        return ZoneInfo("UTC") if project is None else self.zones[project.site]

    def author(self, link: Link, language: Language) -> str:
        """Who made it."""
        kind, _, name = link.author.partition(":")
        if kind == "member":
            return self.names.get(name) or say(language, "by.colleague")
        return say(language, "by.console") if kind == "operator" else link.author


@dataclass(frozen=True, slots=True)
class LinksPage:
    frame: Frame
    headline: str
    lead: str
    new_title: str
    form: Form | None
    links: Table
    pager: Pager | None


def build(
    me: Member,
    links: Sequence[Link],
    seen: Mapping[int, int],
    known: Known,
    first: int,
    form: Form | None,
    language: Language,
    assets: Assets,
) -> LinksPage:
    """The page that shows `links` from number `first` (from 1) on. `seen`: when each was used last, in
    UTC ms."""
    shown = links[first - 1 : first - 1 + SHOWN]
    title, count = say(language, "links.title"), sum(link.opens(known.now) for link in links)
    heads = ("whom", "by", "end", "openings", "last")
    columns = tuple(
        Column(say(language, f"head.{name}"), "number" if name == "openings" else "text") for name in heads
    )
    rows = tuple(_row(link, seen.get(link.id), known, language) for link in shown)
    return LinksPage(
        frame(language, title, assets, room="links", masthead=masthead(me, "links", language)),
        WORDS.count(language, "links.headline", count) if count else say(language, "links.none"),
        say(language, "links.lead"),
        say(language, "new.title"),
        form,
        Table(title, columns, rows, Empty(say(language, "links.empty"))),
        pager("/links", first, len(shown), len(links), language),
    )


def in_order(links: Sequence[Link], now: int) -> list[Link]:
    """Those that open something first, the newest first."""
    return sorted(links, key=lambda link: (not link.opens(now), -link.id))


def until(link: Link, known: Known, language: Language) -> str:
    """Its last day, in words."""
    if link.expires is None:
        return say(language, "end.none")
    return date(last_day(known.zone(link), link.expires), known, known.zone(link), language)


def date(day: dt.date, known: Known, zone: ZoneInfo, language: Language) -> str:
    """With its year where that is not this one."""
    this_year = dt.datetime.fromtimestamp(known.now / 1_000, zone).year
    return numbers.day(day, language, with_year=day.year != this_year)


def ended(link: Link, known: Known, language: Language) -> Badge | None:
    """Why it opens nothing any more."""
    if link.revoked is not None:
        return Badge(say(language, "state.revoked"))
    return None if link.opens(known.now) else Badge(say(language, "state.over"))


def _row(link: Link, seen: int | None, known: Known, language: Language) -> Row:
    last = say(language, "last.never") if seen is None else numbers.age(max(0, known.now - seen), language)
    return Row(
        (
            Cell(link.whom, under=known.project(link, language), href=f"/links/{link.id}"),
            Cell(known.author(link, language)),
            Cell(until(link, known, language), part=ended(link, known, language)),
            Cell(str(link.openings)),
            Cell(last),
        )
    )
