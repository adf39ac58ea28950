"""Staff make links for people, see where they were opened, and end them: as far as their rights reach."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from benchmarks.opened import BROWSER
from store.records.access import Role
from store.records.links import Link
from store.records.registry import Registration
from tests.registered import register
from tests.web.access.house import ABROAD, OURS, THEIRS, House, furnish
from tests.web.links.given import PROJECT, give_links
from tests.web.site_day import Stand
from web.links.strength import weakness

WANTED = {"project": PROJECT.id, "whom": "The daughter"}


@pytest.fixture
def house(stand: Stand) -> House:
    return furnish(stand)


@pytest.fixture
def given(house: House, stand: Stand) -> list[Link]:
    return give_links(stand)


def token_in(page: str) -> str:
    found = re.search(r'<code id="address">http://testserver/p/([^<]+)</code>', page)
    assert found, page[-2_000:]
    return found[1]


def test_a_link_is_shown_once_and_opens_its_project(house: House, given: list[Link], stand: Stand) -> None:
    with house.browser("project_manager") as browser:
        page = browser.send("/links", **WANTED).text
        token = token_in(page)
        assert weakness(token) is None
        assert "<svg" in page
        assert token not in browser.get("/links").text
    (made, *_) = sorted(stand.records.links.of(OURS), key=lambda link: -link.id)
    assert (made.whom, made.author) == ("The daughter", "member:project-manager")
    assert token not in repr(made)
    with house.browser() as customer:
        answer = customer.get(f"/p/{token}", headers={"User-Agent": BROWSER})
        assert answer.status_code in {303, 410}  # the application here was composed before the project


def test_it_ends_thirty_days_after_the_handover_unless_a_day_is_named(
    house: House, given: list[Link], stand: Stand
) -> None:
    with house.browser("owner") as browser:
        browser.send("/links", **WANTED)
        browser.send("/links", **WANTED | {"last": "2026-12-24"})
    usual, named = stand.records.links.of(OURS)[-2:]
    shanghai = dt.timezone(dt.timedelta(hours=8))
    assert usual.expires == round(dt.datetime(2027, 2, 15, tzinfo=shanghai).timestamp() * 1_000)
    assert named.expires == round(dt.datetime(2026, 12, 25, tzinfo=shanghai).timestamp() * 1_000)


@pytest.mark.parametrize("last", ["2026-11-01", "2999-01-01", "9999-12-31", "no day"])
def test_a_last_day_that_is_past_or_absurd_is_said_at_its_field(
    house: House, given: list[Link], stand: Stand, last: str
) -> None:
    before = len(stand.records.links.of(OURS))
    with house.browser("owner") as browser:
        answer = browser.send("/links", **WANTED | {"last": last})
        assert answer.status_code == 422
        assert 'id="field-last-error"' in answer.text
        assert "The daughter" in answer.text
        assert (
            browser.send(f"/links/{given[0].id}/end", page=f"/links/{given[0].id}", last=last).status_code
            == 422
        )
    assert len(stand.records.links.of(OURS)) == before


def test_a_form_that_is_sent_twice_makes_one_link(house: House, given: list[Link], stand: Stand) -> None:
    before = len(stand.records.links.of(OURS))
    with house.browser("owner") as browser:
        key = re.search(r'name="once" value="([^"]+)"', browser.get("/links").text)
        assert key
        pages = [browser.send("/links", **WANTED | {"once": key[1]}).text for _ in range(2)]
    assert token_in(pages[0]) == token_in(pages[1])
    assert len(stand.records.links.of(OURS)) == before + 1


def test_the_list_says_for_whom_by_whom_until_when_and_how_often(house: House, given: list[Link]) -> None:
    with house.browser("owner") as browser:
        text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", browser.get("/links").text))
    assert "2 links are open." in text
    assert re.search(r"郑先生 18 Fenglin Road, 3-501 A project_manager 14 Feb 2027 3 1 h ago", text), text
    assert re.search(r"外婆 .* 0 not yet", text)
    assert re.search(r"旧手机 .* No end taken back", text)


def test_a_link_shows_where_it_was_opened_and_no_more_than_roughly(house: House, given: list[Link]) -> None:
    with house.browser("auditor") as browser:
        text = browser.get(f"/links/{given[0].id}").text
    assert "WeChat · iPhone" in text
    assert "203.0.113.0/24" in text
    assert "not known" in text
    assert 'action="/links' not in text, "who only looks is offered nothing to press"


def test_a_link_is_taken_back_and_ended_otherwise_and_the_log_knows_by_whom(
    house: House, given: list[Link], stand: Stand
) -> None:
    first, second, _ = given
    with house.browser("service_desk") as browser:
        assert browser.send(f"/links/{first.id}/revoke", page=f"/links/{first.id}").status_code == 303
        browser.send(f"/links/{second.id}/end", page=f"/links/{second.id}", last="2026-12-01")
        assert "taken back" in browser.get(f"/links/{first.id}").text
    ended, changed, _ = stand.records.links.of(OURS)
    assert not ended.opens(stand.clock())
    assert changed.expires != second.expires
    deeds = {
        (one.deed.act, one.deed.what, one.deed.who)
        for one in stand.records.access_log.read(house.access("owner"))
    }
    who = "member:service-desk"
    assert {("removed", f"link:{first.id}", who), ("changed", f"link:{second.id}", who)} <= deeds


@pytest.mark.parametrize("role", ["sales", "auditor", "designer"])
def test_who_may_not_take_back_cannot(house: House, given: list[Link], stand: Stand, role: Role) -> None:
    with house.browser(role) as browser:
        answer = browser.send(f"/links/{given[0].id}/revoke", page="/account")
        assert answer.status_code == 403
    assert stand.records.links.of(OURS)[0].opens(stand.clock())


def test_links_of_other_firms_and_sites_are_as_absent_as_none(
    house: House, given: list[Link], stand: Stand
) -> None:

    register(stand.records, Registration(projects=[replace(PROJECT, firm=THEIRS, id="far", site=ABROAD)]))
    with house.browser("owner", THEIRS) as browser:
        assert browser.get(f"/links/{given[0].id}").text == browser.get("/links/4711").text
        assert browser.send(f"/links/{given[0].id}/revoke", page="/account").status_code == 404
        assert browser.send("/links", **WANTED).status_code == 422
        assert "郑先生" not in browser.get("/links").text
    assert stand.records.links.of(OURS)[0].opens(stand.clock())


def test_a_script_in_a_name_is_text(house: House, given: list[Link]) -> None:
    with house.browser("owner") as browser:
        page = browser.send("/links", **WANTED | {"whom": "<script>alert(1)</script>"}).text
        assert "<script>alert" not in page + browser.get("/links").text
