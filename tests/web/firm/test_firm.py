"""All sites of a firm: what needs a look first, and nobody else's."""

from __future__ import annotations

import re
from dataclasses import replace

from store.records.access import ROLES
from tests.web.access.house import SITE, House
from tests.web.fleet import FLEET
from tests.web.site_day import Stand
from web.live.overview import BEHIND_MS


def text_of(html: str) -> str:
    body = html.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def names(html: str) -> list[str]:
    return re.findall(r'<p class="name"><a href="/sites/([^"]+)">', html)


def test_alarms_stand_first_then_silent_late_and_well_ones(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        page = browser.get("/firm").text
    assert names(page)[:4] == ["tingtao", "liuan", "donghu", "wutong"]
    assert set(names(page)) == {one.id for one in FLEET} | {"site-a", "site-b"}


def test_each_site_is_told_in_a_sentence(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        text = text_of(browser.get("/firm").text)
    assert "3 of 10 sites are well. Surf House 7\u2011802 has an alarm. 2 are silent." in text
    assert "Bathroom leak sensor: leak since 15:12. 4 people on site." in text
    assert "The agent is offline, the whole site is silent since 08:42." in text
    assert "No data from Bedroom climate sensor since 01:27; 6 other devices are there." in text
    assert "Late: Bathroom climate sensor. Nobody on site." in text
    assert "Nobody on site since 14:13." in text
    assert "10 people on 4 sites" in text


def test_a_site_that_falls_silent_moves_up_with_time_alone(fleet: House, stand: Stand) -> None:
    with fleet.browser("owner") as browser:
        assert "3 of 10 sites are well." in text_of(browser.get("/firm").text)
        stand.clock.forward(3_600_000)
        fleet.services.overview.forget()
        text = text_of(browser.get("/firm").text)
    assert "0 of 10 sites are well." in text


def test_sites_are_found_by_name_and_by_group(fleet: House) -> None:
    asked = {
        "find=cloud": ["yunxi"],
        "find=%E6%9F%B3%E5%B2%B8": ["liuan"],
        "find=nowhere": [],
        "group=silent": ["liuan", "donghu"],
        "group=none&find=surf": ["tingtao"],
        "order=people&find=fenglin": ["fenglin"],
    }
    with fleet.browser("owner") as browser:
        assert {query: names(browser.get(f"/firm?{query}").text) for query in asked} == asked


def test_another_order_is_one_list(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        by_people = names(browser.get("/firm?order=people").text)
        by_name = names(browser.get("/firm?order=name").text)
    assert by_people[:2] == ["tingtao", "fenglin"]
    assert by_name[0] == "fenglin"


def test_what_cannot_be_asked_for_is_the_usual_page(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        for query in ("from=0", "from=-1", "from=x", "from=99999999", "order=x", "group=x"):
            assert browser.get(f"/firm?{query}").status_code == 200, query


def test_each_role_sees_the_sites_it_reaches(fleet: House) -> None:
    every = {one.id for one in FLEET} | {"site-a", "site-b"}
    for role in ROLES:
        held = fleet.access(role)
        with fleet.browser(role) as browser:
            shown = set(names(browser.get("/firm").text))
        assert shown == {site for site in every if held.may("site", "see", site=site)}, role
    assert {site for site in every if fleet.access("foreman").may("site", "see", site=site)} == {SITE}


def test_how_many_people_are_there_is_for_who_may_see_readings_or_passes(fleet: House) -> None:
    assert fleet.access("supplier").scope("reading", "see") is None
    for role in ROLES:
        everywhere = replace(fleet.access(role), sites=None, projects=None)
        seen = fleet.services.overview.of(everywhere).sites
        may = {everywhere.may(of, "see", site="tingtao") for of in ("reading", "event")}
        assert any(one.glance.people for one in seen) == (True in may), role


def test_who_may_not_see_how_many_people_are_there_is_told_nothing_of_them(fleet: House) -> None:
    """Neither a number nor that there is nobody, and no order that would tell."""
    with fleet.browser("supplier") as browser:
        page = browser.get("/firm").text
        alone = browser.get(f"/sites/{names(page)[0]}").text
    assert not re.search("on site|people", text_of(page) + text_of(alone))


def test_one_site_alone_is_neither_searched_nor_ordered(fleet: House) -> None:
    with fleet.browser("owner", "other") as browser:
        assert 'role="search"' not in browser.get("/firm").text
        assert "1 个" not in browser.get("/firm?lang=zh").text
    with fleet.browser("owner") as browser:
        assert 'role="search"' in browser.get("/firm").text


def test_another_firm_sees_none_of_them(fleet: House) -> None:
    with fleet.browser("owner", "other") as browser:
        assert names(browser.get("/firm").text) == ["site-c"]


def test_a_reader_of_the_log_that_stands_still_makes_no_site_silent(fleet: House, stand: Stand) -> None:
    """Its page says as of when it is, instead of calling silent what it has not read."""
    stand.status(site="fenglin")
    stand.clock.forward(10 * BEHIND_MS)
    fleet.services.overview.forget()
    with fleet.browser("owner") as browser:
        text = text_of(browser.get("/firm").text)
    assert "This is as of 15:12: what came after that is not counted in yet." in text
    assert "3 of 10 sites are well." in text


def test_no_badge_is_anywhere_on_it(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        assert not re.search(r"b:[0-9a-f]{6}", browser.get("/firm").text)
