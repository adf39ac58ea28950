from __future__ import annotations

import pytest

from tests.web.access.house import House, furnish
from tests.web.site_day import Stand


@pytest.fixture
def house(stand: Stand) -> House:
    """Two firms with a person of every role."""
    return furnish(stand)
