"""People as a browser meets them: asked in, given other roles, helped, signed out, gone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from store.records.access import operator
from store.records.records import Records
from tests.web.access.house import ELSEWHERE, OURS, PASSWORD, SITE, Browser, House
from web.access import totp

ADDRESS = re.compile(r"<code>http://testserver(/door/[^<]+)</code>")


@pytest.fixture
def owner(house: House) -> Iterator[Browser]:
    with house.browser("owner") as browser:
        yield browser


def records(house: House) -> Records:
    return house.services.records


def invite(browser: Browser, **typed: Any) -> tuple[int, str]:
    form = {"name": "Zhou Wei", "roles": ["worker"], "sites": [SITE], "language": "en"} | typed
    answer = browser.send("/people/invite", **form)
    return answer.status_code, answer.text


def act(browser: Browser, member: str, what: str, **typed: Any) -> tuple[int, str]:
    path = f"/people/members/{member}"
    answer = browser.send(f"{path}/{what}", page=path, **typed)
    return answer.status_code, answer.headers.get("location", answer.text)


def test_everybody_one_may_see_is_listed_with_roles_sites_and_second_step(owner: Browser) -> None:
    page = owner.get("/people").text
    assert "15 people." in page
    for text in ("A project_manager", "safety officer", "every site", "Last used", "Invite"):
        assert text in page


def test_who_sees_a_site_alone_sees_its_people_and_no_other_site(house: House) -> None:
    sites = frozenset({SITE, ELSEWHERE})
    records(house).members.assign(operator(OURS), "technician", frozenset({"technician"}), sites)
    records(house).members.assign(operator(OURS), "installer", frozenset({"installer"}), {ELSEWHERE})  # type: ignore[arg-type]
    with house.browser("foreman") as foreman:
        page = foreman.get("/people").text
        assert "A technician" in page
        assert "A installer" not in page
        assert ELSEWHERE not in page
        assert foreman.get("/people/members/installer").status_code == 404


def test_an_invitation_is_shown_once_waits_and_is_accepted_once(house: House, owner: Browser) -> None:
    status, page = invite(owner)
    assert status == 200
    (address,) = ADDRESS.findall(page)
    listed = owner.get("/people").text
    assert "One invitation is waiting." in listed
    assert address.split("/")[-1].split("?")[0] not in listed
    with house.browser() as guest:
        assert "Zhou Wei" in guest.get(address).text
        typed = {"name": "Zhou Wei", "login": "zhou@x.example", "password": PASSWORD}
        assert guest.send(address, **typed).status_code == 303
        assert guest.get("/firm").status_code == 200
    with house.browser() as late:
        assert late.get(address).status_code == 404
    assert "Zhou Wei" in owner.get("/people").text


def test_the_link_is_in_the_language_that_was_chosen(house: House, owner: Browser) -> None:
    (address,) = ADDRESS.findall(invite(owner, language="zh")[1])
    with house.browser() as guest:
        assert 'lang="zh-Hans-CN"' in guest.get(address).text


def test_an_invitation_is_withdrawn(house: House, owner: Browser) -> None:
    (address,) = ADDRESS.findall(invite(owner)[1])
    (path,) = re.findall(r'action="(/people/invitations/[^"]+)"', owner.get("/people").text)
    assert owner.send(path, page="/people").headers["location"] == "/people?said=withdrawn"
    with house.browser() as guest:
        assert guest.get(address).status_code == 404
    assert owner.send(path, page="/account").status_code == 404


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"name": ""}, "Please fill this in"),
        ({"roles": []}, "at least one"),
        ({"sites": []}, "Choose sites, or every site."),
        ({"roles": ["emperor"]}, ""),
        ({"sites": ["site-c"]}, ""),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_is_kept(
    owner: Browser, typed: dict[str, Any], told: str
) -> None:
    status, page = invite(owner, **({"name": "Kept & told"} | typed))
    assert status == 422
    assert 'aria-describedby="field-' in page
    assert told in page
    assert "name" in typed or html.escape("Kept & told") in page


def test_roles_and_sites_are_changed_and_their_browsers_sign_in_again(house: House, owner: Browser) -> None:
    with house.browser("worker") as worker:
        status, where = act(owner, "worker", "assign", roles=["foreman"], sites=[SITE, ELSEWHERE])
        assert (status, where) == (303, "/people/members/worker?said=assigned")
        assert worker.get("/account").status_code == 303
    changed = house.account("worker")
    assert changed.roles == {"foreman"}
    assert changed.sites == frozenset({SITE, ELSEWHERE})


def test_the_end_is_asked_for_twice_and_comes_at_once(house: House, owner: Browser) -> None:
    with house.browser("worker") as worker:
        status, page = act(owner, "worker", "end")
        assert (status, "Tick this first." in page) == (422, True)
        assert act(owner, "worker", "end", sure="on") == (303, "/people?said=ended")
        assert worker.get("/account").status_code == 303
    with house.browser() as again:
        assert again.sign_in("worker@fenglin").status_code == 422
    page = owner.get("/people").text
    assert page.index("Gone") < page.index("A worker"), "told among those who are gone"


def test_a_reset_link_sets_a_new_password_once(house: House, owner: Browser) -> None:
    status, page = act(owner, "worker", "reset")
    assert status == 200
    (address,) = ADDRESS.findall(page)
    new = "copper pipe 22 mm"
    with house.browser() as worker:
        code = address.rsplit("/", 1)[1]
        assert f'value="{code}"' in worker.get(address).text
        assert worker.send("/door/reset", page=address, code=code, password=new).status_code == 303
        assert worker.send("/door/reset", page=address, code=code, password=new).status_code == 422
        assert worker.sign_in("worker@fenglin", new).status_code == 303


def test_devices_of_others_are_seen_and_signed_out_by_right(house: House, owner: Browser) -> None:
    agent = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140"}
    with house.browser("worker", **agent) as one, house.browser("worker") as two:
        page = owner.get("/people/members/worker").text
        assert "Chrome · Windows" in page
        there = page[page.index("Chrome · Windows") :]
        end = re.findall(r'action="/people/members/worker/(sessions/[0-9a-f]+/end)"', there)[0]
        assert act(owner, "worker", end)[0] == 303
        assert (one.get("/account").status_code, two.get("/account").status_code) == (303, 200)
        assert act(owner, "worker", "sessions/end")[0] == 303
        assert two.get("/account").status_code == 303
    with house.browser("auditor") as auditor:
        page = auditor.get("/people/members/owner").text
        assert "Devices signed in" in page
        assert "/sessions/" not in page, "looked at, not ended"


def test_the_second_step_is_turned_off_for_who_has_lost_everything(house: House, owner: Browser) -> None:
    gate = house.services.gate
    sealed = gate.seal.close(totp.make_secret(), OURS, "worker")
    records(house).accounts.change(OURS, "worker", totp_secret=sealed, totp_confirmed=1)
    assert "Turn off the second step" in owner.get("/people/members/worker").text
    assert act(owner, "worker", "second-off")[0] == 303
    with house.browser() as worker:
        assert worker.sign_in("worker@fenglin").headers["location"] == "/"
    told = records(house).access_log.read(house.access("owner"))
    assert "totp off, by somebody else" in {one.deed.detail for one in told}


def test_ones_own_page_leads_to_the_account_and_changes_nothing(owner: Browser) -> None:
    page = owner.get("/people/members/owner").text
    assert 'href="/account"' in page
    assert "/people/members/owner/" not in page
    for what in ("assign", "end", "second-off"):
        typed: dict[str, Any] = {"roles": ["worker"], "everywhere": "on", "sure": "on"}
        answer = owner.send(f"/people/members/owner/{what}", page="/account", **typed)
        assert answer.status_code == 404
