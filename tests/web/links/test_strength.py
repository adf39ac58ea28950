"""A customer's link is strong enough to be the whole key to a page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbline.projects_yaml import ProjectsError, load_projects
from tests.web.site_day import PROJECTS, TOKEN
from web.links.strength import GOOD_BITS, bits, make_link_token, weakness


def test_a_made_token_is_strong() -> None:
    made = {make_link_token() for _ in range(100)}
    assert len(made) == 100
    assert all(weakness(token) is None and bits(token) >= GOOD_BITS for token in made)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("short1234567890", "has 15 characters"),
        ("x" * 20, "again and again: 1 different"),
        ("abc1" * 8, "again and again: 4 different"),
        ("aaaabbbbccccddddaeac", "5 different characters"),
        ("customer-Password-1", 'holds the word "password"'),
    ],
)
def test_a_weak_token_is_refused_with_its_reason(tmp_path: Path, token: str, why: str) -> None:
    assert why in (weakness(token) or "")
    if len(token) >= 16:
        path = tmp_path / "projects.yaml"
        path.write_text(PROJECTS.replace(TOKEN, token), "utf-8")
        with pytest.raises(ProjectsError, match="plumbline link new") as caught:
            load_projects(path)
        assert token not in str(caught.value)
        assert "projects.yaml:3" in str(caught.value)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8), st.integers(2, 12))
def test_repetition_adds_no_strength(part: str, times: int) -> None:
    assert bits(part * times) == bits(part * 2)
