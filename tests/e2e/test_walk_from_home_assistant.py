"""The walk of docs/walk-from-home-assistant.md works as it stands there, up to live values in the cloud."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.walk import FROM_HOME_ASSISTANT, walked


def test_every_command_of_the_page_says_what_the_page_says(tmp_path: Path) -> None:
    top = walked(FROM_HOME_ASSISTANT, tmp_path)
    for name in ("living-room", "water", "grid"):
        assert re.search(rf"^{name} +[0-9.]+ s$", top, re.MULTILINE)
