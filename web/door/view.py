"""A door: a sentence, a form, and other ways in."""

from __future__ import annotations

from dataclasses import dataclass

from web.door.words import say
from web.http.assets import Assets
from web.kit.form import Form
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.notice import Notice


@dataclass(frozen=True, slots=True)
class DoorPage:
    frame: Frame
    title: str
    lead: str
    form: Form | None
    notice: Notice | None
    ways: tuple[Link, ...]


def build(
    language: Language,
    assets: Assets,
    title: str,
    lead: str,
    form: Form | None = None,
    notice: Notice | None = None,
    ways: tuple[Link, ...] = (),
) -> DoorPage:
    """The page; title and lead are texts already."""
    masthead = Masthead(say(language, "brand"))
    return DoorPage(
        frame(language, title, assets, room="door", masthead=masthead), title, lead, form, notice, ways
    )
