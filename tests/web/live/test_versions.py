"""What has changed since when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.live.versions import Seen, Versions


def test_who_comes_back_is_told_the_keys_that_changed_since() -> None:
    versions = Versions()
    versions.change(["a", "b"])
    seen = versions.here
    versions.change(["b"])
    versions.change(["c"])
    assert versions.since(seen) == {"b", "c"}
    assert versions.since(versions.here) == set()


@pytest.mark.parametrize("seen", [None, Seen("another", 1), Seen("here", 99)])
def test_who_was_never_here_begins_with_everything(seen: Seen | None) -> None:
    versions = Versions()
    versions.change(["a"])
    if seen is not None and seen.epoch == "here":
        seen = Seen(versions.here.epoch, seen.version)
    assert versions.since(seen) is None


def test_who_is_further_behind_than_what_is_remembered_begins_with_everything() -> None:
    versions = Versions(most=2)
    versions.change(["a"])
    early = versions.here
    versions.change(["b"])
    versions.change(["c"])
    assert versions.since(early) == {"b", "c"}, "only a has been forgotten, and that was seen"
    late = versions.here
    versions.change(["d"])
    assert versions.since(early) is None
    assert versions.since(late) == {"d"}


@given(st.lists(st.sets(st.sampled_from("abcdef"), min_size=1), max_size=20), st.integers(0, 20))
def test_nothing_that_changed_is_ever_left_out(steps: list[set[str]], seen: int) -> None:
    versions = Versions(most=4)
    cursors = [versions.here]
    for keys in steps:
        versions.change(sorted(keys))
        cursors.append(versions.here)
    at = min(seen, len(steps))
    changed = {key for keys in steps[at:] for key in keys}
    assert versions.since(cursors[at]) in (None, changed)


@pytest.mark.parametrize("text", [None, "", "-", "abc", "abc-", "-1", "abc-x", "abc-9999999999999999"])
def test_what_is_no_cursor_is_none(text: str | None) -> None:
    assert Seen.parse(text) is None


def test_a_cursor_survives_the_way_through_the_browser() -> None:
    here = Versions().here
    assert Seen.parse(str(here)) == here
