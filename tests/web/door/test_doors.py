"""The doors as a browser meets them."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import Iterator
from typing import Final

import pytest
from starlette.requests import Request

from benchmarks.opened import BROWSER
from store.records.access import Denied, Role, operator
from store.records.changes import By
from store.records.registry import RegisteredProject
from store.records.tokens import make_token
from tests.web.access.house import ABROAD, ELSEWHERE, OURS, PASSWORD, SITE, Browser, House
from tests.web.site_day import Clock
from web.access import totp
from web.access.invitations import HOUR_MS, OWNER_CODE_MS, assign, invite, make_owner_code, may_grant
from web.access.resets import make_reset
from web.access.rights import Right

NEW = "copper pipe 22 mm"
JOINING = {"name": "Zhou Wei", "login": "zhou@example.cn", "password": NEW}


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    with house.browser() as browser:
        yield browser


@pytest.fixture
def clock(house: House) -> Clock:
    found = house.services.clock
    assert isinstance(found, Clock)
    return found


#: What is called without a browser is asked from here.
ASKED: Final = Request({"type": "http", "headers": [], "client": ("192.0.2.7", 1)})


def invited(house: House, who: Role, name: str, roles: set[Role], sites: set[str] | None) -> str:
    """The address of an invitation."""
    to = None if sites is None else frozenset(sites)
    work = invite(house.services.gate, ASKED, house.access(who), name, frozenset(roles), to)
    return f"/door/invitation/{asyncio.run(work)[0]}"


def test_a_login_and_its_password_open(browser: Browser) -> None:
    answer = browser.sign_in("foreman@fenglin", path="/door/sign-in?next=%2Faccount")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "A foreman" in browser.get("/account").text


def test_wrong_and_unknown_are_told_the_same_and_what_was_typed_stays(browser: Browser) -> None:
    wrong = browser.sign_in("foreman@fenglin", "not the password")
    unknown = browser.sign_in("nobody@nowhere", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    same = [re.sub(r'value="[^"]*"', "", answer.text) for answer in (wrong, unknown)]
    assert same[0] == same[1]
    assert 'value="nobody@nowhere"' in unknown.text
    assert "not the password" not in wrong.text
    assert browser.session is None


def test_a_session_is_never_one_that_the_browser_came_with(house: House, browser: Browser) -> None:
    """Fixation: what somebody planted before is worth nothing after."""
    planted = {"Cookie": f"session={'x' * 43}"}
    assert browser.get("/account", headers=planted).status_code == 303
    browser.sign_in("worker@fenglin")
    first = browser.session
    assert first != "x" * 43
    browser.sign_in("worker@fenglin")
    assert browser.session != first
    with house.browser() as other:
        other.client.cookies.set("session", str(first))
        assert other.get("/account").status_code == 303, "the one before is over"


def test_cookies_are_the_servers_alone(house: House, browser: Browser) -> None:
    set_cookie = browser.sign_in("worker@fenglin").headers.get_list("set-cookie")
    (session,) = [line for line in set_cookie if line.startswith("session=")]
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(session.split("; "))


def test_over_tls_the_cookie_is_bound_to_the_host(house: House) -> None:
    settings = dataclasses.replace(house.services.settings, secure_cookies=True)
    services = dataclasses.replace(house.services, settings=settings, gate=type(house.services.gate)(
        house.services.records, house.services.clock, settings))  # fmt: skip
    with House(services).browser() as browser:
        browser.client.base_url = "https://testserver"
        answer = browser.send(
            "/door/sign-in", origin="https://testserver", login="worker@fenglin", password=PASSWORD
        )
        (line,) = [
            c for c in answer.headers.get_list("set-cookie") if "session=" in c and "Max-Age=0" not in c
        ]
    assert line.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(line.split("; "))
    assert "Domain" not in line


def test_too_many_tries_wait_and_others_do_not(house: House, browser: Browser) -> None:
    statuses = [browser.sign_in("owner@fenglin", "wrong wrong wrong").status_code for _ in range(8)]
    assert statuses[:5] == [422] * 5
    assert 429 in statuses
    late = browser.sign_in("owner@fenglin")
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) >= 1
    assert browser.sign_in("worker@fenglin").status_code == 303


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aX: y"])
def test_next_leads_nowhere_else(browser: Browser, path: str) -> None:
    answer = browser.send("/door/sign-in?next=" + path, login="worker@fenglin", password=PASSWORD)
    assert answer.status_code == 303
    assert answer.headers["location"] in {"/", "/%0d%0aX:%20y"}
    assert "x" not in answer.headers


def test_a_page_that_is_not_open_leads_to_the_door_and_back(browser: Browser) -> None:
    answer = browser.get("/account?said=ended")
    assert answer.headers["location"] == "/door/sign-in?next=%2Faccount%3Fsaid%3Dended"
    assert browser.get("/account", headers={"Accept": "application/json"}).status_code == 401


def test_who_is_no_member_any_more_is_out_at_once(house: House, clock: Clock) -> None:
    with house.browser("worker") as browser:
        house.services.records.members.end(house.access("owner"), "worker", clock())
        assert browser.get("/account").status_code == 303
        assert browser.sign_in("worker@fenglin").status_code == 422


@pytest.mark.parametrize(("hours", "open_"), [(6 * 24, True), (8 * 24, False)])
def test_a_browser_that_was_not_used_signs_in_again(
    house: House, clock: Clock, hours: int, open_: bool
) -> None:
    with house.browser("worker") as browser:
        clock.forward(hours * HOUR_MS)
        assert (browser.get("/account").status_code == 200) is open_


def test_every_browser_signs_in_again_after_a_month(house: House, clock: Clock) -> None:
    with house.browser("worker") as browser:
        for _ in range(5):
            clock.forward(6 * 24 * HOUR_MS)
            status = browser.get("/account").status_code
        assert status == 303


def with_totp(house: House, login: str = "worker@fenglin") -> bytes:
    account = house.services.records.accounts.by_login(login)
    assert account is not None
    secret = totp.make_secret()
    sealed = house.services.gate.seal.close(secret, account.firm, account.member)
    house.services.records.accounts.change(
        account.firm, account.member, totp_secret=sealed, totp_confirmed=house.services.clock()
    )
    return secret


def test_the_second_factor_is_asked_for_and_used_once(house: House, browser: Browser) -> None:
    secret = with_totp(house)
    assert browser.sign_in("worker@fenglin").headers["location"] == "/door/second"
    assert browser.get("/account").status_code == 303, "half signed in is not signed in"
    half = browser.session
    code = totp.code_of(secret, totp.step_at(house.services.clock()))
    assert browser.send("/door/second", code="000000").status_code == 422
    assert browser.send("/door/second", code=code).status_code == 303
    assert browser.get("/account").status_code == 200
    assert browser.session != half
    with house.browser() as another:
        another.sign_in("worker@fenglin")
        assert another.send("/door/second", code=code).status_code == 422, "replayed"


def test_codes_cannot_be_tried_without_end(house: House, browser: Browser) -> None:
    with_totp(house)
    statuses = []
    for _ in range(3):
        browser.sign_in("worker@fenglin")
        statuses += [browser.send("/door/second", code=f"{n:06}").status_code for n in range(4)]
    assert 429 in statuses, "signing in again with the password does not begin the count anew"


def test_an_invitation_is_accepted_once_in_its_roles_and_no_others(house: House, browser: Browser) -> None:
    """Mass assignment: what the form adds of its own is not read."""
    secret, _ = asyncio.run(
        invite(
            house.services.gate,
            ASKED,
            house.access("foreman"),
            "Zhou",
            frozenset({"worker"}),
            frozenset({SITE}),
        )
    )
    path = f"/door/invitation/{secret}"
    assert "worker" in browser.get(path).text
    extra = {
        "roles": "owner",
        "role": "owner",
        "firm": "other",
        "sites": "",
        "every_site": "1",
        "member": "owner",
    }
    assert browser.send(path, **JOINING, **extra).status_code == 303
    account = house.services.records.accounts.by_login("zhou@example.cn")
    assert account is not None
    assert (account.firm, account.roles, account.sites) == (OURS, frozenset({"worker"}), frozenset({SITE}))
    with house.browser() as other:
        assert other.get(path).status_code == 404
        assert other.send(path, page="/door/sign-in", **JOINING | {"login": "b@b"}).status_code == 410


def test_an_invitation_names_the_work_at_its_sites(house: House, browser: Browser) -> None:
    """Whoever is invited knows no ids; of a site without work there is nothing else to say."""
    records, by = house.services.records, By("member:owner", house.services.clock())
    work = RegisteredProject(OURS, "lin", SITE, "林荫里 2-301", "Shade Lane 2-301", "2026-10-20")
    records.projects.put([work], by)
    path = invited(house, "owner", "Zhou", {"worker"}, {SITE, ELSEWHERE})
    assert f"Sites: Shade Lane 2-301, {ELSEWHERE}." in browser.get(path).text
    assert "林荫里" in browser.get(f"{path}?lang=zh").text
    assert "所有工地" in browser.get(invited(house, "owner", "Li", {"owner"}, None)).text


def test_an_invitation_says_what_is_wrong_at_the_field_and_stays_open(house: House, browser: Browser) -> None:
    path = invited(house, "owner", "Z", {"auditor"}, None)
    taken = browser.send(path, **JOINING | {"login": "Owner@Fenglin "})
    assert (taken.status_code, "Somebody has this login already" in taken.text) == (422, True)
    weak = browser.send(path, **JOINING | {"password": "1234567890"})
    assert "easily guessed" in weak.text
    assert 'value="Zhou Wei"' in weak.text
    assert browser.send(path, **JOINING).status_code == 303


@pytest.mark.parametrize(
    ("who", "roles", "sites"),
    [
        ("foreman", {"foreman", "owner"}, {SITE}),
        ("foreman", {"project_manager"}, {SITE}),
        ("foreman", {"worker"}, {ELSEWHERE}),
        ("foreman", {"worker"}, None),
        ("foreman", {"worker"}, set()),
        ("project_manager", {"safety_officer"}, {SITE}),
        ("project_manager", {"owner"}, {SITE}),
        ("project_manager", {"worker"}, {SITE, ABROAD}),
        ("worker", {"worker"}, {SITE}),
        ("auditor", {"auditor"}, {SITE}),
        ("owner", set(), None),
    ],
)
def test_nobody_invites_to_what_they_have_not(
    house: House, who: Role, roles: set[Role], sites: set[str] | None
) -> None:
    to = None if sites is None else frozenset(sites)
    with pytest.raises(Denied):
        may_grant(house.access(who), Right("invitation", "add"), frozenset(roles), to)


def test_a_change_of_roles_signs_every_browser_out(house: House) -> None:
    with house.browser("worker") as browser:
        now = (frozenset[Role]({"foreman"}), frozenset({SITE}))
        asyncio.run(assign(house.services.gate, ASKED, house.access("owner"), "worker", *now))
        assert browser.get("/account").status_code == 303


def test_the_first_owner_comes_with_the_code_of_the_console(
    house: House, browser: Browser, clock: Clock
) -> None:
    records = house.services.records
    stale = make_owner_code(records, clock(), None)
    code = make_owner_code(records, clock(), None)
    typed = JOINING | {"firm": "枫林装饰", "code": stale}
    refused = browser.send("/door/owner", **typed)
    assert (refused.status_code, "has ended" in refused.text) == (422, True)
    assert browser.send("/door/owner", **typed | {"code": code}).status_code == 303
    account = records.accounts.by_login("zhou@example.cn")
    assert account is not None
    assert account.roles == {"owner"}
    assert account.firm not in {OURS, "other"}
    assert browser.send("/door/owner", page="/door/reset", **typed | {"code": code}).status_code in {403, 422}


def test_a_code_of_the_console_ends_after_a_day(house: House, browser: Browser, clock: Clock) -> None:
    code = make_owner_code(house.services.records, clock(), OURS)
    clock.forward(OWNER_CODE_MS)
    assert browser.send("/door/owner", **JOINING, firm="x", code=code).status_code == 422


def test_a_reset_by_an_owner_opens_once_and_signs_everybody_out(house: House, browser: Browser) -> None:
    with house.browser("worker") as signed_in:
        code = asyncio.run(make_reset(house.services.gate, ASKED, house.access("owner"), "worker"))
        assert browser.send("/door/reset", code=code, password=NEW).status_code == 303
        assert signed_in.get("/account").status_code == 303
    assert browser.send("/door/reset", code=code, password=NEW).status_code == 422
    assert browser.sign_in("worker@fenglin").status_code == 422
    assert browser.sign_in("worker@fenglin", NEW).status_code == 303


@pytest.mark.parametrize("who", ["foreman", "auditor", "project_manager"])
def test_only_who_may_change_members_gives_a_reset(house: House, who: Role) -> None:
    with pytest.raises(Denied):
        asyncio.run(make_reset(house.services.gate, ASKED, house.access(who), "owner"))


@pytest.mark.parametrize("path", ["/door/invitation/{}", "/door/invitation/%00", "/p/{}"])
def test_guessing_opens_nothing(browser: Browser, path: str) -> None:
    answer = browser.get(path.format(make_token()[3:]), headers={"User-Agent": BROWSER})
    assert answer.status_code == 404


def test_a_script_in_a_name_is_text(house: House, browser: Browser) -> None:
    nasty = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    path = invited(house, "owner", nasty, {"auditor"}, None)
    page = browser.get(path).text
    browser.send(path, **JOINING | {"name": nasty})
    for text in (page, browser.get("/account").text):
        assert "<script>alert" not in text
        assert "<img" not in text.replace('<img src="/static', "")


def test_a_form_that_was_open_too_long_is_sent_again_with_what_was_typed(browser: Browser) -> None:
    browser.get("/door/sign-in")
    data = {"csrf": "0" * 48, "login": "worker@fenglin", "password": PASSWORD}
    answer = browser.client.post("/door/sign-in", data=data, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert 'value="worker@fenglin"' in answer.text
    assert PASSWORD not in answer.text


@pytest.mark.parametrize("body", [b"x" * 300_000, b"a=1&" * 500, b"\xff"])
def test_what_is_no_form_is_refused_before_it_is_read(browser: Browser, body: bytes) -> None:
    headers = {"Origin": "http://testserver", "Content-Type": "application/x-www-form-urlencoded"}
    assert browser.client.post("/door/sign-in", content=body, headers=headers).status_code in {400, 413}


def test_what_was_done_stands_in_the_log(house: House, browser: Browser) -> None:
    browser.sign_in("worker@fenglin")
    asyncio.run(house.services.gate.sights.flush())
    log = house.services.records.access_log
    assert [entry.deed.act for entry in log.read(operator(OURS))][:1] == ["signed_in"]
    assert log.first_fault(operator(OURS)) is None
