"""Invariant 5 for the API: a token sees its firm and nothing else, on every route there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from httpx2 import Response

from store.records.access import operator
from store.records.exchanges import MeterExchange
from store.records.registry import Scope
from tests.web.api.two_firms import NOW, OURS, THEIR_SITE, THEIRS, TwoFirms
from tests.web.site_day import SITE, TOKEN
from web.api.app import RESOURCES
from web.api.identity import identify, identify_if_sent, site_of

ROUTES = [route for resource in RESOURCES for route in resource.routes if isinstance(route, APIRoute)]
OF_A_SITE = [route for route in ROUTES if "{site}" in route.path]
PUBLIC = {"/health", "/problems/{kind}"}
THEIR_WORDS = (THEIR_SITE, "secret", "绿家", "4711", "pi-9")


def calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from calls(inner)


def ask(firms: TwoFirms, route: APIRoute, site: str, token: str, device: str = "meter-main") -> Response:
    path = route.path.format(site=site, item=1, kind="rule", device=device)
    if "POST" in (route.methods or ()):
        return firms.post(
            f"{path}?quantity=active_energy_import&at=0" if path.endswith("/exchange") else path, token
        )
    known = {field.alias for field in route.dependant.query_params}
    inner = {f.alias for d in route.dependant.dependencies for f in d.query_params}
    params = {
        name: value for name, value in {"step": "1h", "device": device}.items() if name in known | inner
    }
    return firms.get(path, token, params=params)


def test_every_route_of_a_site_asks_the_one_filter() -> None:
    assert len(OF_A_SITE) == 11
    for route in OF_A_SITE:
        assert site_of in set(calls(route.dependant)), f"{route.path}: take the site from web.api.identity"


def test_every_other_route_asks_who_it_is_unless_it_is_public() -> None:
    for route in ROUTES:
        asks = identify in set(calls(route.dependant))
        assert asks or route.path in PUBLIC, f"{route.path}: take the identity from web.api.identity"
    assert identify_if_sent in {call for route in ROUTES for call in calls(route.dependant)}


def without_its_name(answer: Response, site: str) -> str:
    return answer.text.replace(site, "?")


@pytest.mark.parametrize("route", OF_A_SITE, ids=lambda route: route.path)
def test_another_firms_site_is_as_absent_as_one_that_does_not_exist(firms: TwoFirms, route: APIRoute) -> None:
    theirs = ask(firms, route, THEIR_SITE, firms.token)
    nobodys = ask(firms, route, "nowhere", firms.token)
    assert theirs.status_code == nobodys.status_code == 404
    assert without_its_name(theirs, THEIR_SITE) == without_its_name(nobodys, "nowhere")
    assert {k: v for k, v in theirs.headers.items() if k != "content-length"} == {
        k: v for k, v in nobodys.headers.items() if k != "content-length"
    }


@pytest.mark.parametrize("route", OF_A_SITE, ids=lambda route: route.path)
def test_their_own_token_opens_their_site_and_not_ours(firms: TwoFirms, route: APIRoute) -> None:
    token = firms.issue(firm=THEIRS)
    firms.stand.records.exchanges.add(MeterExchange(THEIR_SITE, "meter-secret", "water_volume", 0, "they", 0))
    assert ask(firms, route, THEIR_SITE, token, device="meter-secret").status_code == 200
    assert ask(firms, route, SITE, token).status_code == 404


def test_no_answer_names_anything_of_another_firm(firms: TwoFirms) -> None:
    for route in ROUTES:
        text = ask(firms, route, SITE, firms.token).text
        assert [word for word in THEIR_WORDS if word in text] == [], route.path


def test_an_item_of_another_firms_quarantine_does_not_exist(firms: TwoFirms) -> None:
    (theirs,) = firms.get("/quarantine", firms.issue(firm=THEIRS)).json()["items"]
    theirs_for_us = firms.get(f"/quarantine/{theirs['id']}")
    nobodys = firms.get("/quarantine/999999")
    assert theirs_for_us.status_code == nobodys.status_code == 404
    assert theirs_for_us.json()["detail"].replace(str(theirs["id"]), "?") == nobodys.json()["detail"].replace(
        "999999", "?"
    )
    assert firms.get("/quarantine", params={"site": THEIR_SITE}).status_code == 404


def test_a_customers_page_token_opens_nothing(firms: TwoFirms) -> None:
    for token in (TOKEN, f"pl_{TOKEN}", ""):
        answer = firms.client.get("/api/v1/sites", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token


def test_without_a_token_there_is_a_challenge(firms: TwoFirms) -> None:
    for headers in ({}, {"Authorization": "Basic dXNlcjpwYXNz"}, {"Authorization": "pl_x"}):
        answer = firms.client.get("/api/v1/sites", headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="plumbline"')
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_expired_and_a_revoked_token_are_refused_and_it_says_which(firms: TwoFirms) -> None:
    assert firms.get("/sites", firms.issue(expires=NOW + 1)).status_code == 200
    expired = firms.get("/sites", firms.issue(expires=NOW))
    assert (expired.status_code, expired.json()["detail"]) == (401, "The token has expired.")
    token = firms.issue()
    tokens, ours = firms.stand.records.tokens, operator(OURS)
    tokens.revoke(ours, tokens.all(ours)[-1].id, NOW)
    revoked = firms.get("/sites", token)
    assert (revoked.status_code, revoked.json()["detail"]) == (401, "The token was revoked.")
    assert 'error="invalid_token"' in revoked.headers["www-authenticate"]


def test_a_missing_scope_is_named(firms: TwoFirms) -> None:
    wanted = {
        f"/sites/{SITE}/events": "events:read",
        "/quarantine": "quarantine:read",
        "/sites": "telemetry:read",
    }
    for path, scope in wanted.items():
        others = [other for other in get_args(Scope) if other != scope]
        answer = firms.get(path, firms.issue(*others))
        assert answer.status_code == 403
        assert scope in answer.json()["detail"]
        assert f'scope="{scope}"' in answer.headers["www-authenticate"]
        assert firms.get(path, firms.issue(scope)).status_code == 200  # type: ignore[arg-type]
