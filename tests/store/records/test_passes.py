"""A pass opens once, for what it was made, until it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.records.access import Denied
from store.records.passes import OneTimePass
from store.records.records import Records
from tests.store.records.identities import NOW, access, account

FOREMAN = access(account("li", "foreman", sites=frozenset({"a"})))
MANAGER = access(account("he", "project_manager", sites=frozenset({"a"})))
OWNER = access(account("wang", "owner", sites=None))


def invitation(pass_id: str, sites: list[str] | None, author: str = "member:wang") -> OneTimePass:
    body = {"sites": sites}
    return OneTimePass(
        pass_id.encode(), pass_id, "invitation", author, NOW, NOW + 1_000, "fenglin", None, body
    )


def test_of_four_who_come_at_once_one_enters(identities: Records) -> None:
    identities.passes.add(invitation("i", ["a"]))
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: identities.passes.take(b"i", "invitation", NOW), range(4)))
    assert sum(one is not None for one in taken) == 1


def test_it_opens_nothing_else_and_not_for_ever(identities: Records) -> None:
    identities.passes.add(invitation("i", ["a"]))
    assert identities.passes.take(b"i", "reset", NOW) is None
    assert identities.passes.take(b"i", "invitation", NOW + 1_000) is None


def test_a_first_owner_is_of_no_firm_yet(identities: Records) -> None:
    identities.passes.add(OneTimePass(b"o", "o", "owner", "operator:console", NOW, NOW + 1))
    identities.passes.add(OneTimePass(b"p", "p", "owner", "operator:console", NOW, NOW + 1))
    identities.passes.end_others("owner", None, None, NOW)
    assert identities.passes.take(b"o", "owner", NOW) is None


def test_invitations_are_listed_and_withdrawn_as_far_as_one_reaches(identities: Records) -> None:
    for one in (invitation("a", ["a"]), invitation("b", ["b"]), invitation("every", None)):
        identities.passes.add(one)
    assert {one.id for one in identities.passes.invitations(OWNER, NOW)} == {"a", "b", "every"}
    assert {one.id for one in identities.passes.invitations(MANAGER, NOW)} == {"a"}
    assert not identities.passes.withdraw(MANAGER, "b", NOW)
    assert identities.passes.withdraw(MANAGER, "a", NOW)
    assert identities.passes.take(b"a", "invitation", NOW) is None
    with pytest.raises(Denied):
        identities.passes.withdraw(FOREMAN, "every", NOW)
