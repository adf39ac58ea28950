"""A Debian package that cannot be installed is named, with what to type."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The script beside a list of its own, and an apt-get that reports an unknown package."""
    shutil.copy(ROOT / "requirements/install-debian", tmp_path)
    (tmp_path / "debian-test.txt").write_text(
        "# a list\nbash  is here\nno-such-package-of-plumbline  is not\n"
    )
    (tmp_path / "bin").mkdir()
    for name, text in {
        "apt-get": "echo 'E: Unable to locate package'; exit 100",
        "sudo": 'exec "$@"',
    }.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [folder / "install-debian", "test"],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_missing_is_named_with_the_remedy(folder: Path) -> None:
    done = install(folder)
    assert done.returncode == 1
    assert "Unable to locate" in done.stderr
    assert "apt-get install no-such-package-of-plumbline" in done.stderr
    assert "bash" not in done.stderr.split("by hand:")[1]


def test_nothing_is_asked_for_where_all_is_there(folder: Path) -> None:
    (folder / "debian-test.txt").write_text("bash\n")
    assert install(folder).returncode == 0
