"""The walks of a firm's first day, in a real browser: from the code on the console to a customer's page.

Without an error on any console; the ones people take on a phone also at 400 kbit/s and 400 ms.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from store.records.changes import By
from store.records.links import link_digest
from tests.registered import projects_in
from tests.web.browsing import slow_down
from tests.web.site_day import PROJECTS, SITE, Clock, Stand, at, now_frames, serving, tell_day
from web.access.invitations import make_owner_code
from web.customer.project import changed_projects
from web.links.strength import make_link_token
from wire.batch import Frame

pytestmark = pytest.mark.browser

FIRM: Final = "firm"
PASSWORD: Final = "brass plumb bob 38"
OTHER_SITE: Final = "huaihai-7"
PHONE: Final[dict[str, Any]] = {
    "viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True,
}  # fmt: skip


@dataclass
class House:
    """A firm with two sites and nobody in it yet, behind a real server."""

    url: str
    stand: Stand
    browser: Browser
    wrong: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def device(self, slow: bool = False, **options: Any) -> Page:
        """A browser of somebody's own, watched."""
        context = self.browser.new_context(locale="en-GB", reduced_motion="reduce", **options)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        if slow:
            slow_down(page)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        """Errors and warnings: what a browser only advises (`verbose`) is none."""
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{message.location}: {message.text}")

    def open(self, page: Page, path: str) -> None:
        page.goto(self.url + path, wait_until="domcontentloaded")

    def close(self) -> None:
        for context in self._contexts:
            context.close()

    def owner(self) -> Page:
        """At a desk, signed in."""
        page = self.device()
        self.open(page, "/door/sign-in")
        sign_in(page, "zhou")
        return page


@pytest.fixture(scope="module")
def house(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    stand = Stand(tmp_path_factory.mktemp("walks") / "data", Clock(at(15.2)))
    with contextlib.closing(stand):
        stand.projects = projects_in(stand.records, PROJECTS)
        tell_day(stand, at(15.2), hours=3, step_ms=20_000)
        with serving(stand, look=changed_projects(stand.records)) as url:
            house = House(url, stand, browser)
            with contextlib.closing(house):
                become_owner(house)
                yield house


@pytest.fixture(autouse=True)
def nothing_goes_wrong(house: House) -> Iterator[None]:
    """On no page of any device."""
    house.wrong.clear()
    yield
    assert house.wrong == []


def become_owner(house: House) -> None:
    """By the code that the server's console has shown."""
    page = house.device()
    house.open(page, "/door/owner")
    code = make_owner_code(house.stand.records, house.stand.clock(), FIRM)
    fill(page, code=code, firm="Hengzhi", name="周建国 Zhou Jianguo", login="zhou", password=PASSWORD)
    page.wait_for_url("**/firm")
    page.context.close()


def fill(page: Page, **typed: str) -> None:
    """A form's fields, and its button."""
    for name, value in typed.items():
        page.fill(f"[name={name}]", value)
    page.click("main .acts button")


def sign_in(page: Page, login: str) -> None:
    fill(page, login=login, password=PASSWORD)
    page.wait_for_url("**/firm")


def invited(owner: Page, house: House, name: str, role: str, site: str) -> str:
    """The path of the link that the owner is shown."""
    house.open(owner, "/people/invite")
    owner.fill("[name=name]", name)
    owner.check(f"[name=roles][value={role}]")
    owner.check(f"[name=sites][value={site}]")
    owner.click("main .acts button")
    return owner.locator("code").inner_text().removeprefix(house.url)


@pytest.mark.parametrize("slow", [False, True], ids=["", "400 kbit/s"])
def test_who_is_invited_comes_in_on_a_phone_and_sees_their_site_alone(house: House, slow: bool) -> None:
    name = "耿长河 Geng" if slow else "马腾 Ma"
    link = invited(house.owner(), house, name, "foreman", SITE)
    phone = house.device(slow, **PHONE)
    house.open(phone, link)
    fill(phone, login=name[:2], password=PASSWORD)
    phone.wait_for_url("**/firm")
    told = phone.locator("main").inner_text()
    assert ("Fenglin" in told, "Huaihai" in told) == (True, False), told
    house.wrong.clear()  # the browser says of a 404 that it was one
    answer = phone.goto(f"{house.url}/sites/{OTHER_SITE}")
    assert answer is not None
    assert answer.status == 404
    house.wrong.clear()


def test_a_session_is_ended_from_another_device(house: House) -> None:
    phone, desk = house.device(**PHONE), house.owner()
    house.open(phone, "/door/sign-in")
    sign_in(phone, "zhou")
    house.open(desk, "/account")
    desk.get_by_role("button", name="Sign out all other devices").click()
    desk.wait_for_load_state()
    phone.reload()
    phone.wait_for_url("**/door/sign-in**")
    house.open(desk, "/firm")
    assert desk.url.endswith("/firm")


@pytest.mark.parametrize("slow", [False, True], ids=["", "400 kbit/s"])
def test_a_customer_opens_their_link_and_the_page_lives(house: House, slow: bool) -> None:
    """The link is gone from the address bar; a figure changes without a reload."""
    link = link_for(house, "郑先生", SITE)
    phone = house.device(slow, **PHONE)
    house.open(phone, f"{link}?lang=en")
    phone.wait_for_url(lambda address: link not in address)
    assert "18 Fenglin Road" in phone.locator("body").inner_text()
    loads: list[str] = []
    phone.on("request", lambda asked: loads.append(asked.url) if asked.is_navigation_request() else None)
    house.stand.append(now_frames(house.stand, 2_345.0))
    phone.wait_for_function(
        "() => /2\\.3[45]/.test(document.querySelector('[data-figure=power]').textContent)"
    )
    assert loads == []
    phone.reload()
    assert "18 Fenglin Road" in phone.locator("body").inner_text()


def link_for(house: House, whom: str, project: str) -> str:
    """The path of a new link."""
    token = make_link_token()
    by = By("member:zhou", house.stand.clock())
    house.stand.records.links.add(FIRM, project, whom, link_digest(token), None, by)
    return f"/p/{token}"


def test_a_site_that_falls_silent_moves_up_on_the_owners_page(house: House) -> None:
    """Its agent's last will is an entry of the log; the page asks again by itself."""
    now = house.stand.clock()
    frames = [
        Frame(device="th-kitchen", time=[now], values={"temperature": [19.4], "relative_humidity": [61.0]}),
        Frame(device="meter-main", time=[now], values={"active_power": [85.0]}),
    ]
    house.stand.append(frames, site=OTHER_SITE)
    house.stand.status(site=OTHER_SITE, devices=["th-kitchen", "meter-main", "gate"])
    house.stand.follow()
    page = house.owner()
    row = page.locator("li.site", has_text="7 Huaihai Road")
    assert row.get_attribute("data-standing") != "silent"
    house.stand.status(online=False, site=OTHER_SITE)
    house.stand.follow()
    page.wait_for_selector("li.site[data-standing=silent] >> text=7 Huaihai Road")
    assert "7 Huaihai Road" in page.locator("li.site").first.inner_text()
