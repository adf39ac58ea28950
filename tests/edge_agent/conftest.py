"""What several tests of the agent's core need."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import language

HERE = Path(__file__).parent


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever the locale of the machine, and whatever language the test before chose."""
    monkeypatch.setenv("PLUMBLINE_LANG", "en")
    language.choose("en")
    yield
    language.choose("en")


@pytest.fixture(scope="session")
def failing_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`failing_disk.c` as a shared object for LD_PRELOAD."""
    made = tmp_path_factory.mktemp("failing_disk") / "failing_disk.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-o", str(made), str(HERE / "failing_disk.c"), "-ldl"], check=True
    )
    return made
