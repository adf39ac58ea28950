"""The masthead offers each member the rooms they may enter, and no other."""

from __future__ import annotations

import pytest

from store.records.access import ROLES, Access, Role
from tests.web.access.house import House, furnish
from tests.web.site_day import Stand
from web.access.rights import RIGHTS
from web.kit.language import LANGUAGES
from web.kit.places import PLACES, entrance, open_to
from web.kit.words import say


@pytest.fixture
def house(stand: Stand) -> House:
    return furnish(stand)


def test_every_place_has_a_name_in_both_languages() -> None:
    assert all(say(language, f"place.{place.room}") for language in LANGUAGES for place in PLACES)


@pytest.mark.parametrize("role", ROLES)
def test_what_the_masthead_offers_opens(house: House, role: Role) -> None:
    with house.browser(role) as browser:
        for place in open_to(house.access(role)):
            answer = browser.get(place.address)
            assert answer.status_code == 200, place
            assert f'<a href="{place.address}" aria-current="page">' in answer.text


def test_who_may_nothing_is_led_to_their_account() -> None:
    assert entrance(Access("fenglin", "member:nobody")) == "/account"
    assert entrance(Access("fenglin", "member:anybody", RIGHTS["owner"])) == PLACES[0].address


def test_the_root_leads_members_in_and_others_to_the_door(house: House) -> None:
    with house.browser() as nobody:
        assert nobody.get("/").headers["location"] == "/door/sign-in"
    with house.browser("supplier") as member:
        assert member.get("/").headers["location"] == "/firm"


def test_the_account_says_whose_house_it_is(house: House) -> None:
    with house.browser("foreman") as browser:
        page = browser.get("/account").text
    assert '<a class="title" href="/firm">Fenglin</a>' in page
    assert '<a href="/account" aria-current="page">A foreman</a>' in page
