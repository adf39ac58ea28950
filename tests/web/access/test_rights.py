"""The table of rights: who may what, thought through; and what follows from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.records.access import NOUNS, ROLES, SCOPES, VERBS, Role
from web.access.document import document
from web.access.rights import EVERYTHING, OF_LINKS, RIGHTS, of_roles, of_scopes, parse, scope_words

#: Who may see who passed a door when: those who answer for people on the site.
SEES_PASSES: set[Role] = {"owner", "project_manager", "safety_officer", "foreman", "auditor"}


def test_the_owner_may_everything_that_means_something() -> None:
    assert RIGHTS["owner"] == EVERYTHING


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_see_to_their_own_account(role: Role) -> None:
    assert {("member", "change"), ("session", "remove")} <= set(RIGHTS[role])


def test_only_those_who_answer_for_people_see_passes_of_others() -> None:
    seen = {role for role in ROLES if RIGHTS[role].get(("event", "see")) in {"site", "firm"}}
    assert seen == SEES_PASSES


@pytest.mark.parametrize("rights", [RIGHTS["customer"], OF_LINKS])
def test_customers_see_their_project_and_no_person(rights: dict[tuple[str, str], str]) -> None:
    assert ("event", "see") not in rights
    assert {scope for (noun, _), scope in rights.items() if noun in {"project", "site", "reading"}} == {
        "project"
    }


def test_an_auditor_looks_at_everything_and_changes_nothing() -> None:
    own = {("member", "change"), ("session", "remove"), ("token", "add"), ("token", "remove")}
    assert {right for right in RIGHTS["auditor"] if right[1] != "see"} == own
    assert ("log_of_access", "see") in RIGHTS["auditor"]


def test_only_owner_and_auditor_see_who_looked() -> None:
    assert {role for role in ROLES if ("log_of_access", "see") in RIGHTS[role]} == {"owner", "auditor"}


def test_only_the_owner_changes_and_ends_other_members() -> None:
    beyond_own = [
        (role, verb)
        for role in ROLES
        for verb in ("change", "remove")
        if RIGHTS[role].get(("member", verb), "own") != "own"
    ]
    assert {role for role, _ in beyond_own} == {"owner"}


def test_nobody_but_the_owner_holds_a_right_that_the_table_does_not_know() -> None:
    assert all(set(RIGHTS[role]) <= set(EVERYTHING) for role in ROLES)


def test_roles_together_reach_as_far_as_the_furthest() -> None:
    both = of_roles(["foreman", "safety_officer"])
    assert both["event", "see"] == "firm"
    assert both["device", "change"] == "site"


def test_tokens_of_before_may_what_they_could() -> None:
    assert of_scopes(["telemetry:read"])["reading", "see"] == "firm"
    assert set(of_scopes(["health:read"])) == {("health", "see")}


def test_a_scope_of_a_newer_version_grants_nothing() -> None:
    assert of_scopes(["dream:see", "device:fly", "*"]) == {}


def test_scopes_say_rights_and_back() -> None:
    assert of_scopes(scope_words(EVERYTHING)) == EVERYTHING


@pytest.mark.parametrize("word", ["devices:see", "device:look", "device", "device:see,fly"])
def test_a_word_that_is_no_right_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="is no right"):
        parse(word, "firm")


def test_the_document_is_the_table() -> None:
    """`python -m web.access.document` writes it."""
    written = Path(__file__).parents[3] / "docs/access.md"
    assert written.read_text("utf-8") == document(), "run: .venv/bin/python -m web.access.document"


def test_every_noun_and_verb_is_held_by_somebody() -> None:
    held = {right for role in ROLES for right in RIGHTS[role]}
    assert {noun for noun, _ in held} == set(NOUNS)
    assert {verb for _, verb in held} == set(VERBS)
    assert SCOPES == ("own", "project", "site", "firm")
