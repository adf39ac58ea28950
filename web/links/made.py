"""A link that was just made: the only page that ever shows it, to be sent or printed."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from markupsafe import Markup

from store.records.links import Link
from web.access.principal import Member
from web.http.assets import Assets
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link as Way
from web.kit.places import masthead
from web.links.view import Known, until
from web.links.words import WORDS, say

#: Modules of 6 px; the four light ones around it belong to it (ISO/IEC 18004).
_SCALE = 6
_TEXTS = ("made.lead", "made.copy", "made.copied", "made.print", "made.back", "made.picture", "made.scan")


@dataclass(frozen=True, slots=True)
class MadePage:
    frame: Frame
    title: str
    address: str
    qr: Markup
    firm: str
    project: str
    until: str
    text: dict[str, str]


def build(me: Member, link: Link, address: str, known: Known, language: Language, assets: Assets) -> MadePage:
    """The page with the address, its QR code and a card to print."""
    title = say(language, "made.title", whom=link.whom)
    crumbs = Way(say(language, "links.title"), "/links"), Way(link.whom, "", current=True)
    code = segno.make(address, error="m", micro=False)
    picture = code.svg_inline(scale=_SCALE, dark="#000", light="#fff", svgclass="qr", omitsize=True)
    return MadePage(
        frame(
            language,
            title,
            assets,
            room="links",
            masthead=masthead(me, "links", language, crumbs),
            styles=("links/card.css",),
        ),
        title,
        address,
        Markup(picture),  # noqa: S704 - segno's
        me.firm_name,
        known.project(link, language),
        say(language, "made.until", day=until(link, known, language)),
        WORDS.raw(language, _TEXTS),
    )
