"""Every route, on real stores: what it gives, and what it must never give."""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from benchmarks.opened import BROWSER
from parts.vitals import Vitals
from tests.web.services import services_over
from tests.web.site_day import FOREMAN, HELPER, OTHER_TOKEN, SITE, TILER, TOKEN, Stand, at, tell_day
from web.app import create_app
from web.http.headers import HEADERS
from web.links.visit import PREFIX

HEADERS_OF_A_BROWSER = {"Accept-Language": "en", "User-Agent": BROWSER}
SITES_OWN_WORDS = ("枫林路", "Fenglin", "郑先生", "Zheng", SITE, "fenglin", "主卫", "Bathroom", "th-bath")
CJK = re.compile(r"[\u3400-\u9fff，。：；、]")


@pytest.fixture
def client(stand: Stand) -> Iterator[TestClient]:
    app = create_app(services_over(stand))
    with TestClient(app, headers=HEADERS_OF_A_BROWSER) as client:
        yield client


def day_of(client: TestClient, token: str = TOKEN, day: str = "") -> str:
    """The part of the page that tells a day."""
    page = client.get(f"/p/{token}").url.path
    return client.get(f"{page}/day", params={"day": day} if day else {}).text


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", re.sub(r"<head>.*?</head>", "", html, flags=re.S)))


def test_the_page_says_in_plain_html_what_is_going_on(stand: Stand, client: TestClient) -> None:
    tell_day(stand, at(15.2))
    text = text_of(client.get(f"/p/{TOKEN}").text)
    assert "2 people on site, work is under way." in text
    assert "Day 35" in text
    assert re.search(r"Electricity today \d\.\d kWh (just now|\d+ s ago)", text), text
    assert re.search(r"Bathroom Temperature 1\d\.\d °C", text), text


def test_an_empty_project_is_a_page_too(client: TestClient) -> None:
    answer = client.get(f"/p/{TOKEN}?lang=zh")
    assert answer.status_code == 200
    assert "还没有数据。" in answer.text
    assert "今天还没有数据。" in answer.text


def test_the_language_is_kept_for_the_next_visit(client: TestClient) -> None:
    assert '<html lang="en">' in client.get(f"/p/{TOKEN}").text
    assert '<html lang="zh-Hans-CN">' in client.get(f"/p/{TOKEN}?lang=zh").text
    assert '<html lang="zh-Hans-CN">' in client.get(f"/p/{TOKEN}").text


def test_no_chinese_is_left_on_the_english_page(stand: Stand, client: TestClient) -> None:
    tell_day(stand, at(15.2), silent="th-bedroom", silent_since=at(14))
    html = client.get(f"/p/{TOKEN}?lang=en").text
    switch = '<a href="?lang=zh" lang="zh-Hans-CN" hreflang="zh-Hans-CN">中</a>'
    assert switch in html
    assert CJK.findall(html.replace(switch, "")) == []


def test_what_is_written_into_a_page_cannot_become_markup(stand: Stand) -> None:
    first = stand.projects[0]
    nasty = replace(first.title, en='"><script>alert(1)</script>')
    projects = [replace(first, title=nasty)]
    app = create_app(services_over(stand, projects=projects))
    with TestClient(app, headers=HEADERS_OF_A_BROWSER) as client:
        assert "<script>alert" not in client.get(f"/p/{TOKEN}?lang=en").text


def test_nothing_stands_inline_and_nothing_comes_from_elsewhere(client: TestClient) -> None:
    html = client.get(f"/p/{TOKEN}").text
    assert re.findall(r"<script(?![^>]*\bsrc=)|\bstyle=|\bon\w+=|https?://", html) == []


@pytest.mark.parametrize("page", ["", "/wall"])
def test_the_one_sheet_in_a_page_is_the_one_its_policy_names(client: TestClient, page: str) -> None:
    answer = client.get(f"{client.get(f'/p/{TOKEN}').url.path}{page}")
    (sheet,) = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    [f"/p/{TOKEN}", "/c/firm/fenglin-18/day", "/p/nobody", "/health", "/static/x/kit.css", "/nowhere"],
)
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    others = {name: value for name, value in HEADERS.items() if name != "Content-Security-Policy"}
    assert {name: headers[name] for name in others} == others
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy


def test_pages_are_never_stored_and_static_files_for_ever(client: TestClient) -> None:
    page = client.get(f"/p/{TOKEN}")
    assert page.headers["Cache-Control"] == "no-store"
    (script,) = re.findall(r'src="(/static/[^"]*customer/page\.js)"', page.text)
    assert "immutable" in client.get(script).headers["Cache-Control"]
    old = re.sub(r"/static/\w+/", "/static/old/", script)
    assert client.get(old).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "vendor/../../app.py", "vendor", ""])
def test_only_listed_files_are_served(client: TestClient, name: str) -> None:
    assert client.get(f"/static/x/{name}").status_code == 404


def test_an_unknown_token_is_the_same_page_whatever_was_asked(client: TestClient) -> None:
    answers = [
        client.request(method, path)
        for method, path in (
            ("GET", "/p/wrong"), ("GET", f"/p/{TOKEN[:-1]}"), ("GET", f"/p/{TOKEN}x/live"),
            ("GET", "/p/a/chart"), ("GET", "/p/"), ("GET", "/nowhere"), ("POST", f"/p/{TOKEN}"),
            ("GET", "/openapi.json"),
        )
    ]  # fmt: skip
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert "这里没有页面" in answers[0].text
    assert "There is no page here" in answers[0].text


def test_a_store_that_is_away_is_said_kindly_and_to_come_back(stand: Stand) -> None:
    app = create_app(services_over(stand))
    for part in stand.folder.glob("timeseries.db*"):
        part.write_bytes(b"a disk that has gone mad" * 4_096)
    with TestClient(app, headers=HEADERS_OF_A_BROWSER) as client:
        answer = client.get(f"/p/{TOKEN}?lang=en")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
        assert "please try again" in answer.text
        assert "disk" not in answer.text


@pytest.mark.parametrize("failing", [[], ["broker", "time series"]])
def test_health_says_the_state_and_no_figure(stand: Stand, failing: list[str]) -> None:
    parts = {"broker": {"state": "failing", "why": "broker.example: refused", "received": 17}}
    app = create_app(services_over(stand, vitals=lambda: Vitals(failing, parts)))
    with TestClient(app, headers=HEADERS_OF_A_BROWSER) as client:
        health = client.get("/health")
    said = (503, {"status": "failing", "failing": failing}) if failing else (200, {"status": "ok"})
    assert (health.status_code, health.json()) == said


def test_a_day_has_gaps_as_gaps_and_people_as_a_band(client: TestClient, stand: Stand) -> None:
    tell_day(stand, at(15.2), outage=(at(12.2), at(12.8)))
    told = day_of(client)
    assert "no data 12:12–12:48" in told
    (gap,) = re.findall(r'class="gap" x="([\d.]+)%" width="([\d.]+)%"', told)
    assert [float(part) for part in gap] == [50.83, 2.5]
    assert len(_bars_of_people(told)) == 7
    assert "The first came at 07:31; up to 3 people at once so far." in text_of(told)


def test_people_are_drawn_up_to_where_the_site_was_last_heard(client: TestClient, stand: Stand) -> None:
    tell_day(stand, at(14.5))
    start, width = _bars_of_people(day_of(client))[-1]
    assert start + width == pytest.approx(1_000 * 14.5 / 24, abs=0.2)


def _bars_of_people(told: str) -> list[tuple[float, float]]:
    """Where each begins and how wide it is, in thousandths of the day."""
    (path,) = re.findall(r'class="crew" d="([^"]+)"', told)
    return [(float(x), float(width)) for x, width in re.findall(r"M([\d.]+) \d+v-[\d.]+h([\d.]+)", path)]


def _walk(client: TestClient, token: str) -> dict[str, str]:
    """Every GET route but the endless stream, in a browser that has opened this link."""
    firm, project = client.get(f"/p/{token}").url.path.split("/")[2:]
    paths = {route.path for route in _api_routes(client.app) if "GET" in (route.methods or ())}
    assert {"/p/{token}", PREFIX, f"{PREFIX}/day", f"{PREFIX}/live", "/health"} <= paths
    filled = collections.defaultdict(lambda: "x", token=token, name="kit.css", firm=firm, project=project)
    ready = [p.replace(":path", "").format_map(filled) for p in paths if not p.endswith("/live")]
    return {path: client.get(path).text for path in ready}


def _api_routes(app: object) -> list[APIRoute]:
    """The app's routes, those of included routers too."""
    found: list[APIRoute] = []
    waiting = list(app.routes)  # type: ignore[attr-defined]
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        elif router := getattr(route, "original_router", None):
            waiting += router.routes
    return found


def test_another_customer_sees_nothing_of_this_site(client: TestClient, stand: Stand) -> None:
    tell_day(stand, at(15.2))
    for path, text in _walk(client, OTHER_TOKEN).items():
        assert [word for word in SITES_OWN_WORDS if word in text] == [], path
    assert "There is no data from today yet." in text_of(day_of(client, OTHER_TOKEN))


def test_no_answer_names_a_badge(client: TestClient, stand: Stand) -> None:
    tell_day(stand, at(15.2))
    for path, text in _walk(client, TOKEN).items():
        assert [badge for badge in (TILER, HELPER, FOREMAN) if badge in text or badge[2:] in text] == [], path
        assert not re.search(r"b:[0-9a-f]{32}", text), path


def test_the_browser_is_told_what_it_needs_and_no_more(client: TestClient) -> None:
    html = client.get(f"/p/{TOKEN}").text
    (knows,) = re.findall(r'data-knows="([^"]*)"', html)
    found = json.loads(knows.replace("&#34;", '"').replace("&#39;", "'").replace("&amp;", "&"))
    assert set(found) == {"language", "locale", "timezone", "now", "path", "live", "figures", "text"}
