"""A customer's link in a real browser: it is gone from the address bar, lasts a reload, and ends in words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from store.records.changes import By
from tests.servers import wait_until
from tests.web.browsing import barriers
from tests.web.site_day import OTHER_TOKEN, TOKEN, Stand, at, serving, tell_day
from web.customer.project import changed_projects

PAGE = "/c/firm/fenglin-18"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="en-GB", reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def headline(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_a_link_is_opened_reloaded_and_taken_back(stand: Stand, page: Page) -> None:
    tell_day(stand, at(15.2), hours=1)
    with serving(stand, look=changed_projects(stand.records)) as url:
        for token, title in ((OTHER_TOKEN, "7 Huaihai Road"), (TOKEN, "18 Fenglin Road")):
            page.goto(f"{url}/p/{token}")
            assert token not in page.url
            assert title in page.title()
        page.reload()
        assert page.url == f"{url}{PAGE}"
        assert "18 Fenglin Road" in page.title()
        assert page.evaluate("document.cookie") == ""
        assert TOKEN not in page.content()
        (link,) = stand.records.links.of("firm", "fenglin-18")
        stand.records.links.revoke("firm", link.id, By("member:li", stand.clock()))
        wait_until(lambda: headline(page) == "This link has ended", 30, "the page that says so")
        assert "Please ask Firm" in page.locator("main").inner_text()
        assert barriers(page) == []
        page.goto(f"{url}/c/firm/huaihai-7")
        assert "7 Huaihai Road" in page.title()


def test_where_cookies_are_refused_it_is_said_what_to_do(stand: Stand, page: Page) -> None:
    refused = {"location": PAGE}  # the browser went on without what it was to keep
    page.context.route("**/p/*", lambda route: route.fulfill(status=303, headers=refused))
    with serving(stand) as url:
        page.goto(f"{url}/p/{TOKEN}")
        assert "Please open it by its link" in headline(page)
        assert "keeps no cookies" in page.locator("main").inner_text()
        assert barriers(page) == []


def test_a_browser_that_holds_the_stream_back_asks_instead(stand: Stand, page: Page) -> None:
    tell_day(stand, at(15.2), hours=1)
    page.context.route("**/live?*", lambda _: None)
    page.clock.install()
    with serving(stand) as url:
        page.goto(f"{url}/p/{TOKEN}")
        with page.expect_response(lambda answer: "/figures" in answer.url) as asked:
            page.clock.run_for(11_000)
        assert asked.value.ok
