"""Another day without another page, the page where there is no network, and the screen on a wall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.slow_network import FCP_MS, opened
from tests.servers import wait_until
from tests.web.browsing import SIDEWAYS, barriers
from tests.web.site_day import TOKEN, Stand, at, serving, tell_day

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce", has_touch=True
    )
    yield context.new_page()
    context.close()


@pytest.fixture
def url(stand: Stand) -> Iterator[str]:
    tell_day(stand, at(15.2), step_ms=20_000)
    with serving(stand) as found:
        yield found


def title(page: Page) -> str:
    return page.locator("#day-heading").text_content() or ""


def test_a_day_before_is_shown_by_arrow_keys_links_and_the_date(page: Page, url: str) -> None:
    page.goto(f"{url}/p/{TOKEN}")
    page.focus(".slide")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('[data-date="2026-11-22"]')
    assert "day=2026-11-22" in page.url
    page.click('.days-around a[rel="prev"]')
    page.wait_for_selector('[data-date="2026-11-21"]')
    assert page.locator(".told .sentence").text_content() == "There is no data from this day."
    page.fill("#day-field", "2026-11-23")
    page.wait_for_selector('[data-date="2026-11-23"] .plumb-bob')
    assert title(page).startswith("Today")
    assert page.evaluate(SIDEWAYS) == 0
    assert barriers(page) == []


def test_without_a_network_the_last_page_says_how_old_it_is_and_shows_nothing_as_fresh(
    page: Page, stand: Stand
) -> None:
    tell_day(stand, at(15.2), step_ms=20_000)
    with serving(stand) as url:
        page.goto(f"{url}/p/{TOKEN}")
        address = page.url
        page.wait_for_function(
            "async () => (await navigator.serviceWorker.ready) && (await caches.keys()).length"
        )
        page.wait_for_function(
            "async (home) => (await (await caches.open(`page ${home}`)).keys()).length > 5",
            arg=address.removeprefix(url),
        )
    page.goto(address)
    banner = page.locator("#link")
    wait_until(banner.is_visible, 15, "the banner")
    assert "no contact with the server since 15:12" in (banner.text_content() or "")
    assert "unlinked" in (page.evaluate("document.documentElement.className"))


def test_the_wall_needs_no_scrolling_and_names_nobody(page: Page, url: str) -> None:
    page.goto(f"{url}/p/{TOKEN}")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{page.url}/wall")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    assert page.evaluate(SIDEWAYS) == 0
    assert barriers(page) == []


def test_on_a_bad_network_the_page_is_there_soon(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    assert opened(context, f"{url}/p/{TOKEN}").fcp_ms < 4 * FCP_MS, (
        "a loaded machine; the limit is the bench's"
    )
    context.close()
