"""A link that opens once, shown once."""

from __future__ import annotations

from dataclasses import dataclass

from web.access.principal import Member
from web.http.assets import Assets
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.places import masthead


@dataclass(frozen=True, slots=True)
class ShownPage:
    frame: Frame
    title: str
    lead: str
    secret: str
    also: str
    done: Link


def build(
    me: Member,
    title: str,
    lead: str,
    secret: str,
    also: str,
    done: Link,
    language: Language,
    assets: Assets,
) -> ShownPage:
    """`secret` is the link; title, lead and `also` are texts already."""
    made = frame(language, title, assets, room="people", masthead=masthead(me, "people", language))
    return ShownPage(made, title, lead, secret, also, done)
