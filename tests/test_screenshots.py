"""make screenshots takes every page of the rooms by itself, and says what it lacks."""

from __future__ import annotations

import pytest
from fastapi import APIRouter

from benchmarks.screenshots import Address, index, pages, shots
from tests.web.demonstration import EXAMPLES
from web.rooms import rooms


def router(*paths: str) -> APIRouter:
    found = APIRouter()
    for path in paths:
        found.add_api_route(path, lambda: None, methods=["GET"], name=path.strip("/").split("/")[0])
    return found


def test_every_part_of_every_rooms_addresses_has_an_example() -> None:
    found = pages(rooms(), EXAMPLES)
    assert found["living"] == Address("/living", signed_in=True)
    assert not any("{" in address.path for address in found.values())


def test_a_new_page_is_taken_by_itself() -> None:
    assert pages([("firm", router("/firm", "/sites/{site}"))], {"site": "s1"}) == {
        "firm": Address("/firm"), "firm-sites": Address("/sites/s1"),
    }  # fmt: skip


def test_a_part_without_an_example_says_where_to_add_one() -> None:
    with pytest.raises(KeyError, match=r"/sites/\{site\}: add an example for site to EXAMPLES"):
        pages([("firm", router("/sites/{site}"))], {})


def test_a_page_is_taken_in_each_width_language_and_scheme() -> None:
    taken = list(shots({"firm": Address("/firm")}))
    assert len({shot.name for shot in taken}) == 8
    assert index(taken).count("<figure>") == 8
