"""Every part of the kit in a real browser: readable, pressable, in all widths, schemes and languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from benchmarks.screenshots import Visitor, sign_in
from tests.web.access.house import OURS, PASSWORD, furnish
from tests.web.browsing import SIDEWAYS, SMALL, barriers
from tests.web.site_day import Clock, Stand, at, serving
from web.http.assets import Assets
from web.kit.frame import Masthead
from web.kit.link import Link
from web.kit.render import render
from web.living.view import build

pytestmark = pytest.mark.browser

PHONE, DESK = 390, 1280
#: The narrowest phone; and a desk at a zoom of 200 % (WCAG 1.4.4, 1.4.10).
NARROW = (320, DESK // 2)
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def entered(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Where the house is served, and the cookies of its owner: the page only shows, nothing changes."""
    stand = Stand(tmp_path_factory.mktemp("living"), Clock(at(15.2)))
    furnish(stand)
    with serving(stand) as url:
        yield url, sign_in(browser, url, Visitor(f"owner@{OURS}", PASSWORD))
    stand.close()


@pytest.fixture
def open_page(browser: Browser, entered: tuple[str, Any]) -> Iterator[Open]:
    contexts = []
    url, cookies = entered

    def open_page(width: int = DESK, lang: str = "en", **options: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            reduced_motion="reduce",
            storage_state=cookies,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.wrong = wrong = []  # type: ignore[attr-defined]
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{url}/living?lang={lang}")
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_there_is_no_barrier_no_error_and_nothing_too_small_to_press(
    open_page: Open, width: int, lang: str, scheme: str
) -> None:
    page = open_page(width, lang, color_scheme=scheme)
    assert barriers(page) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate(SIDEWAYS) == 0
    assert page.wrong == []  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_nothing_is_cut_off_on_a_narrow_phone_or_zoomed(open_page: Open, width: int, lang: str) -> None:
    assert open_page(width, lang).evaluate(SIDEWAYS) == 0


def test_a_dialog_opens_and_escape_closes_it(open_page: Open) -> None:
    page = open_page()
    dialog = page.locator("#shelve")
    page.get_by_role("link", name="Shelve").click()
    assert dialog.is_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    assert dialog.is_hidden()
    assert page.evaluate("document.activeElement.dataset.opens") == "shelve"


def test_a_menu_closes_by_escape_and_by_a_press_elsewhere(open_page: Open) -> None:
    page = open_page()
    menu = page.locator("main details.menu").first
    summary = menu.locator("summary")
    summary.click()
    assert menu.evaluate("menu => menu.open")
    page.keyboard.press("Escape")
    assert not menu.evaluate("menu => menu.open")
    summary.click()
    page.locator("h1").click()
    assert not menu.evaluate("menu => menu.open")


def test_more_ways_are_behind_the_last_place_of_a_phone(open_page: Open) -> None:
    page = open_page(PHONE)
    names = ("Firm", "Sites", "Links", "People", "Settings")
    around = Masthead("Fenglin", ways=tuple(Link(name, "/living") for name in names))
    page.set_content(render(build("en", Assets(), around)))
    settings = page.locator(".ways .more").get_by_role("link", name="Settings")
    assert settings.is_hidden()
    page.locator(".ways .more summary").click()
    assert settings.is_visible()


def test_a_chart_is_read_out_under_the_finger(open_page: Open) -> None:
    page = open_page()
    plot = page.locator("#leakage .plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 60)
    readout = page.locator("#leakage .readout")
    assert (readout.text_content() or "").startswith("07:00")
    page.mouse.move(0, 0)
    assert readout.text_content() == ""


def test_a_form_is_sent_once_however_often_it_is_pressed(open_page: Open) -> None:
    page = open_page()
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(body="It is done.")

    page.route("**/living", answer)
    page.evaluate("""() => {
      const button = [...document.querySelectorAll("button")].find((b) => b.textContent === "On my way");
      for (let times = 0; times < 3; times++) button.form.requestSubmit();
    }""")
    page.wait_for_selector("text=It is done.")
    assert sent == ["POST"]


def test_after_an_error_the_cursor_is_in_the_first_wrong_field(open_page: Open) -> None:
    page = open_page()
    assert page.evaluate("document.activeElement.id") == "second-email"
    assert (
        page.locator("#second-email").get_attribute("aria-describedby")
        == "second-email-help second-email-error"
    )


def test_without_scripts_all_is_there(open_page: Open) -> None:
    page = open_page(PHONE, java_script_enabled=False)
    assert page.locator("#leakage path.line").first.is_visible()
    page.locator("#leakage summary").click()
    assert page.locator("#leakage table").is_visible()
    assert page.get_by_role("link", name="Shelve").get_attribute("href") == "/living"


def test_on_paper_there_is_nothing_to_press(open_page: Open) -> None:
    page = open_page()
    page.emulate_media(media="print")
    for gone in (".ways", ".languages", ".toasts", ".pager"):
        assert page.locator(gone).first.is_hidden(), gone
