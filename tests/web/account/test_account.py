"""One's own account as a browser meets it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from store.records.access import operator
from tests.web.access.house import OURS, PASSWORD, Browser, House
from web.access import totp

NEW = "copper pipe 22 mm"


@pytest.fixture
def browser(house: House) -> Iterator[Browser]:
    with house.browser("worker") as browser:
        yield browser


def send(browser: Browser, path: str, **typed: str) -> tuple[int, str]:
    answer = browser.send(f"/account/{path}", page="/account", **typed)
    return answer.status_code, answer.text


def turn_on(house: House, browser: Browser) -> tuple[bytes, list[str]]:
    """The second factor, with its recovery codes."""
    assert send(browser, "begin", now=PASSWORD)[0] == 303
    secret = house.services.gate.totp_secret(house.account("worker"))
    assert secret is not None
    assert totp.base32(secret) in browser.get("/account").text
    code = totp.code_of(secret, totp.step_at(house.services.clock()))
    status, page = send(browser, "confirm", code=code)
    assert status == 200
    return secret, re.findall(r"<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>", page)


def test_a_password_is_changed_with_the_one_of_now_and_others_are_out(house: House, browser: Browser) -> None:
    with house.browser("worker") as other:
        before = browser.session
        status, page = send(browser, "password", now="not this one", new=NEW)
        assert (status, "This is not the password" in page) == (422, True)
        assert send(browser, "password", now=PASSWORD, new=NEW)[0] == 303
        assert browser.session != before, "a new session with new rights"
        assert browser.get("/account").status_code == 200
        assert other.get("/account").status_code == 303
    with house.browser() as again:
        assert again.sign_in("worker@fenglin").status_code == 422
        assert again.sign_in("worker@fenglin", NEW).status_code == 303


def test_a_keeper_of_passwords_is_told_whose_they_are(browser: Browser) -> None:
    page = browser.get("/account").text
    keepers = re.findall(r'autocomplete="username" value="([^"]*)" readonly hidden', page)
    assert keepers == [f"worker@{OURS}"] * page.count('autocomplete="current-password"')


def test_a_weak_password_is_told_at_its_field(browser: Browser) -> None:
    status, page = send(browser, "password", now=PASSWORD, new="1111111111")
    assert status == 422
    assert "easily guessed" in page


def test_the_second_factor_counts_once_it_was_confirmed(house: House, browser: Browser) -> None:
    send(browser, "begin", now=PASSWORD)
    assert "<svg" in browser.get("/account").text
    assert send(browser, "confirm", code="000000")[0] == 422
    with house.browser() as other:
        assert other.sign_in("worker@fenglin").headers["location"] == "/", "not yet"
    _, codes = turn_on(house, browser)
    assert len(set(codes)) == 10
    assert codes[0] not in browser.get("/account").text, "shown once"
    with house.browser() as other:
        assert other.sign_in("worker@fenglin").headers["location"] == "/door/second"


def test_a_recovery_code_opens_once(house: House, browser: Browser) -> None:
    _, codes = turn_on(house, browser)
    for status in (303, 422):
        with house.browser() as other:
            other.sign_in("worker@fenglin")
            assert other.send("/door/second", code=codes[3].upper()).status_code == status
    assert "left: 9" in browser.get("/account").text


def test_new_codes_end_the_old_ones(house: House, browser: Browser) -> None:
    _, codes = turn_on(house, browser)
    status, page = send(browser, "renew", now=PASSWORD, code=codes[0])
    assert status == 200
    assert codes[1] not in page
    assert send(browser, "renew", now=PASSWORD, code=codes[1])[0] == 422


def test_the_second_factor_is_turned_off_with_both(house: House, browser: Browser) -> None:
    _, codes = turn_on(house, browser)
    assert send(browser, "remove", now="not this one", code=codes[0])[0] == 422
    assert send(browser, "remove", now=PASSWORD, code="000000")[0] == 422
    assert send(browser, "remove", now=PASSWORD, code=codes[1])[0] == 303
    with house.browser() as other:
        assert other.sign_in("worker@fenglin").headers["location"] == "/"


def test_devices_are_listed_and_signed_out_one_by_one_or_all(house: House, browser: Browser) -> None:
    chrome = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140"}
    with house.browser("worker", **chrome) as one, house.browser("worker") as two:
        page = browser.get("/account").text
        assert "Chrome · Windows" in page
        (end, *_) = re.findall(
            r'action="/account/(sessions/[0-9a-f]+/end)"', page[page.index("Chrome · Windows") :]
        )
        assert send(browser, end)[0] == 303
        assert one.get("/account").status_code == 303
        assert two.get("/account").status_code == 200
        assert send(browser, "sessions/end-others")[0] == 303
        assert two.get("/account").status_code == 303
        assert browser.get("/account").status_code == 200


def test_nobody_ends_a_session_of_another(house: House, browser: Browser) -> None:
    with house.browser("owner") as owner:
        access = operator(OURS)
        (session,) = house.services.records.sessions.of_member(access, "owner")
        send(browser, f"sessions/{session.id}/end")
        assert owner.get("/account").status_code == 200


def test_signing_out_ends_this_browser_alone(house: House, browser: Browser) -> None:
    with house.browser("worker") as other:
        answer = browser.send("/door/sign-out", page="/account")
        assert answer.headers["location"] == "/door/sign-in?said=sign_in.signed_out"
        assert browser.get("/account").status_code == 303
        assert other.get("/account").status_code == 200


def test_the_page_asks_for_nothing_inline(browser: Browser) -> None:
    answer = browser.get("/account")
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "same-origin"
    assert not re.search(r'<script(?![^>]*src=)|style="| on\w+="|javascript:', answer.text)
