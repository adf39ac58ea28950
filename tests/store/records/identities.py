"""Two firms with people in them, on SQLite or PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from store.records.access import Access, Role
from store.records.accounts import Account
from store.records.records import Records
from store.records.registry import Firm, Registration, Site
from store.records.tenancy import site_ref
from tests.registered import register
from web.access.rights import of_roles

NOW = 1_790_000_000_000


def store_of(url: str) -> Records:
    """The firms fenglin (sites a, b) and other (site c), without people."""
    records = Records(url)
    sites = [Site("fenglin", site_ref("a"), "UTC"), Site("fenglin", site_ref("b"), "UTC")]
    registration = Registration(
        firms=[Firm("fenglin", "Fenglin"), Firm("other", "Other")],
        sites=[*sites, Site("other", site_ref("c"), "UTC")],
    )
    register(records, registration)
    return records


def account(
    member: str,
    *roles: Role,
    firm: str = "fenglin",
    sites: frozenset[str] | None = frozenset(),
    **changes: object,
) -> Account:
    """Signs in as MEMBER@FIRM."""
    made = Account(
        firm, member, member.title(), f"{member}@{firm}", None, frozenset(roles), sites, created=NOW
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def access(of: Account) -> Access:
    """What this person may."""
    return Access(of.firm, f"member:{of.member}", of_roles(of.roles), of.sites, of.sites, of.member)
