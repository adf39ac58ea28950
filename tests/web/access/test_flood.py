"""A flood of sign-ins waits by itself: bounded, refused beyond, and never in the threads of pages."""

from __future__ import annotations

import asyncio

from store.threads import PAGES, PASSWORDS, OverloadedError
from tests.web.access.house import ENCODED, PASSWORD
from web.access import passwords

CROWD = 60


async def test_passwords_of_a_crowd_are_refused_beyond_a_bound_while_pages_go_on() -> None:
    tries = [asyncio.create_task(passwords.verify(PASSWORD, ENCODED)) for _ in range(CROWD)]
    await asyncio.sleep(0)
    pages = [await PAGES.run(lambda: "a page") for _ in range(20)]
    waiting = sum(not one.done() for one in tries)
    answers = await asyncio.gather(*tries, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, OverloadedError)]
    assert pages == ["a page"] * 20
    assert waiting > 0, "pages were made while passwords still waited"
    assert len(refused) == CROWD - 17, "one is checked, sixteen wait"
    assert answers.count(True) == 17
    assert PASSWORDS.refused >= len(refused)
