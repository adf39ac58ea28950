"""The page for an address that opens nothing: the same for every one, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from web.http.assets import Assets
from web.http.words import say
from web.kit.frame import Frame, frame
from web.kit.language import HTML_LANG, LANGUAGES


@dataclass(frozen=True, slots=True)
class Text:
    """One language's text."""

    lang: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class NotFoundPage:
    frame: Frame
    texts: tuple[Text, ...]


def build(assets: Assets) -> NotFoundPage:
    """The page; nothing in it depends on what was asked for."""
    texts = tuple(
        Text(HTML_LANG[language], say(language, "not_found.title"), say(language, "not_found.text"))
        for language in LANGUAGES
    )
    return NotFoundPage(frame("zh", texts[0].title, assets), texts)
