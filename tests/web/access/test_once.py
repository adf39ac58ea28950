"""A form that is sent twice is done once."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.responses import Response as Answer
from httpx2 import Response
from starlette.testclient import TestClient

from store.engine import sqlite_url
from store.records.records import Records
from tests.web.access.house import ORIGIN, OURS, House
from web.access.gate import Gate
from web.access.once import Answers, OnceRoute
from web.kit.once import new_key


class Desk:
    """Counts what is done at it."""

    def __init__(self) -> None:
        self.done = 0
        self.fails = False

    async def act(self) -> Answer:
        self.done += 1
        if self.fails:
            return PlainTextResponse("not like this", 422)
        return RedirectResponse(f"/receipts/{self.done}", 303, {"Set-Cookie": "a=b"})


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk, tmp_path: Path) -> Iterator[TestClient]:
    routes = APIRouter(route_class=OnceRoute)
    routes.add_api_route("/order", desk.act, methods=["GET", "POST"])
    routes.add_api_route("/other", desk.act, methods=["POST"])
    app = FastAPI()
    records = Records(sqlite_url(tmp_path / "records.db"))
    app.state.answers, app.state.gate = Answers(), Gate(records, lambda: 0)
    app.include_router(routes)
    with TestClient(app, follow_redirects=False) as client:
        yield client
    records.close()


def test_it_is_done_once_across_a_restart_and_says_where_it_led(house: House) -> None:
    """The second one comes to another process over the same records."""
    with house.browser("worker") as browser, house.browser("worker"):
        token = re.findall(r'name="csrf" value="([^"]+)"', browser.get("/account").text)[0]
        form = {"csrf": token, "once": new_key()}

        def send() -> Response:
            return browser.client.post("/account/sessions/end-others", data=form, headers={"Origin": ORIGIN})

        first, session = send(), browser.session
        house.app.state.answers = Answers()
        again = send()
    assert (first.status_code, first.headers["location"]) == (303, "/account?said=ended")
    assert (again.status_code, again.headers["location"]) == (303, "/account?said=ended")
    assert session is not None
    assert "set-cookie" not in again.headers, "no secret is kept for it"


def test_what_was_begun_and_never_ended_is_not_done_again_unasked(house: House) -> None:
    with house.browser("worker") as browser:
        token = re.findall(r'name="csrf" value="([^"]+)"', browser.get("/account").text)[0]
        form = {"csrf": token, "once": new_key()}
        named = "\0".join(("/account/sessions/end-others", form["once"], token))
        house.services.records.forms_done.claim(OURS, hashlib.sha256(named.encode()).digest(), 1)
        answer = browser.client.post("/account/sessions/end-others", data=form, headers={"Origin": ORIGIN})
        assert (answer.status_code, "sent already" in answer.text) == (409, True)


def test_the_second_post_gets_the_firsts_answer(client: TestClient, desk: Desk) -> None:
    form = {"once": new_key()}
    first, second = client.post("/order", data=form), client.post("/order", data=form)
    assert second.headers["location"] == first.headers["location"] == "/receipts/1"
    assert second.headers["set-cookie"] == "a=b"
    assert desk.done == 1


def test_another_form_place_or_browser_is_another_act(client: TestClient, desk: Desk) -> None:
    form = {"once": new_key()}
    client.post("/order", data=form)
    client.post("/order", data={"once": new_key()})
    client.post("/other", data=form)
    client.post("/order", data=form | {"csrf": "another browser's"})
    assert desk.done == 4


@pytest.mark.parametrize("form", [{}, {"once": ""}, {"once": "short"}, {"once": "x" * 500}])
def test_without_a_key_of_ours_each_post_is_an_act(
    client: TestClient, desk: Desk, form: dict[str, str]
) -> None:
    for _ in range(2):
        client.post("/order", data=form)
    assert desk.done == 2


def test_what_was_refused_may_be_tried_again(client: TestClient, desk: Desk) -> None:
    form = {"once": new_key()}
    desk.fails = True
    assert client.post("/order", data=form).status_code == 422
    desk.fails = False
    assert client.post("/order", data=form).status_code == 303


async def test_two_that_come_at_once_are_one_act() -> None:
    answers, begun, go = Answers(), asyncio.Event(), asyncio.Event()
    done = 0

    async def act() -> Answer:
        nonlocal done
        done += 1
        begun.set()
        await go.wait()
        return PlainTextResponse(str(done))

    first = asyncio.create_task(answers.once(b"key", act))
    await begun.wait()
    second = asyncio.create_task(answers.once(b"key", act))
    await asyncio.sleep(0)
    go.set()
    assert [answer.body for answer in await asyncio.gather(first, second)] == [b"1", b"1"]


async def test_where_the_first_breaks_off_the_second_does_it() -> None:
    answers, begun = Answers(), asyncio.Event()

    async def broken() -> Answer:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def whole() -> Answer:
        return PlainTextResponse("done")

    first = asyncio.create_task(answers.once(b"key", broken))
    await begun.wait()
    second = asyncio.create_task(answers.once(b"key", whole))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).body == b"done"


async def test_the_memory_is_bounded() -> None:
    answers = Answers(most=2)

    async def act() -> Answer:
        return PlainTextResponse("done")

    for number in range(5):
        await answers.once(bytes([number]), act)
    assert len(answers._kept) == 2
