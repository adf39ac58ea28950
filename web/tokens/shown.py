"""A new token, shown once."""

from __future__ import annotations

from dataclasses import dataclass

from web.access.principal import Member
from web.http.assets import Assets
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.places import masthead
from web.tokens.words import say


@dataclass(frozen=True, slots=True)
class ShownPage:
    frame: Frame
    title: str
    lead: str
    secret: str
    how: str
    done: Link


def build(me: Member, name: str, secret: str, until: str, language: Language, assets: Assets) -> ShownPage:
    """`until` is a text already."""
    title = say(language, "shown.title", name=name)
    return ShownPage(
        frame(language, title, assets, room="tokens", masthead=masthead(me, "tokens", language)),
        title,
        say(language, "shown.lead", until=until),
        secret,
        say(language, "shown.how"),
        Link(say(language, "shown.done"), "/tokens"),
    )
