"""A stream of staff ends soon after the session, or the right, that it was opened with."""

from __future__ import annotations

import asyncio

import pytest

from store.records.sessions import SignedIn
from tests.web.access.house import ELSEWHERE, OURS, SITE, House, furnish
from tests.web.site_day import Stand
from web.access.principal import access_of
from web.access.secret import digest
from web.live.allowed import while_allowed
from web.live.audience import Stream

SECRET = "s" * 43


@pytest.fixture
def house(stand: Stand) -> House:
    return furnish(stand)


def listening(house: House) -> Stream:
    """The foreman, to their site."""
    here, now = house.services, house.services.clock()
    signed_in = SignedIn(digest(SECRET), "i" * 24, OURS, "foreman", "whole", "x", "y", now, now, now * 2)
    here.records.sessions.add(signed_in)
    member = here.gate.lookup(SECRET)
    assert member is not None
    access = access_of(member)
    heard = here.live.topics.subscribe(access, f"site:{SITE}", None, 0.01)
    return while_allowed(heard, here.gate, SECRET, access, every_s=0.0)


def session_ended(house: House) -> None:
    house.services.records.sessions.end_all(OURS, "foreman")


def account_ended(house: House) -> None:
    house.services.records.accounts.change(OURS, "foreman", ended=1)


def put_elsewhere(house: House) -> None:
    owner = house.access("owner")
    house.services.records.members.assign(owner, "foreman", frozenset({"foreman"}), frozenset({ELSEWHERE}))


def roles_changed(house: House) -> None:
    house.services.records.accounts.put_roles(OURS, "foreman", frozenset({"supplier"}))


@pytest.mark.parametrize("taken", [session_ended, account_ended, put_elsewhere, roles_changed])
async def test_it_ends_when_what_it_was_opened_with_is_taken_away(house: House, taken: object) -> None:
    stream = listening(house)
    async with asyncio.timeout(20):
        assert await anext(stream) is not None
        assert await anext(stream) is None, "a beat: nothing is news"
        assert callable(taken)
        taken(house)
        assert [news async for news in stream] == []
    house.services.live.close()


async def test_it_goes_on_as_long_as_nothing_is(house: House) -> None:
    stream = listening(house)
    async with asyncio.timeout(20):
        assert await anext(stream) is not None
        for _ in range(3):
            assert await anext(stream) is None
    await stream.aclose()
    house.services.live.close()
