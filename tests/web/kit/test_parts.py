"""The small parts: what they say for those who do not see them, and where they lead."""

from __future__ import annotations

import pytest

from web.kit.act import pager
from web.kit.heartbeat import Beat, heartbeat
from web.kit.mark import Avatar
from web.kit.table import sort_link


def test_hours_without_data_that_touch_are_one_hatched_field() -> None:
    beats: list[Beat] = ["whole", "part", "gap", "gap", "gap"]
    found = heartbeat(beats, "en")
    assert [(bar.beat, bar.x, bar.width) for bar in found.bars] == [
        ("whole", 0, 3), ("part", 5, 3), ("gap", 10, 13),
    ]  # fmt: skip
    assert found.words == "Last 5 hours: 1 h complete, 1 h in part, 3 h without data"


def test_hours_before_it_was_there_are_no_gap() -> None:
    assert heartbeat(["before", "before"], "en").words == "Last 2 hours: no data yet"
    assert heartbeat(["before"] * 2, "zh").bars == ()


@pytest.mark.parametrize(
    ("name", "initials"),
    [("贺师傅", "贺"), ("Qin Yu", "QY"), ("Ms Qin Yu", "MY"), ("Qin", "Q"), ("", "·"), ("Émile Zola", "É")],
)
def test_an_avatar_is_one_character_or_two_letters(name: str, initials: str) -> None:
    assert Avatar(name).initials == initials


def test_a_column_is_sorted_the_other_way_round_by_its_own_link() -> None:
    assert sort_link("/firm", "name", "name", "ascending") == (
        "/firm?sort=name&order=descending",
        "ascending",
    )
    assert sort_link("/firm", "name", "age", "ascending") == ("/firm?sort=name&order=ascending", "")


def test_a_pager_leads_both_ways_and_says_where_one_is() -> None:
    middle = pager("/firm?sort=name", 21, 20, 133, "en")
    assert middle is not None
    assert middle.previous is not None
    assert middle.next is not None
    assert (middle.said, middle.previous.href, middle.next.href) == (
        "21–40 of 133", "/firm?sort=name&from=1", "/firm?sort=name&from=41",
    )  # fmt: skip


def test_a_list_that_is_all_there_needs_no_pager() -> None:
    assert pager("/firm", 1, 20, 20, "en") is None
