"""The walk of docs/walk.md works as it stands there, from an empty site file to live values in the cloud."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.walk import PAGE, walked


def test_every_command_of_the_page_says_what_the_page_says(tmp_path: Path) -> None:
    walked(PAGE, tmp_path)
