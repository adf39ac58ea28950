"""Taking over another program's file by the command, as its tests do it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent import profile
from edge_agent.cli import main
from edge_agent.profile import Profile
from edge_agent.profiling import trial

#: Program, text of its file, further arguments; gives the profile and its caveats.
Import = Callable[..., tuple[Profile, list[str]]]


@pytest.fixture
def imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    def take(program: str, text: str, *more: str) -> tuple[Profile, list[str]]:
        file = tmp_path / "theirs.yaml"
        file.write_text(text)
        assert main(["profile", "import", "--from", program, str(file), *more]) == 0
        printed = capsys.readouterr().out
        name = next(line for line in printed.splitlines() if line.startswith("profile: "))[9:]
        own = tmp_path / f"{name}.yaml"
        own.write_text(printed)
        assert trial.load_errors(str(own))[1] == []
        caveats = [line[10:] for line in printed.splitlines() if line.startswith("# caveat: ")]
        return profile.load(own), caveats

    return take
