"""Children are started in order, watched, and never outlive the one who started them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from plumbline.children import ChildError, Children

SLEEPER = ["http.server", "--bind", "127.0.0.1", "0"]


def running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False


def test_leaving_stops_them(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        children.start("sleeper", SLEEPER, ready=lambda: True)
        pid = children.pids()["sleeper"]
        assert running(pid)
    assert not running(pid)


def test_one_that_ends_early_is_named_with_its_last_words(tmp_path: Path) -> None:
    with (
        Children(tmp_path) as children,
        pytest.raises(ChildError, match=r"broken ended with exit code 1[\s\S]*No module"),
    ):
        children.start("broken", ["no_such_module"], ready=lambda: False)


def test_one_that_never_becomes_ready_is_given_up(tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        Children(tmp_path) as children,
        pytest.raises(ChildError, match=r"sleeper was not ready within 0\.2 s"),
    ):
        children.start("sleeper", SLEEPER, ready=lambda: False, within_s=0.2)
    assert time.monotonic() - started < 10


def test_a_command_gives_what_it_printed(tmp_path: Path) -> None:
    with Children(tmp_path) as children:
        assert "The Zen of Python" in children.run("zen", ["this"])


def test_a_command_that_fails_says_so(tmp_path: Path) -> None:
    with Children(tmp_path) as children, pytest.raises(ChildError, match="exit code"):
        children.run("broken", ["no_such_module"])
