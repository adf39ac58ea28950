"""What somebody was given or shown does not outlive the right to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from httpx2 import Response

from store.records.passes import OneTimePass
from tests.web.access.house import ORIGIN, OURS, PASSWORD, SITE, Browser, House
from web.access.secret import digest, make_id
from web.kit.once import new_key

NEW_PASSWORD = "copper pipe 22 mm"


def invited(browser: Browser, role: str) -> str:
    """The secret of an invitation that this browser makes."""
    shown = browser.send("/people/invite", name="M", roles=[role], sites=[SITE], language="en").text
    found = re.search(r"/door/invitation/([\w-]{43})", shown)
    assert found is not None
    return found[1]


def joins(house: House, secret: str) -> int:
    with house.browser() as nobody:
        path, page = f"/door/invitation/{secret}", "/door/sign-in"
        typed = {"login": "second-self@x", "name": "E", "password": PASSWORD}
        return nobody.send(path, page, **typed).status_code


@pytest.mark.parametrize(
    ("act", "typed"),
    [("end", {"sure": "on"}), ("assign", {"roles": ["worker"], "sites": [SITE]})],
)
def test_an_invitation_is_worth_no_more_than_what_its_author_may_now(
    house: House, act: str, typed: dict[str, str]
) -> None:
    """Somebody who is about to go asks a second self in."""
    with house.browser("project_manager") as manager, house.browser("owner") as owner:
        secret = invited(manager, "foreman")
        answer = owner.send(f"/people/members/project-manager/{act}", page="/account", **typed)
        assert answer.status_code == 303
    assert joins(house, secret) == 410


def test_nor_does_its_page_or_the_list_of_those_waiting_say_otherwise(house: House) -> None:
    with house.browser("project_manager") as manager, house.browser("owner") as owner:
        secret = invited(manager, "foreman")
        assert "One invitation is waiting" in owner.get("/people").text
        answer = owner.send("/people/members/project-manager/end", page="/account", sure="on")
        assert answer.status_code == 303
        listed = owner.get("/people").text
        assert "Opens no more" in listed
        assert "is waiting" not in listed
    with house.browser() as nobody:
        shown = nobody.get(f"/door/invitation/{secret}")
    assert shown.status_code == 404
    assert "<form" not in shown.text


def test_an_invitation_of_somebody_who_still_may_opens(house: House) -> None:
    with house.browser("project_manager") as manager:
        secret = invited(manager, "foreman")
    assert joins(house, secret) == 303


def code_of(house: House, member: str, author: str = "member:worker") -> str:
    """A code as a mail would bring it."""
    code, now = (member + "-" * 43)[:43], house.services.clock()
    body = OneTimePass(digest(code), make_id(), "reset", author, now, now * 2, OURS, member)
    house.services.records.passes.add(body)
    return code


def resets(house: House, code: str) -> int:
    with house.browser() as nobody:
        return nobody.send("/door/reset", code=code, password=NEW_PASSWORD).status_code


def test_a_new_password_by_one_code_ends_the_other_codes(house: House) -> None:
    older = code_of(house, "worker")
    with house.browser("owner") as owner:
        shown = owner.send("/people/members/worker/reset", page="/people/members/worker").text
    house.services.records.passes.add(
        OneTimePass(
            digest("n" * 43),
            make_id(),
            "reset",
            "member:worker",
            0,
            house.services.clock() * 2,
            OURS,
            "worker",
        )
    )
    newer = re.search(r"/door/reset/([\w-]{43})", shown)
    assert newer is not None
    assert resets(house, newer[1]) == 303
    assert resets(house, older) == 422
    assert resets(house, "n" * 43) == 422


def test_a_new_password_of_ones_own_ends_codes(house: House) -> None:
    code = code_of(house, "worker")
    with house.browser("worker") as worker:
        typed = {"now": PASSWORD, "new": "slate roof 7 degrees"}
        assert worker.send("/account/password", page="/account", **typed).status_code == 303
    assert resets(house, code) == 422


def test_a_code_of_an_owner_who_is_one_no_more_opens_nothing(house: House) -> None:
    code = code_of(house, "foreman", "member:finance")
    assert resets(house, code) == 422


@pytest.mark.parametrize("role", ["owner", "worker"])
def test_a_session_alone_gives_nobody_a_new_password_of_their_own(house: House, role: str) -> None:
    """Else whoever sits down at a browser left open takes the account."""
    with house.browser(role) as browser:  # type: ignore[arg-type]
        answer = browser.send(f"/people/members/{role}/reset", page="/account")
        assert answer.status_code == 404


class Twice:
    """A form with a secret in its answer, and the browser that sends it."""

    def __init__(self, browser: Browser) -> None:
        token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/tokens").text)
        assert token is not None
        self.browser = browser
        self._form = {"csrf": token[1], "once": new_key(), "name": "x", "scopes": "site:see", "days": "90"}

    def send(self, browser: Browser | None = None) -> Response:
        client = (browser or self.browser).client
        return client.post("/tokens", data=self._form, headers={"Origin": ORIGIN})


@pytest.fixture
def twice(house: House) -> Iterator[Twice]:
    with house.browser("owner") as browser:
        yield Twice(browser)


def test_a_page_is_given_again_as_it_was(twice: Twice) -> None:
    """Also where it was compressed on its way the first time."""
    first, second = twice.send(), twice.send()
    assert "pl_" in first.text
    assert second.text == first.text


def test_the_back_button_shows_no_secret_after_signing_out(twice: Twice) -> None:
    twice.send()
    twice.browser.send("/door/sign-out", page="/account")
    again = twice.send()
    assert again.status_code in {303, 403}
    assert "pl_" not in again.text


def test_nor_after_the_session_was_ended_elsewhere(house: House, twice: Twice) -> None:
    twice.send()
    house.services.records.sessions.end_all(OURS, "owner")
    assert "pl_" not in twice.send().text


@pytest.mark.parametrize("role", ["finance", None])
def test_nor_to_another_browser_that_has_the_form(house: House, twice: Twice, role: str | None) -> None:
    twice.send()
    with house.browser(role) as another:  # type: ignore[arg-type]
        assert "pl_" not in twice.send(another).text
