"""Every id of an address, of every route there is: another's is as absent as one that does not exist (IDOR).

Routes are found from the application itself, so that a new one is attacked by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from store.records.changes import By
from store.records.passes import OneTimePass
from store.records.registry import Device, RegisteredProject
from store.records.sessions import SignedIn
from store.records.tokens import make_token, token_digest
from tests.web.access.house import ABROAD, ELSEWHERE, OURS, SITE, THEIRS, House
from web.access.rights import Right
from web.access.room import every_route, rights_of

BY = By("operator:test", 1)
#: Parts that name a row of somebody's; the others name files, languages, pages.
ROWS = {"site", "member", "session", "invitation", "token_id", "link", "project", "device", "room", "agent"}
PART = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture
def theirs(house: House) -> dict[str, str]:
    """An id of the other firm for every kind of row, each really there."""
    records, now = house.services.records, house.services.clock()
    owner = house.access("owner", THEIRS)
    token = records.tokens.add(owner, "t", token_digest(make_token()), frozenset({"site:see"}), now, now * 2)
    session = SignedIn(b"s" * 32, "f" * 24, THEIRS, "worker", "whole", "x", "y", now, now, now * 2)
    records.sessions.add(session)
    asked = {"name": "X", "roles": ["worker"], "sites": None}
    records.passes.add(
        OneTimePass(b"p" * 32, "e" * 24, "invitation", owner.who, now, now * 2, THEIRS, None, asked)
    )
    with records.begin() as done:
        done.projects.put([RegisteredProject(THEIRS, "their-project", ABROAD, "x", "x", "2026-01-01")], BY)
        done.devices.put([Device(THEIRS, ABROAD, "their-meter", "electricity_meter")], BY)
    link = records.links.add(THEIRS, "their-project", "X", b"l" * 32, None, BY)
    return {
        "site": ABROAD,
        "member": "their-member",
        "session": session.id,
        "invitation": "e" * 24,
        "token_id": str(token.id),
        "link": str(link.id),
        "project": "their-project",
        "device": "their-meter",
        "room": "bath",
        "agent": "pi-1",
    }


def attacked(house: House) -> Iterator[tuple[str, str, set[str]]]:
    """(method, path, its parts) of the pages that name a row."""
    for path, route in every_route(house.app):
        if not isinstance(route, APIRoute) or path.startswith(("/api/", "/c/", "/p/", "/door/", "/live")):
            continue
        parts = set(PART.findall(path)) & ROWS
        if parts and any(isinstance(right, Right) for right in rights_of(route)):
            yield from ((method, path, parts) for method in sorted((route.methods or set()) - {"HEAD"}))


def filled(path: str, ids: dict[str, str]) -> str:
    return PART.sub(lambda found: ids.get(found[1], "none"), path)


def test_ids_of_another_firm_open_and_change_nothing(house: House, theirs: dict[str, str]) -> None:
    """The other firm has a member with the same id as ours: the firm is never the address's to say."""
    found = list(attacked(house))
    assert len(found) >= 9
    nowhere = dict.fromkeys(theirs, "0")
    with house.browser("owner") as owner:
        for method, path, _ in found:
            for ids in (theirs, nowhere):
                answer = (
                    owner.get(filled(path, ids))
                    if method == "GET"
                    else owner.send(filled(path, ids), page="/account", sure="on", roles=["worker"])
                )
                assert answer.status_code == 404, f"{method} {filled(path, ids)}"
    records, them = house.services.records, house.access("owner", THEIRS)
    assert records.tokens.all(them)[0].revoked is None
    assert records.links.of(THEIRS)[0].revoked is None
    assert len(records.passes.invitations(them, house.services.clock())) == 1
    assert [one.id for one in records.sessions.of_member(them, "worker")] == ["f" * 24]


@pytest.mark.parametrize("role", ["foreman", "project_manager", "technician", "installer"])
def test_ids_of_another_site_open_nothing_for_who_is_on_one(house: House, role: str) -> None:
    with house.browser(role) as browser:  # type: ignore[arg-type]
        for method, path, parts in attacked(house):
            if method == "GET" and "site" in parts:
                for site in (ELSEWHERE, ABROAD):
                    status = browser.get(filled(path, {"site": site})).status_code
                    assert status in {403, 404}, f"{role} {path} {site}"


@pytest.mark.parametrize("role", ["worker", "foreman", "project_manager", "auditor"])
def test_nobody_changes_another_member_by_their_id(house: House, role: str) -> None:
    with house.browser(role) as browser:  # type: ignore[arg-type]
        for method, path, parts in attacked(house):
            if method == "POST" and "member" in parts:
                typed = {"roles": ["owner"], "everywhere": "on", "sure": "on"}
                answer = browser.send(filled(path, {"member": "owner"}), page="/account", **typed)  # type: ignore[arg-type]
                assert answer.status_code in {403, 404}, f"{role} {path}"
    kept = house.account("owner")
    assert kept.roles == {"owner"}
    assert kept.ended is None
    assert house.account("worker", OURS).sites == frozenset({SITE})
