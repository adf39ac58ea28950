"""The walk of docs/walk-from-home-assistant.md works as it stands there, up to live values in the cloud."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.walk import FROM_HOME_ASSISTANT, Walk, shape, steps


def test_every_command_of_the_page_says_what_the_page_says(tmp_path: Path) -> None:
    page = steps(FROM_HOME_ASSISTANT.read_text(encoding="utf-8"))
    assert len(page) > 10
    with Walk(tmp_path) as walk:
        for command, output in page:
            assert shape(walk.run(command)) == shape(output), command
    (top,) = [output for command, output in page if " top " in command]
    assert re.search(r"last receipt: [0-9.]+ s ago", top)
    for name in ("living-room", "water", "grid"):
        assert re.search(rf"^{name} +[0-9.]+ s$", top, re.MULTILINE)
