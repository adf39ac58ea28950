"""Nobody becomes more than they are: by any form, by a token, by the API."""

from __future__ import annotations

import pytest

from store.records.access import ROLES, Role
from tests.web.access.house import ABROAD, ELSEWHERE, OURS, SITE, Browser, House
from web.access.invitations import grantable

#: Who may ask somebody in, but not give everything.
INVITERS: tuple[Role, ...] = ("project_manager", "foreman")


def invite(browser: Browser, roles: list[str], **typed: str | list[str]) -> int:
    form = {"name": "Mallory", "language": "en", "sites": [SITE]} | typed
    return browser.send("/people/invite", roles=roles, **form).status_code  # type: ignore[arg-type]


@pytest.mark.parametrize("who", INVITERS)
def test_no_role_that_reaches_further_than_ones_own_is_given(house: House, who: Role) -> None:
    allowed = set(grantable(house.access(who)))
    assert "owner" not in allowed
    with house.browser(who) as browser:
        for role in ROLES:
            assert invite(browser, [role]) == (200 if role in allowed else 422), role
            assert invite(browser, ["worker", role]) == (200 if role in allowed else 422), role


@pytest.mark.parametrize("who", INVITERS)
@pytest.mark.parametrize(
    "typed", [{"everywhere": "on"}, {"sites": [ELSEWHERE]}, {"sites": [ABROAD]}, {"sites": [SITE, ELSEWHERE]}]
)
def test_nobody_asks_somebody_onto_a_site_that_is_not_theirs(
    house: House, who: Role, typed: dict[str, str | list[str]]
) -> None:
    with house.browser(who) as browser:
        assert invite(browser, ["worker"], **typed) in {404, 422}
    owner, now = house.access("owner"), house.services.clock()
    assert house.services.records.passes.invitations(owner, now) == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
def test_no_form_of_people_or_tokens_gives_anybody_more(house: House, role: Role) -> None:
    before = house.account(role)
    own = before.member
    with house.browser(role) as browser:
        for path, typed in {
            f"/people/members/{own}/assign": {"roles": ["owner"], "everywhere": "on"},
            "/people/members/worker/assign": {"roles": ["owner"], "everywhere": "on"},
            "/people/members/owner/reset": {},
            "/people/members/owner/second-off": {},
            "/people/members/owner/sessions/end": {},
            "/people/members/owner/end": {"sure": "on"},
        }.items():
            answer = browser.send(path, page="/account", **typed)  # type: ignore[arg-type]
            assert answer.status_code in {403, 404, 422}, path
        for scope in ("member:change", "token:add", "log_of_access:see", "quarantine:raw", "firm:change"):
            answer = browser.send("/tokens", page="/account", name="x", scopes=[scope], days="90")
            assert answer.status_code in {403, 422}, scope
    assert house.account(role) == before
    assert house.services.records.tokens.all(house.access("owner")) == []


def test_what_a_form_adds_of_its_own_is_not_read(house: House) -> None:
    """Mass assignment: firm, author, ends."""
    with house.browser("owner") as owner:
        extra = {"firm": "other", "author": "member:nobody", "ends": "9" * 15, "member": "owner"}
        assert invite(owner, ["worker"], **extra) == 200
    now = house.services.clock()
    (one,) = house.services.records.passes.invitations(house.access("owner"), now)
    assert (one.firm, one.author, one.member) == (OURS, "member:owner", None)
    assert one.ends < now + 8 * 86_400_000
