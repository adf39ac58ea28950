"""The addresses beside the customer's page: a day alone, what a phone installs, the screen on a wall."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from benchmarks.opened import BROWSER
from store.records.changes import By
from tests.web.services import services_over
from tests.web.site_day import SITE, TOKEN, Stand, at, tell_day
from web.app import create_app

WECHAT = f"{BROWSER} MicroMessenger/8.0.50 NetType/WIFI"
NIGHT_H, MORNING_H = 22.0, 6.0


@pytest.fixture
def client(stand: Stand) -> Iterator[TestClient]:
    app = create_app(services_over(stand))
    with TestClient(app, headers={"Accept-Language": "en", "User-Agent": BROWSER}) as client:
        yield client


@pytest.fixture
def home(client: TestClient) -> str:
    """The page's own address, opened by its link."""
    return client.get(f"/p/{TOKEN}").url.path


def test_a_settled_day_that_a_browser_has_is_not_sent_again(
    stand: Stand, client: TestClient, home: str
) -> None:
    tell_day(stand, at(15.2))
    first = client.get(f"{home}/day?day=2026-11-22")
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(f"{home}/day?day=2026-11-22", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    other = client.get(f"{home}/day?day=2026-11-22&lang=zh", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize("day", ["2026-11-23", "2026-11-24", "no-date"])
def test_a_day_that_may_change_is_never_stored(stand: Stand, client: TestClient, home: str, day: str) -> None:
    tell_day(stand, at(15.2))
    answer = client.get(f"{home}/day?day={day}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "ETag" not in answer.headers


def test_a_day_that_a_browser_has_is_not_confirmed_once_its_link_has_ended(
    stand: Stand, client: TestClient, home: str
) -> None:
    tell_day(stand, at(15.2))
    tag = client.get(f"{home}/day?day=2026-11-22").headers["ETag"]
    for link in stand.records.links.of("firm", SITE):
        stand.records.links.revoke("firm", link.id, By("member:li", stand.clock()))
    assert client.get(f"{home}/day?day=2026-11-22", headers={"If-None-Match": tag}).status_code == 410


def test_the_other_language_tells_the_same_day(stand: Stand, client: TestClient, home: str) -> None:
    tell_day(stand, at(15.2))
    page = client.get(f"{home}?day=2026-11-22").text
    (link,) = re.findall(r'<a href="([^"]*)" lang="zh-Hans-CN" hreflang', page)
    assert 'data-date="2026-11-22"' in client.get(f"{home}{link.replace('&amp;', '&')}").text
    assert 'href="?lang=zh"' in client.get(home).text


def test_a_phone_is_told_what_to_put_on_its_home_screen(client: TestClient, home: str) -> None:
    (address,) = re.findall(r'<link rel="manifest" href="([^"]*)"', client.get(home).text)
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "application/manifest+json"
    found = answer.json()
    assert (found["start_url"], found["scope"], found["lang"]) == (home, home, "en")
    assert found["name"] == "18 Fenglin Road, 3-501"
    for icon in found["icons"]:
        picture = client.get(icon["src"])
        assert (picture.status_code, picture.headers["Content-Type"]) == (200, icon["type"])
    assert TOKEN not in answer.text


def test_the_worker_may_keep_this_project_alone(client: TestClient, home: str) -> None:
    answer = client.get(f"{home}/worker.js")
    assert "javascript" in answer.headers["Content-Type"]
    assert (answer.headers["Service-Worker-Allowed"], answer.headers["Cache-Control"]) == (home, "no-store")


def test_wechat_is_told_of_nothing_to_install(client: TestClient, home: str) -> None:
    """And so of no worker: page.js registers one where there is a manifest."""
    page = client.get(home, headers={"User-Agent": WECHAT}).text
    assert 'rel="manifest"' not in page
    assert 'class="install"' not in page


@pytest.mark.parametrize(
    ("hour", "dim"),
    [(NIGHT_H - 0.1, False), (NIGHT_H, True), (24 + MORNING_H - 0.1, True), (24 + MORNING_H, False)],
)
def test_the_wall_is_dim_at_night(
    stand: Stand, client: TestClient, home: str, hour: float, dim: bool
) -> None:
    stand.clock.forward(at(hour) - stand.clock())
    assert ('data-dim="yes"' in client.get(f"{home}/wall").text) == dim


@pytest.mark.parametrize("page", ["", "/wall"])
def test_a_page_has_the_style_that_draws_its_gaps(client: TestClient, home: str, page: str) -> None:
    """They refer to a pattern of the frame, whose lines have no colour of their own."""
    html = client.get(f"{home}{page}").text
    assert 'class="hatch"' in html
    assert ".hatch{stroke:" in re.sub(r"\s*([{:])\s*", r"\1", html)
