"""/live/TOPIC: who may listen to what, and where a page begins."""

from __future__ import annotations

import pytest

from tests.web.access.house import ELSEWHERE, OURS, SITE, THEIRS, House, furnish
from tests.web.site_day import Stand
from web.live.routes import address_of


@pytest.fixture
def house(stand: Stand) -> House:
    return furnish(stand)


@pytest.mark.parametrize(
    "topic", [f"site:{ELSEWHERE}", f"firm:{THEIRS}", "project:p", "site:", "nothing", "firm"]
)
def test_what_a_foreman_does_not_see_is_not_there_to_listen_to(house: House, topic: str) -> None:
    with house.browser("foreman") as browser:
        assert browser.client.get(f"/live/{topic}").status_code in (403, 404)


def test_whoever_is_not_signed_in_listens_to_nothing(house: House) -> None:
    with house.browser() as nobody:
        answer = nobody.client.get(f"/live/site:{SITE}", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 401


async def test_a_page_is_given_the_address_from_where_it_goes_on(house: House) -> None:
    address = address_of(house.services, house.access("foreman"), f"site:{SITE}")
    topic = house.services.live.topics.open(house.access("foreman"), f"site:{SITE}")
    assert address == f"/live/site:{SITE}?after={topic.here}"
    topic.close()


async def test_the_firm_is_a_topic_for_whoever_sees_sites(house: House) -> None:
    assert address_of(house.services, house.access("foreman"), f"firm:{OURS}").startswith("/live/firm:")
