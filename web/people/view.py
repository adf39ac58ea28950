"""Everybody of a firm whom one may see, and the invitations that wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from store.records.access import Access
from store.records.accounts import Account
from store.records.passes import OneTimePass
from web.access.principal import Member
from web.http.assets import Assets
from web.kit.act import Act, Hidden, Tabs
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.mark import Avatar, Badge
from web.kit.notice import Empty, Notice
from web.kit.numbers import age
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.people.named import SiteNames, author_said, roles_said, sites_said
from web.people.words import WORDS, say
from web.people.zone import day_of


@dataclass(frozen=True, slots=True)
class PeoplePage:
    frame: Frame
    headline: str
    tabs: Tabs | None
    notice: Notice | None
    invite: Link | None
    members: Table
    invitations: Table | None
    ended: Table | None


@dataclass(frozen=True, slots=True)
class Known:
    """`seen`: member -> UTC ms; `invitations` None where they are not for who asks; `no_more`: the ids of
    those whose authors may not give them any more."""

    accounts: Sequence[Account]
    seen: Mapping[str, int]
    invitations: Sequence[OneTimePass] | None
    sites: SiteNames
    now: int
    zone: ZoneInfo
    no_more: frozenset[str] = frozenset()

    @property
    def waiting(self) -> int:
        """How many invitations would open."""
        return len(self.invitations or ()) - len(self.no_more)


def build(
    me: Member, access: Access, known: Known, language: Language, assets: Assets, hidden: Hidden, said: str
) -> PeoplePage:
    """The page of who is signed in."""
    title = say(language, "people.title")
    here = [one for one in known.accounts if one.ended is None]
    gone = [one for one in known.accounts if one.ended is not None]
    may_invite = access.scope("invitation", "add") is not None
    return PeoplePage(
        frame(language, title, assets, room="people", masthead=masthead(me, "people", language)),
        _headline(here, known, language),
        tabs(access, "people", language),
        Notice(say(language, said), "done") if said else None,
        Link(say(language, "invite.way"), "/people/invite") if may_invite else None,
        _members(here, known, language),
        None if known.invitations is None else _invitations(known, access, language, hidden),
        _ended(gone, known, language) if gone else None,
    )


def tabs(access: Access, current: str, language: Language) -> Tabs | None:
    """The pages of the room, where there is more than one for who asks."""
    if access.scope("log_of_access", "see") is None:
        return None
    ways = (("people", "/people"), ("log", "/people/log"))
    links = tuple(Link(say(language, f"tab.{name}"), path, name == current) for name, path in ways)
    return Tabs(say(language, "people.title"), links)


def _headline(here: Sequence[Account], known: Known, language: Language) -> str:
    if len(here) == 1 and not known.waiting:
        return say(language, "people.alone")
    text = WORDS.count(language, "people.headline", len(here))
    if not known.waiting:
        return text
    joint = "" if language == "zh" else " "
    return joint.join((text, WORDS.count(language, "people.waiting", known.waiting)))


def _members(accounts: Sequence[Account], known: Known, language: Language) -> Table:
    columns = ("name", "roles", "sites", "seen", "second")
    return Table(
        say(language, "members.title"),
        tuple(Column(say(language, f"column.{name}")) for name in columns),
        tuple(_member(one, known, language) for one in accounts),
    )


def _member(one: Account, known: Known, language: Language) -> Row:
    seen = known.seen.get(one.member)
    on = one.totp_confirmed is not None
    return Row((
        Cell(one.name, one.login, f"/people/members/{one.member}", before=Avatar(one.name)),
        Cell(roles_said(one.roles, language)),
        Cell(sites_said(one.sites, known.sites, language)),
        Cell("–" if seen is None else age(max(0, known.now - seen), language)),
        Cell(part=Badge(say(language, "second.on" if on else "second.off"), "data" if on else "plain")),
    ))  # fmt: skip


def _ended(accounts: Sequence[Account], known: Known, language: Language) -> Table:
    rows = tuple(
        Row((
            Cell(one.name, one.login, f"/people/members/{one.member}"),
            Cell(roles_said(one.roles, language)),
            Cell(say(language, "ended.since", when=day_of(one.ended or 0, known.now, known.zone, language))),
        ))
        for one in accounts
    )  # fmt: skip
    heads = tuple(Column(say(language, f"column.{name}")) for name in ("name", "roles", "gone"))
    return Table(say(language, "ended.title"), heads, rows)


def _invitations(known: Known, access: Access, language: Language, hidden: Hidden) -> Table:
    accounts = {one.member: one for one in known.accounts}
    may = access.scope("invitation", "remove") is not None
    columns = ("name", "roles", "sites", "by", "ends")
    heads = [Column(say(language, f"column.{name}")) for name in columns]
    rows = []
    for one in known.invitations or ():
        path = f"/people/invitations/{one.id}/withdraw"
        act = Act(say(language, "invitations.withdraw"), path, hidden, look="text")
        cells = [
            Cell(str(one.body.get("name") or "–")),
            Cell(roles_said(one.body.get("roles", ()), language)),
            Cell(sites_said(one.body.get("sites"), known.sites, language)),
            Cell(author_said(one.author, accounts, language)),
            Cell(_until(one, known, language), part=act if may else None),
        ]
        rows.append(Row(tuple(cells)))
    empty = Empty(say(language, "invitations.none"))
    return Table(say(language, "invitations.title"), tuple(heads), tuple(rows), empty)


def _until(one: OneTimePass, known: Known, language: Language) -> str:
    if one.id in known.no_more:
        return say(language, "invitations.no_more")
    return day_of(one.ends, known.now, known.zone, language)
