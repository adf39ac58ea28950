"""Authenticators' secrets are sealed at rest, and bound to whose they are."""

from __future__ import annotations

import pytest

from tests.web.access.house import OURS, House
from web.access import totp
from web.access.seal import KEY_BYTES, SEALED_BYTES, Seal

SECRET = bytes(range(totp.SECRET_BYTES))
KEY = bytes(KEY_BYTES)


def test_what_was_sealed_is_opened_again_and_never_looks_the_same_twice() -> None:
    seal = Seal(KEY)
    one, two = (seal.close(SECRET, "fenglin", "li") for _ in range(2))
    assert one != two
    assert SECRET not in one
    assert len(one) == SEALED_BYTES
    assert Seal(KEY).open(one, "fenglin", "li") == SECRET


@pytest.mark.parametrize(("firm", "member"), [("fenglin", "zhou"), ("other", "li"), ("fen", "glin\0li")])
def test_it_opens_for_nobody_else(firm: str, member: str) -> None:
    assert Seal(KEY).open(Seal(KEY).close(SECRET, "fenglin", "li"), firm, member) is None


def test_a_changed_one_opens_nothing() -> None:
    seal = Seal(KEY)
    sealed = seal.close(SECRET, "fenglin", "li")
    for changed in (sealed[:-1], b"", bytes([sealed[0] ^ 1]) + sealed[1:], SECRET):
        assert seal.open(changed, "fenglin", "li") is None


def test_a_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes is wanted, not of 3"):
        Seal(b"abc")


def test_what_an_older_version_left_bare_is_sealed_and_goes_on_to_open(house: House) -> None:
    records, seal = house.services.records, house.services.gate.seal
    records.accounts.change(OURS, "worker", totp_secret=SECRET, totp_confirmed=1)
    assert seal.close_all(records) == 1
    assert seal.close_all(records) == 0, "once"
    kept = house.account("worker")
    assert kept.totp_secret is not None
    assert SECRET not in kept.totp_secret
    assert house.services.gate.totp_secret(kept) == SECRET
    with house.browser() as browser:
        browser.sign_in("worker@fenglin")
        code = totp.code_of(SECRET, totp.step_at(house.services.clock()))
        assert browser.send("/door/second", code=code).status_code == 303


def test_with_another_key_the_code_is_wrong_and_how_many_is_told(house: House) -> None:
    records = house.services.records
    records.accounts.change(OURS, "worker", totp_secret=Seal(KEY).close(SECRET, OURS, "worker"))
    assert house.services.gate.seal.unopened(records) == 1
    assert house.services.gate.totp_secret(house.account("worker")) is None
