"""The directory beside the batches: never older than a second where something is unknown."""

from __future__ import annotations

import asyncio

import pytest

from ingest import known as known_module
from ingest.known import Known
from store.errors import StoreError
from store.records.registry import Directory
from tests.ingest.site import until


class Source:
    """Gives a new directory at every call, or fails."""

    def __init__(self) -> None:
        self.calls = 0
        self.failing = False

    def __call__(self) -> Directory:
        self.calls += 1
        if self.failing:
            raise StoreError("records: connection refused")
        return Directory(devices={"site": frozenset({f"device-{self.calls}"})})


async def test_nobody_listed_is_nobody_asked() -> None:
    known = Known(None)
    await known.begin()
    assert not await known.renew(known.directory)
    assert known.directory is None


async def test_it_begins_when_there_is_a_first_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_module, "RENEW_AT_MOST_EVERY_S", 0)
    source = Source()
    source.failing = True
    known = Known(source)
    beginning = asyncio.create_task(known.begin())
    await until(lambda: known.failures > 0, "a failure")
    assert not beginning.done()
    source.failing = False
    await beginning
    assert known.directory is not None


async def test_a_flood_of_unknowns_asks_once_a_second() -> None:
    source = Source()
    known = Known(source)
    renewed = [await known.renew(known.directory) for _ in range(100)]
    assert (renewed.count(True), source.calls) == (1, 1)


async def test_two_who_ask_at_once_are_both_answered_by_the_one_newer() -> None:
    known = Known(Source())
    assert all(await asyncio.gather(known.renew(known.directory), known.renew(known.directory)))


async def test_one_that_cannot_be_had_leaves_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source()
    known = Known(source)
    await known.begin()
    first = known.directory
    source.failing = True
    monkeypatch.setattr(known_module, "RENEW_AT_MOST_EVERY_S", 0)
    assert not await known.renew(known.directory)
    assert known.directory is first
    assert known.failures == 1
