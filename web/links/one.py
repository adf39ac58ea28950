"""One link: until when it holds, where it was opened, and how to end it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.records.links import Link
from store.records.openings import Opening
from web.access.principal import Member
from web.http.assets import Assets
from web.kit import numbers
from web.kit.act import Act
from web.kit.form import Form
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link as Way
from web.kit.mark import Badge
from web.kit.notice import Empty
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.links.view import Known, ended, until
from web.links.words import say


@dataclass(frozen=True, slots=True)
class LinkPage:
    frame: Frame
    title: str
    under: str
    facts: tuple[tuple[str, str], ...]
    state: Badge | None
    revoke: Act | None
    end_title: str
    end: Form | None
    openings_title: str
    openings_lead: str
    openings: Table


def build(
    me: Member,
    link: Link,
    openings: Sequence[Opening],
    known: Known,
    revoke: Act | None,
    end: Form | None,
    language: Language,
    assets: Assets,
) -> LinkPage:
    """The page; `revoke` and `end` for whoever may."""
    crumbs = Way(say(language, "links.title"), "/links"), Way(link.whom, "", current=True)
    facts = (
        (say(language, "head.end"), until(link, known, language)),
        (say(language, "head.by"), known.author(link, language)),
        (say(language, "head.openings"), str(link.openings)),
    )
    heads = ("opened", "device", "network", "last")
    return LinkPage(
        frame(language, link.whom, assets, room="links", masthead=masthead(me, "links", language, crumbs)),
        link.whom,
        known.project(link, language),
        facts,
        ended(link, known, language),
        revoke,
        say(language, "end.title"),
        end,
        say(language, "openings.title"),
        say(language, "openings.lead"),
        Table(
            say(language, "openings.title"),
            tuple(Column(say(language, f"head.{name}")) for name in heads),
            tuple(_row(one, link, known, language) for one in openings),
            Empty(say(language, "openings.none")),
        ),
    )


def _row(one: Opening, link: Link, known: Known, language: Language) -> Row:
    zone = known.zone(link)
    unknown = say(language, "unknown")
    return Row(
        (
            Cell(numbers.moment(one.opened, known.now, zone, language)),
            Cell(one.device or unknown),
            Cell(one.network or unknown),
            Cell(numbers.age(max(0, known.now - one.seen), language)),
        )
    )
