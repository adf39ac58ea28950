"""People with names in the firm of the demonstration, on its sites; what they have made there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from plumbline.demo.story import FIRM_NAME, PEOPLE
from store.records.access import Access, Role, operator
from store.records.access_log import Deed
from store.records.changes import By
from store.records.openings import Opening
from store.records.registry import Firm
from store.records.sessions import SignedIn
from store.records.tenancy import site_ref
from tests.web.access.house import ELSEWHERE, OURS, SITE
from tests.web.fleet import FLEET
from tests.web.links.given import PROJECT
from tests.web.site_day import Stand
from web.access.invitations import new_invitation, put_invitation
from web.access.secret import digest, make_id, make_secret

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 24 * 60 * _MINUTE_MS
_MONTH_MS: Final = 30 * _DAY_MS
#: project -> whom each of its links is for, and how often it was opened.
_LINKS: Final = {
    "donghu": (("何女士", 6),),
    "tingtao": (("叶先生", 21), ("设计师朋友", 1)),
    "yunxi": (("林女士", 0),),
}
#: Name, role and site of who was asked in and has not come yet.
_EXPECTED: Final[tuple[tuple[str, Role, str], ...]] = (
    ("唐小山 Tang Xiaoshan", "worker", "donghu"),
    ("温如 Wen Ru", "designer", "wutong"),
)
_DEVICES: Final = ("WeChat · iPhone", "Chrome · Windows", "Safari · iPad")
_PHONES: Final = ("WeChat · iPhone", "WeChat · Android", "Safari · iPhone")


def move_in(stand: Stand) -> None:
    """Whoever is known by a role alone gets a name and sites; the firm its name, links, sessions, tokens."""
    by = By("member:owner", stand.clock() - 20 * _DAY_MS)
    stand.records.firms.put([Firm(OURS, FIRM_NAME)], by)
    _name_people(stand, operator(OURS))
    _move_out(stand, by)
    _give_links(stand, by)
    _sign_in(stand)
    _make_tokens(stand)
    _invite(stand, by)


def _move_out(stand: Stand, by: By) -> None:
    """The furnished house's two sites go; the project that stood on one of them is that of Fenglin Road."""
    stand.records.projects.retire(OURS, "fenglin", by=by)
    stand.records.projects.put([replace(PROJECT, site=site_ref("fenglin"))], by)
    for site in (SITE, ELSEWHERE):
        stand.records.sites.retire(OURS, site, by=by)


def _name_people(stand: Stand, access: Access) -> None:
    """Everybody whose rights are not the firm's is on two neighbouring sites of the fleet."""
    members, sites = stand.records.members, [one.id for one in FLEET]
    for at, person in enumerate(PEOPLE):
        member = person.role.replace("_", "-")
        members.rename(access, member, f"{person.name.zh} {person.name.en}")
        here = frozenset((sites + sites)[at % len(sites) :][:2])
        members.assign(access, member, frozenset({person.role}), here if person.sites else None)


def _give_links(stand: Stand, by: By) -> None:
    for project, visitors in _LINKS.items():
        for whom, openings in visitors:
            secret = digest(make_secret())
            link = stand.records.links.add(OURS, project, whom, secret, by.at + 3 * _MONTH_MS, by)
            for opening in _openings(link.id, stand.clock(), openings):
                stand.records.openings.add(opening)


def _openings(link: int, now: int, count: int) -> Iterable[Opening]:
    for at in range(count):
        opened = now - (count - at) * 9 * 60 * _MINUTE_MS
        device = _PHONES[(link + at) % len(_PHONES)]
        yield Opening(digest(make_secret()), OURS, link, device, "203.0.113.0/24", opened, opened)


def _sign_in(stand: Stand) -> None:
    """On the devices they use besides."""
    now = stand.clock()
    for at, person in enumerate(PEOPLE):
        began = now - (at + 1) * 7 * 60 * _MINUTE_MS
        device = _DEVICES[at % len(_DEVICES)]
        stand.records.sessions.add(
            SignedIn(
                digest(make_secret()), make_id(), OURS, person.role.replace("_", "-"), "whole", device,
                "203.0.113.0/24", began, min(now, began + at * 11 * _MINUTE_MS), now + _MONTH_MS,
            )
        )  # fmt: skip


def _make_tokens(stand: Stand) -> None:
    now = stand.clock()
    for name, member, scopes, age in (
        ("Grafana", "owner", {"site:see", "reading:see", "device:see"}, 41),
        ("月末电费 Bills", "finance", {"site:see", "reading:see", "meter:see"}, 12),
        ("门口大屏 Wall", "project-manager", {"site:see", "reading:see"}, 3),
    ):
        made = now - age * _DAY_MS
        access = replace(operator(OURS, f"member:{member}"), member=member)
        stand.records.tokens.add(
            access, name, digest(make_secret()), frozenset(scopes), made, made + 3 * _MONTH_MS
        )


def _invite(stand: Stand, by: By) -> None:
    """Two who have not come yet."""
    now = stand.clock()
    for name, role, site in _EXPECTED:
        _, one = new_invitation(
            operator(OURS, by.author), name, frozenset({role}), frozenset({site}), now - 2 * _DAY_MS
        )
        deed = Deed(OURS, now - 2 * _DAY_MS, by.author, "", "added", f"invitation:{one.id}")
        put_invitation(stand.records, one, deed)
