"""All sites of the firm that somebody may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.records.fleet import SiteOfFleet
from web.access.principal import Member
from web.firm.words import WORDS, say
from web.http.assets import Assets
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table


@dataclass(frozen=True, slots=True)
class FirmPage:
    frame: Frame
    headline: str
    sites: Table


def build(
    member: Member,
    sites: Sequence[SiteOfFleet],
    language: Language,
    assets: Assets,
) -> FirmPage:
    """The page of who is signed in."""
    rows = sorted((one.name(language), one.site.id) for one in sites)
    title = say(language, "title")
    return FirmPage(
        frame(language, title, assets, room="firm", masthead=masthead(member, "firm", language)),
        WORDS.count(language, "headline", len(sites)) if sites else say(language, "none"),
        Table(title, (Column(say(language, "site")),), tuple(Row((Cell(*name),)) for name in rows)),
    )
