"""A right reaches as far as its scope and not a step further."""

from __future__ import annotations

import pytest

from store.records.access import NOUNS, VERBS, Access, Denied, Scope, operator


def on_site_a(scope: Scope) -> Access:
    return Access(
        "fenglin", "member:li", {("device", "see"): scope}, frozenset({"a"}), frozenset({"p"}), "li"
    )


def test_what_is_not_granted_is_denied() -> None:
    """Not even for one's own."""
    nobody = Access("fenglin", "member:li")
    assert not any(
        nobody.may(noun, verb, site="a", project="p", own=True) for noun in NOUNS for verb in VERBS
    )


def test_a_right_over_the_firm_reaches_everything_of_it() -> None:
    access = on_site_a("firm")
    assert access.may("device", "see")
    assert access.may("device", "see", site="b")
    assert not access.may("device", "change", site="a")


def test_a_right_over_sites_reaches_those_one_is_on() -> None:
    access = on_site_a("site")
    assert access.may("device", "see", site="a")
    assert not access.may("device", "see", site="b")
    assert not access.may("device", "see"), "what is of no site is the firm's"


def test_a_right_over_projects_reaches_the_projects_and_their_sites() -> None:
    access = on_site_a("project")
    assert access.may("device", "see", project="p")
    assert not access.may("device", "see", project="q", site="a")
    assert access.may("device", "see", site="a")


def test_a_right_over_ones_own_reaches_nothing_else() -> None:
    access = on_site_a("own")
    assert access.may("device", "see", own=True)
    assert not access.may("device", "see", site="a", project="p")


def test_every_site_is_those_to_come_too() -> None:
    access = Access("fenglin", "member:li", {("device", "see"): "site"}, None, None, "li")
    assert access.may("device", "see", site="new")


def test_a_denial_tells_a_right_that_is_missing_from_a_row_that_is_out_of_reach() -> None:
    access = on_site_a("site")
    with pytest.raises(Denied) as missing:
        access.need("device", "remove", site="a")
    with pytest.raises(Denied) as outside:
        access.need("device", "see", site="b")
    assert (missing.value.held, outside.value.held) == (False, True)


def test_nobody_covers_more_than_they_hold() -> None:
    access = on_site_a("site")
    assert access.covers({("device", "see"): "project"})
    assert not access.covers({("device", "see"): "firm"})
    assert not access.covers({("device", "change"): "own"})


def test_the_operator_may_do_everything_in_one_firm() -> None:
    assert all(operator("fenglin").may(noun, verb) for noun in NOUNS for verb in VERBS)
