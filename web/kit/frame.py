"""What every page has around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

from web.http.assets import Assets, Sheet
from web.kit.language import HTML_LANG, LANGUAGES, Language
from web.kit.link import Link
from web.kit.words import say

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

View = TypeVar("View", bound="DataclassInstance")
_LANGUAGE_NAMES: Final[dict[Language, str]] = {"zh": "中", "en": "EN"}
#: As many ways fit at the thumb of a phone; the others are behind "more".
AT_THE_THUMB: Final = 4


@dataclass(frozen=True, slots=True)
class LanguageLink:
    code: str
    href: str
    lang: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Masthead:
    """Whose house it is: `title` is the firm or the site, `under` in grey whose it is, `home` where it leads.
    `ways` are the rooms one may enter (at the thumb on a phone), `crumbs` where one is, `who` the visitor's
    own link."""

    title: str
    under: str = ""
    home: str = ""
    ways: tuple[Link, ...] = ()
    crumbs: tuple[Link, ...] = ()
    who: Link | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """`lang` is the page's language; addresses carry the static files' version. `letter` is the customers'
    narrower sheet; `text` holds the frame's own words by key; `icp_number` is what a public site in mainland
    China shows."""

    lang: str
    title: str
    brand: str
    stylesheets: tuple[str, ...]
    scripts: tuple[str, ...]
    icon: str
    bob: str
    masthead: Masthead | None
    languages: tuple[LanguageLink, ...]
    letter: bool
    text: dict[str, str]
    icp_number: str | None = None
    sheet: Sheet | None = None

    @property
    def ways_at_thumb(self) -> int:
        """How many ways stand in the bar of a phone itself; with one too many the last place is "more"."""
        ways = len(self.masthead.ways) if self.masthead else 0
        return ways if ways <= AT_THE_THUMB else AT_THE_THUMB - 1


def with_icp_number(view: View, icp_number: str | None) -> View:
    """The view of a page with the number at its foot, where the settings have one."""
    around: Frame = view.frame  # type: ignore[attr-defined]  # every page has one
    return replace(view, frame=replace(around, icp_number=icp_number))


def frame(
    language: Language,
    title: str,
    assets: Assets,
    *,
    room: str | None = None,
    masthead: Masthead | None = None,
    styles: Iterable[str] = (),
    scripts: Iterable[str] = (),
    letter: bool = False,
    icp_number: str | None = None,
    sheet: Sheet | None = None,
    asked: Mapping[str, str] | None = None,
) -> Frame:
    """The frame of a page in one language. `room` names the folder whose page.css and page.js, where it has
    them, belong to the page; further `styles` and `scripts` are names of static files. With a `sheet` its
    styles stand in the page itself, and none are linked. `asked` is what the address asks for: it does so
    in the other language, too."""
    own = [f"{room}/page.css", f"{room}/page.js"] if room else []
    own = [name for name in own if name in assets]
    sheets = ["kit.css", *styles, *(name for name in own if name.endswith(".css"))]
    modules = ["kit/page.js", *scripts, *(name for name in own if name.endswith(".js"))]
    keys = ("skip.main", "language.switch", "navigation", "navigation.more", "crumbs")
    return Frame(
        lang=HTML_LANG[language],
        title=title,
        brand=say(language, "brand"),
        stylesheets=() if sheet else tuple(assets.url(name) for name in sheets),
        scripts=tuple(assets.url(name) for name in modules),
        icon=assets.url("favicon.svg"),
        bob=assets.url("bob.svg"),
        masthead=masthead,
        languages=tuple(
            LanguageLink(
                code,
                f"?{urlencode({**(asked or {}), 'lang': code})}",
                HTML_LANG[code],
                _LANGUAGE_NAMES[code],
                code == language,
            )
            for code in LANGUAGES
        ),
        letter=letter,
        text={key: say(language, key) for key in keys},
        icp_number=icp_number,
        sheet=sheet,
    )
