"""The rooms of the house's own people: one line a room, in the masthead of whoever holds the right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from store.records.access import SCOPES, Access, Scope
from web.access.principal import Member, access_of
from web.access.rights import Right
from web.kit.frame import Masthead
from web.kit.language import Language
from web.kit.link import Link
from web.kit.words import say


@dataclass(frozen=True, slots=True)
class Place:
    """`room` is its folder, and `place.<room>` among the kit's words what it is called. Who holds `right` as
    far as `reach` at least finds it; the first such place is where one comes to after signing in."""

    room: str
    address: str
    right: Right
    reach: Scope = "own"


PLACES: Final = (
    Place("firm", "/firm", Right("site", "see")),
    Place("links", "/links", Right("link", "see")),
    Place("people", "/people", Right("member", "see"), "site"),
    Place("tokens", "/tokens", Right("token", "see")),
)
#: Everybody's own.
ACCOUNT: Final = "/account"


def open_to(access: Access) -> list[Place]:
    """The places somebody may enter."""
    return [place for place in PLACES if _reaches(access.scope(place.right.noun, place.right.verb), place)]


def entrance(access: Access) -> str:
    """Where signing in leads."""
    return next((place.address for place in open_to(access)), ACCOUNT)


def masthead(member: Member, room: str, language: Language, crumbs: Iterable[Link] = ()) -> Masthead:
    """That of a page in `room`, for who is signed in."""
    access = access_of(member)
    ways = (
        Link(say(language, f"place.{place.room}"), place.address, place.room == room)
        for place in open_to(access)
    )
    return Masthead(
        member.firm_name,
        home=entrance(access),
        ways=tuple(ways),
        crumbs=tuple(crumbs),
        who=Link(member.account.name, ACCOUNT, room == "account"),
    )


def _reaches(held: Scope | None, place: Place) -> bool:
    return held is not None and SCOPES.index(held) >= SCOPES.index(place.reach)
