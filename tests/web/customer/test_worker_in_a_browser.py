"""The worker of a customer's page in a real browser, before a server that answers what it is told to."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import web.customer

pytestmark = pytest.mark.browser

HOME = "/c/firm/one"
WORKER = Path(web.customer.__file__).with_name("worker.js").read_bytes()
PAGE = b'<!doctype html><html lang="en"><title>One</title><p>On site</p></html>'
KEPT = "async () => (await caches.keys()).length"


@dataclass
class Front:
    """`status` is what the page answers with."""

    url: str = ""
    status: int = 200


@pytest.fixture
def front() -> Iterator[Front]:
    front = Front()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_worker = self.path == f"{HOME}/worker.js"
            body = WORKER if is_worker else PAGE
            self.send_response(200 if is_worker else front.status)
            self.send_header("Content-Type", "text/javascript" if is_worker else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Service-Worker-Allowed", HOME)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test's output is its own."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="front")
    thread.start()
    front.url = f"http://127.0.0.1:{server.server_port}{HOME}"
    yield front
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(browser: Browser, front: Front) -> Iterator[Page]:
    """With the page kept, and the worker in charge of it."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(front.url)
    page.evaluate(
        "async (home) => { await navigator.serviceWorker.register(`${home}/worker.js`, { scope: home }); }",
        HOME,
    )
    page.wait_for_function("() => navigator.serviceWorker.controller")
    page.wait_for_function(
        "async (home) => Boolean(await (await caches.open(`page ${home}`)).match(home))", arg=HOME
    )
    yield page
    context.close()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_nothing_is_kept_once_the_link_has_ended(page: Page, front: Front, status: int) -> None:
    front.status = status
    answer = page.goto(front.url)
    assert answer is not None
    assert answer.status == status
    assert page.evaluate(KEPT) == 0


def test_an_end_is_heard_from_a_day_that_is_asked_for(page: Page, front: Front) -> None:
    front.status = 410
    assert page.evaluate("async (home) => (await fetch(`${home}/day`)).status", HOME) == 410
    assert page.evaluate(KEPT) == 0


@pytest.mark.parametrize("status", [502, 503, 504])
def test_where_the_server_is_away_the_kept_page_says_when_it_was_kept(
    page: Page, front: Front, status: int
) -> None:
    front.status = status
    page.goto(front.url)
    assert page.locator("html.unlinked[data-kept]").count() == 1
    assert page.evaluate(KEPT) == 1
