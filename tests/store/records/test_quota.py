"""A site's quarantine is bounded in bytes; what comes beyond is counted, and others have their own room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.records.contract import Quarantined
from store.records.records import Records
from tests.records import open_records

QUOTA = 10_000


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(tmp_path, QUOTA)
    yield opened
    opened.close()


def item(number: int, site: str | None = "a", size: int = 1_000, received: int = 1_000) -> Quarantined:
    payload = number.to_bytes(4, "big") + b"." * (size - 4)
    return Quarantined(received + number, f"plumbline/v1/{site}/pi/batch", payload, "schema", "", site, "pi")


def test_beyond_the_quota_only_number_size_and_digest_are_kept(records: Records) -> None:
    for start in range(0, 20, 4):
        records.quarantine.add([item(number) for number in range(start, start + 4)])
    kept = len(records.quarantine.items())
    assert 0 < kept * 1_000 <= QUOTA
    (beyond,) = records.quarantine.beyond_quota("a")
    assert (beyond.count, beyond.bytes) == (20 - kept, (20 - kept) * 1_000)
    assert (beyond.site, beyond.agent, beyond.reason) == ("a", "pi", "schema")
    assert (beyond.first, beyond.last) == (1_000 + kept, 1_019)


def test_what_comes_again_takes_no_room(records: Records) -> None:
    for _ in range(20):
        records.quarantine.add([item(1)] * 3)
    assert records.quarantine.beyond_quota() == []


@pytest.mark.parametrize("other", ["b", None])
def test_a_site_that_fills_its_own_leaves_others_theirs(records: Records, other: str | None) -> None:
    records.quarantine.add([item(number) for number in range(50)])
    records.quarantine.add([item(1, other)])
    assert other in {one.site for one in records.quarantine.items()}
    assert {one.site for one in records.quarantine.beyond_quota()} == {"a"}


def test_what_retention_takes_makes_room(records: Records) -> None:
    records.quarantine.add([item(number) for number in range(50)])
    records.forget(0, 2_000)
    assert records.quarantine.beyond_quota() == []
    records.quarantine.add([item(number, received=3_000) for number in range(3)])
    assert len(records.quarantine.items()) == 3
    assert records.quarantine.beyond_quota() == []


def test_an_erased_site_leaves_no_trace_of_what_came_beyond(records: Records) -> None:
    records.quarantine.add([item(number) for number in range(50)])
    records.erase("a")
    assert records.quarantine.beyond_quota() == []
    records.quarantine.add([item(1)])
    assert len(records.quarantine.items()) == 1
