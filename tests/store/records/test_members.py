"""Members as one of them may see and change them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.errors import StoreError
from store.records.access import Access, Denied, operator
from store.records.accounts import LastOwnerError
from store.records.records import Records
from tests.store.records.identities import NOW, access, account

OWNER = account("wang", "owner", sites=None)
FOREMAN = account("li", "foreman", sites=frozenset({"a"}))
WORKER = account("zhou", "worker", sites=frozenset({"a", "b"}))
ELSEWHERE = account("sun", "worker", sites=frozenset({"b"}))
STRANGER = account("qian", "owner", firm="other", sites=None)


@pytest.fixture
def people(identities: Records) -> Records:
    for one in (OWNER, FOREMAN, WORKER, ELSEWHERE, STRANGER):
        identities.accounts.add(one)
    return identities


def test_the_owner_sees_the_whole_firm_and_nobody_of_another(people: Records) -> None:
    assert {one.member for one in people.members.all(access(OWNER))} == {"wang", "li", "zhou", "sun"}
    assert people.members.get(access(OWNER), "qian") is None


def test_who_is_on_a_site_sees_those_who_are_on_it_too(people: Records) -> None:
    assert {one.member for one in people.members.all(access(FOREMAN))} == {"li", "zhou"}
    assert people.members.get(access(FOREMAN), "sun") is None


def test_a_worker_sees_themselves(people: Records) -> None:
    assert [one.member for one in people.members.all(access(WORKER))] == ["zhou"]


def test_roles_and_sites_are_changed_by_whoever_may_and_never_ones_own(people: Records) -> None:
    people.members.assign(access(OWNER), "li", frozenset({"worker"}), frozenset({"b"}))
    changed = people.members.get(access(OWNER), "li")
    assert changed is not None
    assert (changed.roles, changed.sites) == (frozenset({"worker"}), frozenset({"b"}))
    for who, whom in ((FOREMAN, "zhou"), (WORKER, "zhou"), (OWNER, "wang"), (STRANGER, "li")):
        with pytest.raises(Denied):
            people.members.assign(access(who), whom, frozenset({"owner"}), None)


def test_an_account_ends_by_who_may_and_never_ones_own(people: Records) -> None:
    assert people.members.end(access(OWNER), "li", NOW)
    assert not people.members.end(access(OWNER), "qian", NOW), "of another firm"
    for who, whom in ((FOREMAN, "zhou"), (OWNER, "wang")):
        with pytest.raises(Denied):
            people.members.end(access(who), whom, NOW)


def test_somebody_is_left_who_may_everything_also_when_two_change_each_other_at_once(people: Records) -> None:
    second = account("chen", "owner", sites=None)
    people.accounts.add(second)
    changes = [(access(OWNER), "chen"), (access(second), "wang")]

    def demote(change: tuple[Access, str]) -> bool:
        try:
            people.members.assign(*change, frozenset({"worker"}), frozenset({"a"}))
        except (LastOwnerError, StoreError):
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, changes)) == [False, True]
    owners = [one for one in people.members.all(access(OWNER)) if "owner" in one.roles]
    assert len(owners) == 1


def test_the_last_owner_stays_one_whoever_asks(people: Records) -> None:
    house = operator("fenglin")
    with pytest.raises(LastOwnerError):
        people.members.assign(house, "wang", frozenset({"worker"}), None)
    with pytest.raises(LastOwnerError):
        people.members.end(house, "wang", NOW)
    with pytest.raises(LastOwnerError):
        people.accounts.put_roles("fenglin", "wang", frozenset({"worker"}))
    kept = people.accounts.get("fenglin", "wang")
    assert kept is not None
    assert kept.roles == {"owner"}
    assert kept.ended is None
