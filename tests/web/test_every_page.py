"""Every page of the table of rooms in a real browser, as the owner of the demonstration: nothing in anybody's
way, nothing too small for a thumb, nothing to scroll sideways to, no complaint on any console."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page

from benchmarks.screenshots import WIDTHS, Visitor, is_page, pages, sign_in
from tests.web.browsing import SIDEWAYS, SMALL, barriers
from tests.web.demonstration import EXAMPLES, LOGIN, PASSWORD, demonstration
from web.rooms import rooms

pytestmark = pytest.mark.browser

#: Colours speak no language, and words have no colour: each is asked once.
SCHEMES: Final[dict[str, Literal["light", "dark"]]] = {"zh": "light", "en": "dark"}


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A page of the owner's browser, and the addresses that answer with a page."""
    with demonstration() as (url, _):
        entered = sign_in(browser, url, Visitor(LOGIN, PASSWORD, f"/p/{EXAMPLES['token']}"))
        context = browser.new_context(base_url=url, storage_state=entered, reduced_motion="reduce")
        paths = [one.path for one in pages(rooms(), EXAMPLES).values() if is_page(url + one.path, entered)]
        yield context.new_page(), paths
        context.close()


@pytest.mark.parametrize("language", SCHEMES)
def test_a_page_is_in_nobodys_way(visit: tuple[Page, list[str]], language: str) -> None:
    page, paths = visit
    found: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") or "[DOM]" in message.text:
            found.append(f"{page.url} console: {message.text}")

    def failed(error: Error) -> None:
        found.append(f"{page.url} error: {error}")

    page.emulate_media(color_scheme=SCHEMES[language])
    page.on("console", heard)
    page.on("pageerror", failed)
    for path in paths:
        page.goto(f"{path}?lang={language}", wait_until="domcontentloaded")
        found += [f"{path} {what}" for what in in_the_way(page)]
    page.remove_listener("console", heard)
    page.remove_listener("pageerror", failed)
    assert not found, "\n".join(found)
    assert len(paths) > 12, "where have the pages gone?"


def in_the_way(page: Page) -> Iterator[str]:
    """On a phone, then on a desk."""
    page.set_viewport_size({"width": WIDTHS["phone"], "height": 844})
    yield from barriers(page)
    yield from at_a_width(page)
    page.set_viewport_size({"width": WIDTHS["desk"], "height": 900})
    yield from at_a_width(page)


def at_a_width(page: Page) -> Iterator[str]:
    yield from (f"is small: {what}" for what in page.evaluate(SMALL))
    if (sideways := page.evaluate(SIDEWAYS)) > 0:
        yield f"scrolls sideways by {sideways} px"
