"""The C library between one process and its clock and disk (benchmarks/chaos/shim.c), for tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.chaos.shim import Shim, build


@pytest.fixture
def shim(tmp_path: Path) -> Iterator[Shim]:
    """Loaded by whoever is given its environment."""
    library = build(tmp_path)
    if library is None:
        pytest.fail("no C compiler: apt-get install gcc")
    one = Shim(library, tmp_path / "control")
    yield one
    one.close()
