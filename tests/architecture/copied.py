"""A copy of the tree in which something is added, and what its own checks say then."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.tree import ROOT

#: So long a few structural tests may take on a busy machine.
_WITHIN_S = 300


class Copy:
    """The checkout as git knows it, in a folder of its own; what was fetched is linked.

    Files keep their times, so what Python has compiled of them holds here, too."""

    def __init__(self, root: Path) -> None:
        self.root = root
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
        for name in filter(None, listed.decode().split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, root / name)
        for folder in [path for path in root.rglob("*") if path.is_dir()]:
            for compiled in (ROOT / folder.relative_to(root) / "__pycache__").glob("*.pyc"):
                (folder / "__pycache__").mkdir(exist_ok=True)
                shutil.copyfile(compiled, folder / "__pycache__" / compiled.name)

    def add_line(self, name: str, line: str, *, before: str) -> None:
        """Add one line to a file, before the one line that begins with `before`."""
        lines = (self.root / name).read_text(encoding="utf-8").splitlines(keepends=True)
        places = [at for at, one in enumerate(lines) if one.startswith(before)]
        assert len(places) == 1, f"{name}: {len(places)} lines begin with {before!r}"
        lines.insert(places[0], f"{line}\n")
        (self.root / name).write_text("".join(lines), encoding="utf-8")

    def add_word(self, name: str, word: str, *, behind: str) -> None:
        """Add a word to a line of a file, behind what stands there once."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(behind) == 1, f"{name}: {behind!r} stands there {text.count(behind)} times"
        (self.root / name).write_text(text.replace(behind, behind + word), encoding="utf-8")

    def add_file(self, name: str, text: str) -> None:
        """Add a file that was not there."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments: str) -> None:
        """`python ARGUMENTS` in the copy, which succeeds."""
        done = self.tried(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr

    def tried(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python ARGUMENTS` in the copy."""
        environment = os.environ | {"PYTHONPATH": str(self.root)}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.root, env=environment, capture_output=True, text=True,
            timeout=_WITHIN_S, check=False,
        )  # fmt: skip

    def test(self, *tests: str) -> None:
        """Run these tests of the copy, which pass."""
        self.run("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests)
