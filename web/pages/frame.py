"""What every page has around it."""

from __future__ import annotations

from dataclasses import dataclass

from web.assets import Assets
from web.language import HTML_LANG, Language
from web.messages import say


@dataclass(frozen=True, slots=True)
class Frame:
    """`lang` is the page's language; addresses carry the static files' version."""

    lang: str
    title: str
    brand: str
    stylesheets: tuple[str, ...]
    script: str | None
    icon: str
    bob: str


def frame(language: Language, title: str, assets: Assets, script: str | None = None) -> Frame:
    """The frame of a page in one language."""
    return Frame(
        lang=HTML_LANG[language],
        title=title,
        brand=say(language, "brand"),
        stylesheets=(assets.url("page.css"), *((assets.url("vendor/uPlot.min.css"),) if script else ())),
        script=assets.url(script) if script else None,
        icon=assets.url("favicon.svg"),
        bob=assets.url("bob.svg"),
    )
