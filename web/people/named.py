"""Roles, sites and members as a page names them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from store.records.access import ROLES, Access, Role
from store.records.accounts import Account
from store.records.records import Repositories
from web.access.invitations import grantable
from web.kit.language import Language
from web.people.words import say

#: Site -> what it is called, of those somebody sees.
SiteNames = Mapping[str, str]
Choices = list[tuple[str, str]]
#: Where the people of each role work: what a long list of roles is parted by.
_PARTS: Final[Mapping[str, tuple[Role, ...]]] = {
    "office": ("owner", "project_manager", "designer", "finance", "sales", "auditor"),
    "site": ("safety_officer", "foreman", "worker", "installer"),
    "service": ("repair_leader", "technician", "service_desk"),
    "outside": ("supplier", "customer"),
}
#: Of an invitation's id.
_DIGITS: Final = 6
_ORDER: Final = tuple(role for roles in _PARTS.values() for role in roles)


def site_names(records: Repositories, access: Access, language: Language) -> SiteNames:
    """As the work there is called, else by their ids. Blocking."""
    if access.scope("site", "see") is None:
        return {}
    seen = records.seen_by(access)
    names: dict[str, str] = {site.id: site.id for site in seen.sites.all()}
    for project in reversed(seen.work_at_sites()):  # the first one gives the name
        names[project.site] = project.name_zh if language == "zh" else project.name_en
    often = Counter(names.values())
    return {site: name if often[name] == 1 else f"{name} ({site})" for site, name in names.items()}


def roles_said(roles: Collection[str], language: Language) -> str:
    """In the order of the table of roles."""
    joint = "、" if language == "zh" else ", "
    return joint.join(say(language, f"role.{role}") for role in ROLES if role in roles)


def sites_said(sites: Iterable[str] | None, names: SiteNames, language: Language) -> str:
    """Those that whoever looks sees; of others nothing is told."""
    if sites is None:
        return say(language, "every_site")
    joint = "、" if language == "zh" else ", "
    return joint.join(sorted(names[site] for site in sites if site in names)) or "–"


def role_choices(access: Access, language: Language, held: Collection[Role] = ()) -> Choices:
    """The roles one may give, and those somebody has."""
    roles = [role for role in ROLES if role in grantable(access) or role in held]
    return [(role, say(language, f"role.{role}")) for role in sorted(roles, key=_ORDER.index)]


def role_groups(language: Language) -> dict[str, str]:
    """Each role -> the part of the firm it belongs to."""
    return {role: say(language, f"part.{part}") for part, roles in _PARTS.items() for role in roles}


def site_choices(names: SiteNames) -> Choices:
    """By name."""
    return sorted(names.items(), key=lambda one: one[1])


def subject_said(what: str, accounts: Mapping[str, Account], language: Language) -> str:
    """What an entry of the log is about: what is somebody's by their name, where whoever looks sees them; an
    invitation by as many digits as tell it from others."""
    kind, _, key = what.partition(":")
    if kind in {"member", "session", "reset"} and key in accounts:
        return say(language, f"subject.{kind}", name=accounts[key].name)
    if kind == "invitation" and key:
        return say(language, "subject.invitation", name=key[:_DIGITS])
    return what


def author_said(who: str, accounts: Mapping[str, Account], language: Language) -> str:
    """`member:…` by name, where whoever looks sees them."""
    kind, _, key = who.partition(":")
    if kind == "member" and key in accounts:
        return accounts[key].name
    return say(language, "by.console") if kind == "operator" else who
