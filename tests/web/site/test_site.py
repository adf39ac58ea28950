"""One site: what each device said last and whether that counts, by what somebody may see."""

from __future__ import annotations

import re

from store.records.access import Role
from store.records.accounts import Account
from store.records.contract import Quarantined
from tests.registered import BY
from tests.web.access.house import ENCODED, OURS, House
from tests.web.site_day import Stand


def text_of(html: str) -> str:
    body = html.partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def put(fleet: House, role: Role, site: str) -> None:
    """Somebody of this role on this site."""
    who = (f"{role}-2", "B", f"{role}@site.{site}", None)
    account = Account(OURS, *who, frozenset({role}), frozenset({site}), ENCODED)
    with fleet.services.records.begin() as done:
        done.accounts.add(account)


def test_each_device_says_what_it_said_last_and_whether_it_counts(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        text = text_of(browser.get("/sites/donghu").text)
    assert "No data from Bedroom climate sensor since 01:27" in text
    assert re.search(r"climate sensor th-bath \d+\.\d °C · \d+ % counts", text), text
    assert re.search(r"climate sensor th-bedroom \d+\.\d °C · \d+ % silent 13 h ago", text), text
    assert "badge reader gate" in text


def test_of_what_somebody_may_not_see_it_does_not_say_that_there_is_none(fleet: House) -> None:
    put(fleet, "supplier", "donghu")
    with fleet.browser() as browser:
        browser.sign_in("supplier@site.donghu")
        text = text_of(browser.get("/sites/donghu").text)
    assert "East Lake" in text
    for untrue in ("Devices", "No device", "Last 24 hours", "No reading"):
        assert untrue not in text


def test_an_alarm_is_said_at_the_device_too(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        assert "leak sensor leak-bath leak alarm alarm" in text_of(browser.get("/sites/tingtao").text)


def test_a_device_the_agent_calls_failed_does_not_count(fleet: House, stand: Stand) -> None:
    stand.status(site="fenglin", faults={"th-bath": "no_reply"})
    stand.follow()
    fleet.services.overview.forget()
    with fleet.browser("owner") as browser:
        assert "no reply" in text_of(browser.get("/sites/fenglin").text)


def test_a_device_taken_out_shows_its_past(fleet: House, stand: Stand) -> None:
    stand.records.devices.retire(OURS, "fenglin", "th-bath", by=BY)
    fleet.services.overview.forget()
    with fleet.browser("owner") as browser:
        text = text_of(browser.get("/sites/fenglin?quantity=temperature").text)
    assert re.search(r"Taken out th-bath \d+\.\d °C", text), text


def test_every_quantity_has_its_chart(fleet: House) -> None:
    climates, usual = ["th-bath", "th-bedroom", "th-living"], ["meter-main"]
    drawn = {"temperature": climates, "relative_humidity": climates, "nothing": usual, "": usual}
    with fleet.browser("owner") as browser:
        for quantity, devices in drawn.items():
            page = browser.get(f"/sites/fenglin?quantity={quantity}").text
            assert re.findall(r'<figure class="chart" id="chart-([^"]+)"', page) == devices, quantity


def test_passages_are_for_who_may_see_events_and_how_many_is_no_secret(fleet: House) -> None:
    sees: dict[Role, bool] = {"safety_officer": True, "designer": False, "worker": False}
    for role, passages in sees.items():
        put(fleet, role, "fenglin")
        with fleet.browser() as browser:
            browser.sign_in(f"{role}@site.fenglin")
            page = browser.get("/sites/fenglin").text
        assert ("Passages today" in page) == passages, role
        assert "3 people on site." in page, role


def test_what_was_set_aside_is_for_who_may_see_it(fleet: House, stand: Stand) -> None:
    item = Quarantined(
        stand.clock(), "plumbline/v1/fenglin/pi-1/batch", b"{}", "implausible", "x", "fenglin", "pi-1"
    )
    stand.records.quarantine.add([item])
    put(fleet, "designer", "fenglin")
    with fleet.browser("owner") as browser:
        assert "Implausible value" in browser.get("/sites/fenglin").text
    with fleet.browser() as browser:
        browser.sign_in("designer@site.fenglin")
        assert "Implausible value" not in browser.get("/sites/fenglin").text


def test_a_site_of_another_firm_or_none_is_absent_alike(fleet: House) -> None:
    with fleet.browser("owner") as browser:
        answers = [browser.get(f"/sites/{site}") for site in ("site-c", "nowhere", "FENGLIN")]
    assert {answer.status_code for answer in answers} == {404}
    with fleet.browser("foreman") as browser:
        assert browser.get("/sites/fenglin").status_code == 404, "one they are not on"
