"""Every page of the table of rooms in a real browser, as the owner of the demonstration: nothing in anybody's
way, nothing too small for a thumb, nothing to scroll sideways to, no complaint on any console."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from benchmarks.screenshots import LANGUAGES, WIDTHS, Visitor, is_page, pages, sign_in
from tests.web.browsing import SIDEWAYS, SMALL, barriers
from tests.web.demonstration import EXAMPLES, LOGIN, PASSWORD, demonstration
from web.rooms import rooms

pytestmark = pytest.mark.browser

#: What a colour scheme can change: axe asks all else once.
BY_SCHEME = ["color-contrast"]


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Iterator[Callable[[str], BrowserContext]]:
    """A browser of the owner's own, by language, and the server it is at."""
    with demonstration() as (url, _):
        entered = sign_in(browser, url, Visitor(LOGIN, PASSWORD, f"/p/{EXAMPLES['token']}"))
        contexts = []

        def open_browser(language: str) -> BrowserContext:
            locale = "zh-CN" if language == "zh" else "en-GB"
            context = browser.new_context(
                base_url=url, storage_state=entered, locale=locale, reduced_motion="reduce"
            )
            contexts.append(context)
            return context

        yield open_browser
        for context in contexts:
            context.close()


@pytest.fixture(scope="module")
def paths(visit: Callable[[str], BrowserContext]) -> list[str]:
    """Those that answer with a page."""
    context = visit("en")
    page = context.new_page()
    page.goto("/health")
    url, entered = page.url.removesuffix("/health"), context.storage_state()
    return [one.path for one in pages(rooms(), EXAMPLES).values() if is_page(url + one.path, entered)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_nobodys_way(
    visit: Callable[[str], BrowserContext], paths: list[str], language: str
) -> None:
    page, found = visit(language).new_page(), list[str]()

    def heard(message: ConsoleMessage) -> None:
        if message.type != "info" and "[DOM]" in message.text or message.type in ("error", "warning"):
            found.append(f"{page.url} console: {message.text}")

    page.on("console", heard)
    page.on("pageerror", lambda error: found.append(f"{page.url} error: {error}"))
    for path in paths:
        page.emulate_media(color_scheme="light")
        page.goto(f"{path}?lang={language}")
        found += [f"{path} {what}" for what in in_the_way(page)]
    assert not found, "\n".join(found)
    assert len(paths) > 12, "where have the pages gone?"


def in_the_way(page: Page) -> Iterator[str]:
    """On a phone, light; then what is dark, and what is wide."""
    page.set_viewport_size({"width": WIDTHS["phone"], "height": 844})
    yield from barriers(page)
    yield from at_a_width(page)
    page.emulate_media(color_scheme="dark")
    yield from (f"in the dark: {what}" for what in barriers(page, BY_SCHEME))
    page.set_viewport_size({"width": WIDTHS["desk"], "height": 900})
    yield from at_a_width(page)


def at_a_width(page: Page) -> Iterator[str]:
    yield from (f"is small: {what}" for what in page.evaluate(SMALL))
    if (sideways := page.evaluate(SIDEWAYS)) > 0:
        yield f"scrolls sideways by {sideways} px"
