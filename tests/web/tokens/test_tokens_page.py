"""Tokens as a browser meets them: made, shown once, used, revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from store.records.access import operator
from store.records.tokens import make_token, token_digest
from tests.web.access.house import OURS, SITE, Browser, House

SEES = ["site:see", "room:see", "device:see", "agent:see", "reading:see", "meter:see"]


@pytest.fixture
def foreman(house: House) -> Iterator[Browser]:
    with house.browser("foreman") as browser:
        yield browser


def make(browser: Browser, **typed: Any) -> tuple[int, str]:
    form = {"name": "Grafana", "scopes": SEES, "days": "90"} | typed
    answer = browser.send("/tokens", **form)
    return answer.status_code, answer.text


def secret_in(page: str) -> str:
    (found,) = re.findall(r"<code>(pl_[\w-]{43})</code>", page)
    return str(found)


def ask(house: House, token: str, path: str = "sites") -> int:
    with house.browser() as program:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        return program.get(f"/api/v1/{path}", headers=headers).status_code


def test_one_is_made_shown_once_used_and_revoked(house: House, foreman: Browser) -> None:
    status, page = make(foreman)
    assert status == 200
    token = secret_in(page)
    listed = foreman.get("/tokens").text
    assert token not in listed
    assert "never" in listed
    assert ask(house, token, f"sites/{SITE}/devices") == 200
    assert "just now" in foreman.get("/tokens").text
    (path,) = re.findall(r'action="(/tokens/\d+/revoke)"', foreman.get("/tokens").text)
    assert foreman.send(path, page="/tokens").headers["location"] == "/tokens?said=revoked"
    assert ask(house, token) == 401
    assert "revoked" in foreman.get("/tokens").text


def test_it_ends_by_default_in_a_quarter(house: House, foreman: Browser) -> None:
    make(foreman)
    (token,) = house.services.records.tokens.all(house.access("foreman"))
    assert token.expires == token.created + 90 * 86_400_000


def test_only_what_one_holds_is_offered(foreman: Browser) -> None:
    page = foreman.get("/tokens").text
    assert 'value="device:change"' in page
    for scope in ("device:remove", "member:see", "log_of_access:see", "message:see"):
        assert f'value="{scope}"' not in page


@pytest.mark.parametrize(
    "typed", [{"name": ""}, {"scopes": []}, {"scopes": ["device:remove"]}, {"days": "9999"}]
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(foreman: Browser, typed: dict[str, Any]) -> None:
    status, page = make(foreman, **({"name": "Kept"} | typed))
    assert status == 422
    assert "name" in typed or 'value="Kept"' in page
    assert "<code>" not in page


def test_by_right_the_firms_are_seen_and_revoked_also_those_from_the_console(house: House) -> None:
    secret = make_token()
    scopes = frozenset({"telemetry:read", "from:later"})
    house.services.records.tokens.add(operator(OURS), "cron", token_digest(secret), scopes, 1, None)
    with house.browser("auditor") as auditor, house.browser("worker") as worker:
        page = auditor.get("/tokens").text
        assert "the console" in page
        assert "from:later" in page, "what a newer version gave, as it stands"
        assert "/revoke" not in page
        assert "cron" not in worker.get("/tokens").text
    with house.browser("owner") as owner:
        (path,) = re.findall(r'action="(/tokens/\d+/revoke)"', owner.get("/tokens").text)
        assert owner.send(path, page="/tokens").status_code == 303
    assert ask(house, secret) == 401


def test_a_member_has_twenty_at_most(house: House, foreman: Browser) -> None:
    for number in range(20):
        name, digest = f"t{number}", bytes([number]) * 32
        house.services.records.tokens.add(
            house.access("foreman"), name, digest, frozenset(SEES), 1, 9 * 10**12
        )
    status, page = make(foreman)
    assert (status, "enough of them" in page) == (422, True)
