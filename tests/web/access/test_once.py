"""A form that is sent twice is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.testclient import TestClient

from web.access.once import Answers, OnceRoute
from web.kit.once import new_key


class Desk:
    """Counts what is done at it."""

    def __init__(self) -> None:
        self.done = 0
        self.fails = False

    async def act(self) -> Response:
        self.done += 1
        if self.fails:
            return PlainTextResponse("not like this", 422)
        return RedirectResponse(f"/receipts/{self.done}", 303, {"Set-Cookie": "a=b"})


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    routes = APIRouter(route_class=OnceRoute)
    routes.add_api_route("/order", desk.act, methods=["GET", "POST"])
    routes.add_api_route("/other", desk.act, methods=["POST"])
    app = FastAPI()
    app.state.answers = Answers()
    app.include_router(routes)
    with TestClient(app, follow_redirects=False) as client:
        yield client


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

    async def act() -> Response:
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

    async def broken() -> Response:
        begun.set()
        await asyncio.sleep(3_600)
        raise AssertionError

    async def whole() -> Response:
        return PlainTextResponse("done")

    first = asyncio.create_task(answers.once(b"key", broken))
    await begun.wait()
    second = asyncio.create_task(answers.once(b"key", whole))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).body == b"done"


async def test_the_memory_is_bounded() -> None:
    answers = Answers(most=2)

    async def act() -> Response:
        return PlainTextResponse("done")

    for number in range(5):
        await answers.once(bytes([number]), act)
    assert len(answers._kept) == 2
