"""A page that says one thing: a link is over, was not opened here, or is no matter of a robot's."""

from __future__ import annotations

from dataclasses import dataclass

from web.http.assets import Assets
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import Language
from web.links.words import say

_STYLES = ("links/page.css",)


@dataclass(frozen=True, slots=True)
class SentencePage:
    frame: Frame
    title: str
    lines: tuple[str, ...]


def card(language: Language, assets: Assets, icp_number: str | None) -> SentencePage:
    """What a chat draws its card from: nothing of any project."""
    return _page(language, assets, icp_number, say(language, "card.title"), say(language, "card.browser"))


def ended(language: Language, assets: Assets, icp_number: str | None, firm_name: str) -> SentencePage:
    """Whom to ask for a new link."""
    whom = firm_name or say(language, "ended.your_firm")
    return _page(
        language, assets, icp_number, say(language, "ended.title"), say(language, "ended.ask", firm=whom)
    )


def not_opened(language: Language, assets: Assets, icp_number: str | None) -> SentencePage:
    """How to come in: the same whether there is such a project or not."""
    lines = say(language, "not_opened.again"), say(language, "not_opened.cookies")
    return _page(language, assets, icp_number, say(language, "not_opened.title"), *lines)


def _page(
    language: Language, assets: Assets, icp_number: str | None, title: str, *lines: str
) -> SentencePage:
    masthead = Masthead(say(language, "brand"))
    around = frame(
        language, title, assets, masthead=masthead, styles=_STYLES, letter=True, icp_number=icp_number
    )
    return SentencePage(around, title, lines)
