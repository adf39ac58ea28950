"""The web server behind a proxy: only one that is trusted says for whom it asks."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import suppress
from typing import cast

import pytest
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from plumbline.pages import Pages
from plumbline.settings import WebSettings
from tests.servers import free_port, wait_until
from web.http.addresses import LOOPBACK, visitor
from web.live.hub import Hub


async def who_asks(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that answers with the address it sees."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": visitor(HTTPConnection(scope)).encode()})


class NoStreams:
    """Pages without live streams have none to end."""

    def close(self) -> None:
        """Nothing is open."""


def answer(port: int, forwarded: str) -> str:
    """What the server at `port` says to a request that came by way of somebody."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/", headers={"X-Forwarded-For": forwarded})
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def test_unsaid_it_is_one_on_this_machine() -> None:
    assert WebSettings().trusted_proxies == LOOPBACK


@pytest.mark.parametrize(
    ("trusted", "forwarded", "asks"),
    [
        (LOOPBACK, "203.0.113.9", "203.0.113.9"),
        (LOOPBACK, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "203.0.113.0/24"), "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        ((), "203.0.113.9", "127.0.0.1"),
    ],
)
async def test_only_a_trusted_proxy_says_who_asks(
    trusted: tuple[str, ...], forwarded: str, asks: str
) -> None:
    place = WebSettings(port=free_port(), trusted_proxies=trusted)
    stop = asyncio.Event()
    serving = asyncio.create_task(Pages(who_asks, cast("Hub", NoStreams()), place).run(stop))
    found: list[str] = []

    def answers() -> bool:
        with suppress(ConnectionRefusedError):
            found.append(answer(place.port, forwarded))
        return bool(found)

    await asyncio.to_thread(wait_until, answers, what="the server answers")
    stop.set()
    await serving
    assert found == [asks]
