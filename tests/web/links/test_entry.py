"""A link is exchanged for a cookie: for people alone, for one project alone, and no longer than it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from benchmarks.opened import BROWSER, open_link
from store.records.changes import By
from store.records.links import Link, link_digest
from store.records.openings import MOST_OF_A_LINK, Opening
from tests.registered import projects_in
from tests.servers import wait_until
from tests.web.services import services_over
from tests.web.site_day import OTHER_TOKEN, PROJECTS, TOKEN, Stand, at, serving, tell_day
from tests.web.viewer import Viewer
from web.access.room import every_route
from web.app import create_app
from web.customer.project import changed_projects
from web.http.guesses import Guesses
from web.http.rate import Rate
from web.links.strength import make_link_token
from web.links.visit import PREFIX

PAGE, OTHER_PAGE = "/c/firm/fenglin-18", "/c/firm/huaihai-7"
WECHAT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)
#: As they call themselves: what chats and searches send to look at a link.
ROBOTS = (
    "DingTalkBot-LinkService/1.0 (+https://open-doc.dingtalk.com/microapp/faquestions/ftpfeu)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "WhatsApp/2.23.20.0 A", "TelegramBot (like TwitterBot)", "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slack-ImgProxy (+https://slack.com)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "WeChatShareExtensionNew/8.0.49 CFNetwork/1494.0.7 Darwin/23.4.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/83.0 LarkUrl2png/1.0",
    "curl/8.5.0", "python-requests/2.32", "Go-http-client/1.1", "okhttp/4.12.0", "",
)  # fmt: skip


@pytest.fixture
def client(stand: Stand) -> Iterator[TestClient]:
    headers = {"Accept-Language": "en", "User-Agent": BROWSER}
    with TestClient(create_app(services_over(stand)), headers=headers, follow_redirects=False) as client:
        yield client


def link_of(stand: Stand, project: str = "fenglin-18") -> Link:
    (link,) = stand.records.links.of("firm", project)
    return link


def revoke(stand: Stand) -> None:
    stand.records.links.revoke("firm", link_of(stand).id, By("member:li", stand.clock()))


def customer_paths(client: TestClient) -> list[str]:
    """Every address under a project's page that the application has."""
    routes = [route for path, route in every_route(client.app) if path.startswith(PREFIX)]  # type: ignore[arg-type]
    paths = [route.path for route in routes if isinstance(route, APIRoute)]
    assert {PREFIX, f"{PREFIX}/day", f"{PREFIX}/live"} <= set(paths)
    return paths


def filled(path: str, page: str) -> str:
    return path.replace(PREFIX, page).replace("{day}", "2026-11-23").replace("{", "").replace("}", "")


def test_a_link_leads_to_an_address_without_a_secret(client: TestClient) -> None:
    answer = client.get(f"/p/{TOKEN}?from=singlemessage&isappinstalled=0")
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    kept = answer.headers["Set-Cookie"]
    assert f"Path={PAGE};" in kept
    assert {"HttpOnly", "SameSite=lax"} <= set(kept.split("; "))
    assert TOKEN not in str(answer.headers)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert "18 Fenglin Road" in page.text


def test_over_tls_the_cookie_is_for_tls_alone(stand: Stand) -> None:
    settings = replace(services_over(stand).settings, secure_cookies=True)
    app = create_app(services_over(stand, settings=settings))
    with TestClient(app, "https://testserver", headers={"User-Agent": BROWSER}) as client:
        answer = client.get(f"/p/{TOKEN}", follow_redirects=False)
        assert answer.headers["Set-Cookie"].startswith("__Secure-visit=")
        assert "; Secure" in answer.headers["Set-Cookie"]
        assert client.get(PAGE).status_code == 200


@pytest.mark.parametrize("user_agent", ROBOTS)
def test_a_robot_gets_a_blank_card_and_counts_for_nothing(
    stand: Stand, client: TestClient, user_agent: str
) -> None:
    for token in (TOKEN, make_link_token()):
        card = client.get(f"/p/{token}", headers={"User-Agent": user_agent})
        assert card.status_code == 200
        assert "set-cookie" not in card.headers
        assert not any(word in card.text for word in ("Fenglin", "Zheng", "fenglin", token))
        assert "noindex" in card.headers["X-Robots-Tag"]
    assert link_of(stand).openings == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
        {"Accept": "image/png"},
    ],
)
def test_what_is_no_navigation_opens_nothing(
    stand: Stand, client: TestClient, headers: dict[str, str]
) -> None:
    assert "set-cookie" not in client.get(f"/p/{TOKEN}", headers=headers).headers
    assert "set-cookie" not in client.head(f"/p/{TOKEN}").headers
    assert link_of(stand).openings == 0


@pytest.mark.parametrize(
    "user_agent",
    [
        WECHAT,
        "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99 Mobile",
        "Mozilla/5.0 (Linux; U; Android 12; zh-cn) AppleWebKit/537.36 Chrome/89 MQQBrowser/13.7 Mobile",
        "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/101 AliApp(DingTalk/7.5.20) Mobile",
    ],
)
def test_the_browsers_of_chats_and_phones_are_people(client: TestClient, user_agent: str) -> None:
    assert client.get(f"/p/{TOKEN}", headers={"User-Agent": user_agent}).status_code == 303


def test_what_is_kept_of_an_opening_is_coarse(stand: Stand, client: TestClient) -> None:
    client.get(f"/p/{TOKEN}", headers={"User-Agent": WECHAT})
    client.get(f"/p/{TOKEN}", headers={"User-Agent": "Mozilla/5.0 (Fridge; 4711) Unheard-Of/1"})
    link = link_of(stand)
    openings = {(one.device, one.network) for one in stand.records.openings.of(link)}
    assert openings == {("WeChat · iPhone", ""), ("", "")}
    assert link.openings == 2
    assert set(stand.records.openings.last_seen("firm", [link])) == {link.id}


def test_a_link_keeps_so_many_openings_and_a_retention(stand: Stand) -> None:
    link = link_of(stand)
    for number in range(MOST_OF_A_LINK + 3):
        digest = number.to_bytes(32, "big")
        stand.records.openings.add(Opening(digest, "firm", link.id, "Chrome", "", number, number))
    assert len(stand.records.openings.of(link)) == MOST_OF_A_LINK
    assert stand.records.openings.forget(before=MOST_OF_A_LINK) == MOST_OF_A_LINK - 3
    assert len(stand.records.openings.of(link)) == 3
    assert link_of(stand).openings == MOST_OF_A_LINK + 3


def test_two_projects_stand_side_by_side_in_one_browser(client: TestClient) -> None:
    for token in (TOKEN, OTHER_TOKEN):
        client.get(f"/p/{token}")
    assert "18 Fenglin Road" in client.get(PAGE).text
    assert "7 Huaihai Road" in client.get(OTHER_PAGE).text


def test_the_cookie_of_one_project_opens_nothing_of_another(client: TestClient) -> None:
    kept = client.get(f"/p/{OTHER_TOKEN}").headers["Set-Cookie"].partition(";")[0]
    client.cookies.clear()
    for path in customer_paths(client):
        answer = client.get(filled(path, PAGE), headers={"Cookie": kept})
        assert answer.status_code in {403, 404}, path
        assert "Fenglin" not in answer.text


@pytest.mark.parametrize("page", [PAGE, "/c/firm/no-such", "/c/nobody/fenglin-18"])
def test_without_a_cookie_it_is_said_how_to_come_in_and_nothing_of_the_project(
    client: TestClient, page: str
) -> None:
    answer = client.get(page)
    assert answer.status_code == 403
    assert "Please open it by its link" in answer.text
    assert "keeps no cookies" in answer.text
    assert "Fenglin" not in answer.text
    assert answer.text == client.get(OTHER_PAGE).text


def test_a_planted_cookie_is_not_taken_on_and_shuts_nobody_out(client: TestClient) -> None:
    planted = "p" * 43
    answer = client.get(f"/p/{TOKEN}", headers={"Cookie": f"visit={planted}"})
    kept = answer.headers["Set-Cookie"].partition(";")[0]
    assert planted not in kept
    client.cookies.clear()
    assert client.get(PAGE, headers={"Cookie": f"visit={planted}"}).status_code == 403
    for both in (f"{kept}; visit={planted}", f"visit={planted}; {kept}"):
        assert client.get(PAGE, headers={"Cookie": both}).status_code == 200


def test_every_page_of_a_link_taken_back_says_whom_to_ask_and_no_secret(
    stand: Stand, client: TestClient
) -> None:
    client.get(f"/p/{TOKEN}")
    revoke(stand)
    for path in (f"/p/{TOKEN}", *(filled(path, PAGE) for path in customer_paths(client))):
        answer = client.get(path)
        if answer.status_code == 404:
            continue  # a part of the address that means nothing
        assert answer.status_code == 410, path
        assert "Please ask Firm for a new one." in answer.text
        assert not any(word in answer.text for word in (TOKEN, "Fenglin", "Zheng"))


def test_a_link_that_is_over_opens_nothing_more(stand: Stand, client: TestClient) -> None:
    client.get(f"/p/{TOKEN}")
    stand.records.links.end("firm", link_of(stand).id, stand.clock() + 3_600_000, By("member:li", 1))
    assert client.get(PAGE).status_code == 200
    stand.clock.forward(3_600_001)
    assert client.get(PAGE).status_code == 410
    assert client.get(f"/p/{TOKEN}").status_code == 410


def test_nothing_of_a_customers_is_indexed_kept_or_told_to_others(client: TestClient) -> None:
    client.get(f"/p/{TOKEN}")
    pages = [f"/p/{TOKEN}", *(filled(path, PAGE) for path in customer_paths(client) if "live" not in path)]
    for path in pages:
        headers = client.get(path).headers
        assert headers["X-Robots-Tag"] == "noindex, nofollow", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert any(word in headers["Cache-Control"] for word in ("no-store", "private")), path
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_who_guesses_is_refused_unheard_and_may_try_again_later() -> None:
    now = [0.0]
    guesses = Guesses(Rate(per_s=0.5, burst=3), lambda: now[0])
    for _ in range(3):
        assert guesses.refuse_for_s("a") == 0
        guesses.missed("a")
    assert guesses.refuse_for_s("a") == pytest.approx(2.0)
    assert guesses.refuse_for_s("b") == 0
    now[0] = 2.0
    assert guesses.refuse_for_s("a") == 0
    assert guesses.refused == 1


@pytest.mark.parametrize("by", ["token", "cookie"])
def test_guessing_is_throttled_and_says_until_when(client: TestClient, by: str) -> None:
    def guess() -> int:
        if by == "token":
            return client.get(f"/p/{make_link_token()}").status_code
        return client.get(PAGE, headers={"Cookie": f"visit={make_link_token():a<43}"}).status_code

    statuses = [guess() for _ in range(40)]
    assert len(set(statuses[:30])) == 1
    assert statuses[-1] == 429
    answer = client.get(f"/p/{TOKEN}")
    assert answer.status_code == 429, "a right guess among wrong ones tells nothing"
    assert int(answer.headers["Retry-After"]) >= 1


def test_who_has_a_link_is_never_throttled_on_its_pages_but_opens_it_so_often(client: TestClient) -> None:
    client.get(f"/p/{TOKEN}")
    assert {client.get(f"{PAGE}/day").status_code for _ in range(60)} == {200}
    assert [client.get(f"/p/{TOKEN}").status_code for _ in range(40)][-1] == 429


def test_no_answer_leads_to_the_host_that_the_client_named(client: TestClient) -> None:
    for path in (f"/p/{TOKEN}/", f"{PAGE}/", f"{PAGE}/live/", "/static/", "/health/", "/api"):
        answer = client.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in str(answer.headers) + answer.text
        assert answer.headers.get("location", PAGE) == PAGE


def test_an_open_stream_ends_within_a_second_of_the_link_and_others_go_on(stand: Stand) -> None:
    tell_day(stand, at(15.2), hours=1)
    stand.records.links.add("firm", "fenglin-18", "外婆", link_digest("granny-0815-4711"), None, By("li", 1))
    with serving(stand, look=changed_projects(stand.records)) as url:
        opened, granny = open_link(url, TOKEN), open_link(url, "granny-0815-4711")
        with Viewer(url, opened=opened) as viewer, Viewer(url, token=OTHER_TOKEN) as untouched:
            viewer.snapshot()
            (link, *_) = stand.records.links.of("firm", "fenglin-18")
            stand.records.links.revoke("firm", link.id, By("member:li", stand.clock()))
            wait_until(lambda: viewer.ended, what="the end of the stream")
            assert not untouched.ended
        with Viewer(url, opened=opened) as again:
            wait_until(lambda: again.status != 0, what="an answer")
            assert again.status == 410
        with Viewer(url, opened=granny) as other:
            other.snapshot()


def test_a_stream_ends_with_its_own_link_while_another_holds(stand: Stand) -> None:
    stand.records.links.add(
        "firm", "fenglin-18", "外婆", link_digest("granny-0815-4711"), stand.clock() + 3_600_000, By("li", 1)
    )
    stand.projects = projects_in(stand.records, PROJECTS)
    with serving(stand) as url:
        granny = open_link(url, "granny-0815-4711")
        with Viewer(url, opened=granny) as viewer:
            viewer.snapshot()
            stand.clock.forward(3_600_001)
            wait_until(lambda: viewer.ended, what="the end of the stream")
        with Viewer(url, opened=granny) as again:
            wait_until(lambda: again.status != 0, what="an answer")
            assert again.status == 410


async def test_projects_of_one_name_in_two_firms_are_two(stand: Stand) -> None:
    """An id is its firm's own; what is open of one is not shown to the other."""
    first, second = stand.projects
    live = services_over(stand).live
    ours, theirs = [await live.channel(one) for one in (first, replace(second, firm="other", id=first.id))]
    try:
        assert (ours.project.title, theirs.project.title) == (first.title, second.title)
    finally:
        live.close()
