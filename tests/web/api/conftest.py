from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.api.two_firms import TwoFirms, two_firms


@pytest.fixture(scope="session")
def firms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoFirms]:
    """Two firms that no test changes, but for new tokens."""
    with two_firms(tmp_path_factory.mktemp("api") / "data") as firms:
        yield firms
