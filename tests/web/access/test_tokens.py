"""Tokens of members: no wider than their makers', today."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request

from store.records.access import Denied, Role
from tests.web.access.house import ABROAD, ELSEWHERE, SITE, House
from web.access.tokens import make, offered, revoke

ASKED = Request({"type": "http", "headers": [], "client": ("192.0.2.7", 1)})
SEES = ("site:see", "device:see", "reading:see", "agent:see", "room:see", "meter:see")


def token_of(house: House, role: Role, *scopes: str, days: int = 30) -> str:
    work = make(house.services.gate, ASKED, house.access(role), "a token", frozenset(scopes), days)
    return asyncio.run(work)[0]


def ask(house: House, token: str, path: str) -> int:
    with house.browser() as browser:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return browser.get(f"/api/v1/{path}", headers=headers).status_code


def listed(house: House, token: str) -> list[dict[str, str]]:
    with house.browser() as browser:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        found: list[dict[str, str]] = browser.get("/api/v1/sites", headers=headers).json()["items"]
        return found


def test_a_token_may_what_its_scopes_say_where_its_maker_is(house: House) -> None:
    token = token_of(house, "foreman", *SEES)
    assert ask(house, token, f"sites/{SITE}/devices") == 200
    assert ask(house, token, f"sites/{ELSEWHERE}/devices") == 404
    assert ask(house, token, f"sites/{ABROAD}/devices") == 404
    assert [site["id"] for site in listed(house, token)] == [SITE], "nor are they listed"
    assert ask(house, token, f"sites/{SITE}/events?start=0&end=1") == 403


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("worker", "device:change"),
        ("foreman", "device:remove"),
        ("auditor", "message:see"),
        ("owner", "member:change"),
        ("owner", "token:add"),
        ("owner", "nothing:at_all"),
    ],
)
def test_nobody_puts_into_a_token_what_they_have_not(house: House, role: Role, scope: str) -> None:
    assert scope not in offered(house.access(role))
    with pytest.raises(Denied):
        token_of(house, role, "site:see", scope)


def test_a_token_shrinks_with_its_maker(house: House) -> None:
    token = token_of(house, "foreman", *SEES, "event:see")
    assert ask(house, token, f"sites/{SITE}/events?start=0&end=1") == 200
    records = house.services.records
    records.members.assign(house.access("owner"), "foreman", frozenset({"worker"}), frozenset({SITE}))
    assert ask(house, token, f"sites/{SITE}/events?start=0&end=1") == 403
    records.members.end(house.access("owner"), "foreman", house.services.clock())
    assert ask(house, token, f"sites/{SITE}/devices") in {403, 404}


def test_a_token_is_revoked_by_its_maker_or_an_owner_and_nobody_else(house: House) -> None:
    gate, records = house.services.gate, house.services.records
    token = token_of(house, "foreman", *SEES)
    (kept,) = records.tokens.all(house.access("foreman"))
    assert kept.author == "foreman"
    for other in ("worker", "project_manager", "auditor"):
        try:
            assert not asyncio.run(revoke(gate, ASKED, house.access(other), kept.id))
        except Denied:
            continue
    assert not asyncio.run(revoke(gate, ASKED, house.access("owner", "other"), kept.id))
    assert asyncio.run(revoke(gate, ASKED, house.access("foreman"), kept.id))
    assert ask(house, token, "sites") == 401


@pytest.mark.parametrize("days", [0, 367])
def test_a_token_has_an_end_within_a_year(house: House, days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        token_of(house, "foreman", "site:see", days=days)
