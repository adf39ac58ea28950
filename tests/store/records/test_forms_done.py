"""Forms that were sent are known again, by every process and after a restart."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.records import forms_done
from store.records.forms_done import KEPT_MS, FormDone
from store.records.records import Records
from tests.store.records.identities import NOW

FIRM, KEY = "fenglin", b"k" * 32


def test_of_several_that_come_at_once_one_is_the_first(identities: Records) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: identities.forms_done.claim(FIRM, KEY, NOW), range(4)))
    assert sorted(one is None for one in found) == [False, False, False, True]


def test_one_that_was_done_says_where_it_led(identities: Records) -> None:
    identities.forms_done.claim(FIRM, KEY, NOW)
    assert identities.forms_done.claim(FIRM, KEY, NOW + 5) == FormDone(NOW, None)
    identities.forms_done.finish(FIRM, KEY, "/people")
    assert identities.forms_done.claim(FIRM, KEY, NOW + 9) == FormDone(NOW, "/people")


def test_one_that_was_refused_may_be_sent_again(identities: Records) -> None:
    identities.forms_done.claim(FIRM, KEY, NOW)
    identities.forms_done.release(FIRM, KEY)
    assert identities.forms_done.claim(FIRM, KEY, NOW) is None


def test_they_go_after_a_day(identities: Records) -> None:
    identities.forms_done.claim(FIRM, KEY, NOW)
    assert identities.forget_access(NOW + KEPT_MS) == 0
    assert identities.forms_done.forget(NOW + KEPT_MS + 1) == 1


def test_beyond_so_many_of_a_firm_the_oldest_go(identities: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms_done, "MOST", 3)
    for n in range(6):
        identities.forms_done.claim(FIRM, bytes([n]) * 32, NOW + n)
    identities.forms_done.claim("other", KEY, NOW)
    assert identities.forms_done.claim(FIRM, bytes([5]) * 32, NOW) is not None
    assert identities.forms_done.claim(FIRM, bytes([0]) * 32, NOW) is None, "forgotten"
    assert identities.forms_done.claim("other", KEY, NOW) is not None
