from __future__ import annotations

import pytest

from tests.web.access.house import House, furnish
from tests.web.fleet import tell_fleet
from tests.web.site_day import Stand, at


@pytest.fixture
def fleet(stand: Stand) -> House:
    """A firm with a site in every state there is, at 15:12 of a working day."""
    stand.clock.forward(at(15.2) - stand.clock())
    house = furnish(stand)
    tell_fleet(stand)
    return house
