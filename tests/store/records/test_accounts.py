"""Accounts: found by the name somebody signs in by; codes are used once, also by two at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.records.accounts import LoginTakenError
from store.records.records import Records
from tests.store.records.identities import NOW, account


def at_once(work: Callable[[], bool]) -> int:
    """How many of four that come at once succeed."""
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(lambda _: work(), range(4)))


def test_who_was_added_is_found_by_login_with_roles_and_sites(identities: Records) -> None:
    li = account("li", "foreman", "worker", sites=frozenset({"a"}))
    identities.accounts.add(li)
    assert identities.accounts.by_login("li@fenglin") == li
    assert identities.accounts.by_login("li@other") is None


def test_a_login_is_taken_for_all_firms(identities: Records) -> None:
    identities.accounts.add(account("li"))
    with pytest.raises(LoginTakenError):
        identities.accounts.add(account("li", firm="other", login="li@fenglin"))


def test_every_site_is_told_from_none(identities: Records) -> None:
    identities.accounts.add(account("wang", "owner", sites=None))
    identities.accounts.add(account("li", "worker"))
    sites = [identities.accounts.get("fenglin", member) for member in ("wang", "li")]
    assert [one.sites for one in sites if one] == [None, frozenset()]


def test_there_is_an_owner_once_one_can_sign_in(identities: Records) -> None:
    identities.accounts.add(account("li", "worker"))
    assert not identities.accounts.has_owner()
    identities.accounts.add(account("wang", "owner", firm="other"))
    assert identities.accounts.has_owner()
    identities.accounts.change("other", "wang", ended=NOW)
    assert not identities.accounts.has_owner()


def test_a_step_of_totp_is_taken_once_and_never_an_earlier_one(identities: Records) -> None:
    identities.accounts.add(account("li"))
    assert at_once(lambda: identities.accounts.take_step("fenglin", "li", 100)) == 1
    assert not identities.accounts.take_step("fenglin", "li", 99)
    assert identities.accounts.take_step("fenglin", "li", 101)


def test_a_recovery_code_is_taken_once_and_by_its_member_alone(identities: Records) -> None:
    identities.accounts.add(account("li"))
    identities.accounts.add(account("zhou"))
    identities.accounts.put_recovery_codes("fenglin", "li", [b"one", b"two"])
    assert not identities.accounts.take_recovery_code("fenglin", "zhou", b"one", NOW)
    assert at_once(lambda: identities.accounts.take_recovery_code("fenglin", "li", b"one", NOW)) == 1
    assert identities.accounts.recovery_codes_left("fenglin", "li") == 1


def test_who_somebody_is_at_another_provider_is_found_by_issuer_and_subject(
    identities: Records,
) -> None:
    identities.accounts.add(account("li"))
    identities.accounts.add_identity("fenglin", "li", "https://id.example", "42")
    found = identities.accounts.by_identity("https://id.example", "42")
    assert found is not None
    assert found.member == "li"
    assert identities.accounts.by_identity("https://evil.example", "42") is None
