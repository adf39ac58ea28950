from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.api.two_firms import TwoFirms, two_firms


@pytest.fixture(scope="session")
def firms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoFirms]:
    """Two firms that no test changes, but for new tokens."""
    with two_firms(tmp_path_factory.mktemp("api") / "data") as firms:
        yield firms


@pytest.fixture
def own_firms(tmp_path: Path) -> Iterator[TwoFirms]:
    """Two firms for a test that changes them."""
    with two_firms(tmp_path / "data") as firms:
        yield firms
