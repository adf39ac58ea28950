"""The installer's pages name files, profiles and protocols that exist, and every file that is shipped."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

from edge_agent import profile
from edge_agent.drivers.registry import TABLE

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "firmware_configs"
README: Final = FOLDER / "README.md"
HARDWARE: Final = ROOT / "docs" / "hardware.md"
#: Set like a profile's name in hardware.md, and none.
WORDS: Final = {"ember", "zstack", "like-this", "local_echo", "interval_s", "key_file"}


def test_every_profile_the_parts_list_names_is_shipped() -> None:
    named = set(re.findall(r"`([a-z][a-z0-9]*(?:[-_][a-z0-9]+)*)`", HARDWARE.read_text()))
    assert named <= {*profile.names(), *TABLE, *WORDS}


def test_every_file_and_page_they_name_is_there() -> None:
    folders = "|".join(path.name for path in FOLDER.iterdir() if path.is_dir())
    for page in (README, HARDWARE):
        text = page.read_text()
        for name in re.findall(rf"`((?:{folders})/[\w-]+\.\w+)`", text):
            assert (FOLDER / name).is_file(), f"{page.name}: {name}"
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert (page.parent / link).is_file(), f"{page.name}: {link}"


def test_every_shipped_file_is_on_the_page() -> None:
    """Nodes are named together; examples and packages by what includes them."""
    text = README.read_text()
    listed = subprocess.run(
        ["git", "ls-files", "."], cwd=FOLDER, capture_output=True, text=True, check=True
    ).stdout
    names = {Path(name).name for name in listed.splitlines() if not name.startswith("esphome/")}
    assert not {name for name in names - {"README.md", "secret.yaml.example"} if name not in text}
