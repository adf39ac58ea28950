"""Somebody of the firm: what they do here and where, their devices, and what whoever may does about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from store.records.access import Access
from store.records.accounts import Account
from store.records.sessions import SignedIn
from web.access.principal import Member
from web.access.rights import of_roles
from web.http.assets import Assets
from web.kit.act import Act, Hidden
from web.kit.form import Form, FormOf
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.notice import Notice
from web.kit.numbers import age
from web.kit.places import ACCOUNT, masthead
from web.people import forms
from web.people.named import SiteNames, role_choices, role_groups, roles_said, site_choices, sites_said
from web.people.words import say
from web.people.zone import day_of


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    said: str


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that is signed in; `end` is how to end it, None where it is not for who looks."""

    name: str
    under: str
    end: Act | None


@dataclass(frozen=True, slots=True)
class Help:
    """What is done for somebody who cannot get in."""

    said: str
    act: Act


@dataclass(frozen=True, slots=True)
class PersonPage:
    frame: Frame
    name: str
    under: str
    text: dict[str, str]
    notice: Notice | None
    facts: tuple[Fact, ...]
    own: Link | None
    assign: Form | None
    devices: tuple[Device, ...] | None
    end_all: Act | None
    help: tuple[Help, ...]
    end: Form | None


@dataclass(frozen=True, slots=True)
class Known:
    """`sessions` None where they are not for who asks. `forms`: with errors, by name."""

    account: Account
    sessions: Sequence[SignedIn] | None
    sites: SiteNames
    now: int
    said: str = ""
    forms: dict[str, Form] = field(default_factory=dict)


def build(
    me: Member, access: Access, known: Known, language: Language, assets: Assets, hidden: Hidden
) -> PersonPage:
    """The page of one person, as far as who asks may see and change it."""
    one = known.account
    own, ended = one.member == access.member, one.ended is not None
    changes = access.may("member", "change") and access.covers(of_roles(one.roles)) and not (own or ended)
    removes = access.may("member", "remove") and access.covers(of_roles(one.roles)) and not (own or ended)
    crumbs = (Link(say(language, "people.title"), "/people"), Link(one.name, _path(one)))
    return PersonPage(
        frame(language, one.name, assets, room="people", masthead=masthead(me, "people", language, crumbs)),
        one.name,
        say(language, "person.under", login=one.login),
        {key: say(language, key) for key in _TEXTS},
        _notice(known, me.zone, language),
        _facts(known, me.zone, language),
        Link(say(language, "person.account"), ACCOUNT) if own else None,
        assign_form(access, known, language).guarded(hidden) if changes else None,
        None if own else _devices(access, known, language, hidden),
        _end_all(access, known, language, hidden),
        _help(known, language, hidden) if changes else (),
        _form("end", forms.END.blank(language, f"{_path(one)}/end"), known).guarded(hidden)
        if removes
        else None,
    )


def assign_form(access: Access, known: Known, language: Language) -> Form:
    """Filled with what they are, or with what was typed and is wrong."""
    one = known.account
    given = {
        "roles": sorted(one.roles),
        "everywhere": one.sites is None,
        "sites": sorted((one.sites or frozenset()) & known.sites.keys()),
    }
    made = form_to_assign(access, known, language)
    return _form("assign", made.blank(language, f"{_path(one)}/assign", given), known)


def form_to_assign(access: Access, known: Known, language: Language) -> FormOf[forms.Assign]:
    """The form with what whoever asks may give, and what somebody has."""
    roles = role_choices(access, language, known.account.roles)
    made = forms.ASSIGN.with_choices(roles=roles, sites=site_choices(known.sites))
    return made.with_groups(roles=role_groups(language))


def _form(name: str, blank: Form, known: Known) -> Form:
    return replace(known.forms.get(name, blank), id=name, look="pill")


def _path(one: Account) -> str:
    return f"/people/members/{one.member}"


def _notice(known: Known, zone: ZoneInfo, language: Language) -> Notice | None:
    if known.account.ended is not None:
        when = day_of(known.account.ended, known.now, zone, language)
        return Notice(say(language, "person.ended", when=when), "quiet")
    return Notice(say(language, known.said), "done") if known.said else None


def _facts(known: Known, zone: ZoneInfo, language: Language) -> tuple[Fact, ...]:
    one = known.account
    on = one.totp_confirmed is not None
    facts = {
        "roles": roles_said(one.roles, language),
        "sites": sites_said(one.sites, known.sites, language),
        "second": say(language, "second.on" if on else "second.off"),
        "since": day_of(one.created, known.now, zone, language),
    }
    if known.sessions:
        facts["seen"] = age(max(0, known.now - max(s.seen for s in known.sessions)), language)
    return tuple(Fact(say(language, f"person.{name}"), said) for name, said in facts.items())


def _devices(access: Access, known: Known, language: Language, hidden: Hidden) -> tuple[Device, ...] | None:
    if known.sessions is None:
        return None
    may, path = access.may("session", "remove"), _path(known.account)
    label = say(language, "sessions.end")
    return tuple(
        Device(
            one.device,
            say(
                language,
                "sessions.seen",
                age=age(max(0, known.now - one.seen), language),
                address=one.address,
            ),
            Act(label, f"{path}/sessions/{one.id}/end", hidden, look="text") if may else None,
        )
        for one in known.sessions
    )


def _end_all(access: Access, known: Known, language: Language, hidden: Hidden) -> Act | None:
    own = known.account.member == access.member
    if own or not known.sessions or len(known.sessions) < 2 or not access.may("session", "remove"):
        return None
    return Act(say(language, "sessions.end_all"), f"{_path(known.account)}/sessions/end", hidden)


def _help(known: Known, language: Language, hidden: Hidden) -> tuple[Help, ...]:
    path = _path(known.account)
    reset = Act(say(language, "reset.make"), f"{path}/reset", hidden)
    second = Act(say(language, "second.turn_off"), f"{path}/second-off", hidden)
    on = known.account.totp_confirmed is not None
    return (
        Help(say(language, "reset.lead"), reset),
        *((Help(say(language, "second.lead"), second),) if on else ()),
    )


_TEXTS = (
    *("person.you", "assign.title", "assign.lead", "sessions.title", "sessions.none", "help.title"),
    *("end.title", "end.lead"),
)
