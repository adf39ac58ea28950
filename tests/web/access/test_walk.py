"""Every route there is, found from the application itself: as every role, as another firm, as nobody."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from store.records.access import ROLES, Role
from tests.web.access.house import ABROAD, OURS, SITE, THEIRS, House
from web.access.rights import OPEN, SIGNED_IN, Open, Right, named
from web.access.room import Room, RouteWithoutRight, every_route, require_rights, rights_of

#: Answers that tell nothing: to sign in, not yours, not there, not a form of ours.
REFUSED = {303, 401, 403, 404, 405}
#: What a route may be asked with; whose it is decides what comes.
IDS: dict[str, str] = {"name": "kit.css", "version": "x", "kind": "rule", "provider": "none"}


def filled(path: str, site: str) -> str:
    ids = defaultdict(
        lambda: "1", IDS | {"site": site, "project": site, "token": "x" * 27, "secret": "x" * 43}
    )
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: ids[found[1]], path)


def pages(house: House) -> list[tuple[str, str, list[Any]]]:
    """(method, path, rights) of every route but streams without end."""
    return [
        (method, path, rights_of(route))
        for path, route in every_route(house.app)
        if isinstance(route, APIRoute) and "/live" not in path
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


def test_nobody_gets_what_is_not_open(house: House) -> None:
    with house.browser() as nobody:
        for method, path, rights in pages(house):
            if OPEN in rights:
                continue
            headers = {"Accept": "*/*"} if path.startswith("/api/") else {}
            answer = nobody.client.request(method, filled(path, SITE), headers=headers)
            assert answer.status_code in REFUSED, f"{method} {path}"
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/door/sign-in"), path


def test_nobody_changes_anything_without_the_token_of_a_page(house: House) -> None:
    with house.browser() as nobody:
        for method, path, rights in pages(house):
            if method == "POST" and not path.startswith("/api/"):
                answer = nobody.client.post(filled(path, SITE), headers={"Origin": "http://testserver"})
                assert answer.status_code in {303, 400, 403}, f"{path} {rights}"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_its_rights_and_nothing_beyond(house: House, role: Role) -> None:
    held = house.access(role)
    with house.browser(role) as browser:
        for method, path, rights in pages(house):
            if method != "GET" or path.startswith(("/api/", "/p/", "/door/")):
                continue
            status = browser.get(filled(path, SITE)).status_code
            for right in rights:
                if isinstance(right, Right) and held.scope(right.noun, right.verb) is None:
                    assert status == 403, f"{role} {path}"
                elif path == "/account" or isinstance(right, Open):
                    leads_on = {303} if path == "/" else set()
                    assert status in {200, 404, 405} | leads_on, f"{role} {path}"


@pytest.mark.parametrize("role", ROLES)
def test_a_form_from_elsewhere_changes_nothing_for_any_role(house: House, role: Role) -> None:
    """SameSite is not believed alone: the origin and the page's token are asked for."""
    with house.browser(role) as browser:
        for method, path, _ in pages(house):
            if method != "POST" or path.startswith("/api/"):
                continue
            for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
                answer = browser.client.post(filled(path, SITE), data={"csrf": "0" * 48}, headers=headers)
                assert answer.status_code in {400, 403}, f"{role} {path}"
        assert browser.get("/account").status_code == 200, "nobody was signed out"


@pytest.mark.parametrize("firm", [OURS, THEIRS])
def test_another_firm_sees_nothing_of_ours_by_any_id(house: House, firm: str) -> None:
    """With ids of the other firm every page of a site is as absent as one that does not exist."""
    foreign = ABROAD if firm == OURS else SITE
    with house.browser("owner", firm) as browser:
        for method, path, _ in pages(house):
            if method != "GET" or "{site}" not in path or path.startswith("/api/"):
                continue
            there, nowhere = browser.get(filled(path, foreign)), browser.get(filled(path, "no-site"))
            assert there.status_code == nowhere.status_code == 404, path
            assert there.text.replace(foreign, "") == nowhere.text.replace("no-site", ""), path


def test_every_route_names_a_right(house: House) -> None:
    found = list(every_route(house.app))
    assert len(found) > 40
    assert all(rights_of(route) for _, route in found)


def bare() -> FastAPI:
    return FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


async def anything() -> str:
    return "anything"


def with_a_route() -> FastAPI:
    app = bare()
    app.get("/forgotten")(anything)
    return app


def with_an_included_router() -> FastAPI:
    app, routes = bare(), APIRouter()
    routes.get("/forgotten")(anything)
    app.include_router(routes)
    return app


def with_a_mount() -> FastAPI:
    app = bare()
    app.mount("/forgotten", PlainTextResponse("files"))
    return app


def with_a_route_in_a_mount() -> FastAPI:
    app = bare()
    app.mount("/inner", Starlette(routes=[Route("/forgotten", PlainTextResponse("x"))]))
    return app


def with_a_socket() -> FastAPI:
    app = bare()
    app.websocket("/forgotten")(anything)
    return app


def with_an_answer_to_an_error() -> FastAPI:
    app = bare()
    app.exception_handler(418)(anything)
    return app


def with_documents() -> FastAPI:
    return FastAPI()


@pytest.mark.parametrize(
    "make",
    [
        *(with_a_route, with_an_included_router, with_a_mount, with_a_route_in_a_mount, with_a_socket),
        *(with_an_answer_to_an_error, with_documents),
    ],
)
def test_whatever_names_no_right_does_not_start(make: Any) -> None:
    with pytest.raises(RouteWithoutRight, match="names no right"):
        require_rights(make())


def test_what_names_its_right_starts() -> None:
    app, room = bare(), Room("/rooms")
    room.get("/one", right=Right("site", "see"))(anything)
    room.post("/two", right=SIGNED_IN)(anything)
    app.include_router(room.routes)
    app.mount("/files", named(OPEN, PlainTextResponse("files")))
    require_rights(app)
    assert [path for path, _ in every_route(app) if not path.startswith("/files")] == [
        "/rooms/one",
        "/rooms/two",
    ]
    assert isinstance(app.routes[-1], Mount)
