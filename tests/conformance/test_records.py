"""What every store of records promises. An implementation is one line in `STORES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from store.records.contract import AgentState, Quarantined, Records, SiteEvent
from store.records.sqlite import SqliteRecords
from wire.batch import Direction, Event
from wire.status import SpoolStatus, Status

STORES: Final[dict[str, Callable[[Path], Records]]] = {
    "sqlite": lambda folder: SqliteRecords(folder / "records.db")
}
SITE: Final = "fenglin-18"
NOW: Final = 1_764_000_000_000
STREAM: Final = "01K" + "A" * 23


@pytest.fixture(params=STORES)
def open_records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Records]]:
    """Opens the same store, as often as it is called."""
    opened: list[Records] = []

    def opener() -> Records:
        opened.append(STORES[request.param](tmp_path))
        return opened[-1]

    yield opener
    for records in opened:
        records.close()


@pytest.fixture
def records(open_records: Callable[[], Records]) -> Records:
    return open_records()


def badge(time: int, site: str = SITE, direction: Direction = "in") -> SiteEvent:
    event = Event(device="gate", time=time, kind="badge", badge="b:" + "9f" * 16, direction=direction)
    return SiteEvent(site, "pi-1", event)


def fault(time: int) -> SiteEvent:
    return SiteEvent(SITE, "pi-1", Event(device="meter", time=time, kind="fault", reason="no_reply"))


def status(sent: int, *, online: bool = True, spooled: int = 0) -> Status:
    return Status(online=online, sent=sent, stream=STREAM, spool=SpoolStatus(batches=spooled))


def refused(number: int) -> Quarantined:
    topic = f"plumbline/v1/{SITE}/pi-1/batch"
    return Quarantined(NOW, topic, f"payload {number}".encode(), "schema", "v: missing", SITE, "pi-1")


def test_events_are_read_back_by_time_and_kind(records: Records) -> None:
    records.add_events([badge(NOW + 2), fault(NOW + 1), badge(NOW)], 1)
    assert records.events(SITE, NOW, NOW + 3) == [badge(NOW), fault(NOW + 1), badge(NOW + 2)]
    assert records.events(SITE, NOW, NOW + 3, "badge") == [badge(NOW), badge(NOW + 2)]


def test_a_span_of_events_is_half_open(records: Records) -> None:
    records.add_events([badge(NOW), badge(NOW + 1)], 1)
    assert records.events(SITE, NOW, NOW + 1) == [badge(NOW)]


def test_a_site_sees_its_own_events_only(records: Records) -> None:
    records.add_events([badge(NOW), badge(NOW, site="elsewhere")], 1)
    assert records.events("elsewhere", 0, NOW + 1) == [badge(NOW, site="elsewhere")]
    assert records.events("nobody", 0, NOW + 1) == []


def test_adding_events_again_changes_nothing(records: Records) -> None:
    for _ in range(3):
        records.add_events([badge(NOW), badge(NOW, direction="out")], 5)
    assert len(records.events(SITE, 0, NOW + 1)) == 2


def test_the_position_moves_with_the_events_and_never_back(open_records: Callable[[], Records]) -> None:
    records = open_records()
    assert records.events_position() == 0
    records.add_events([badge(NOW)], 9)
    records.add_events([], 12)
    records.add_events([badge(NOW)], 3)
    records.close()
    again = open_records()
    assert again.events_position() == 12
    assert again.events(SITE, 0, NOW + 1) == [badge(NOW)]


def test_the_last_state_of_an_agent_stands(records: Records) -> None:
    records.put_agent_state(AgentState(SITE, "pi-1", NOW, status(NOW, spooled=3)))
    records.put_agent_state(AgentState(SITE, "pi-2", NOW, status(NOW)))
    newer = AgentState(SITE, "pi-1", NOW + 10, status(NOW + 9))
    records.put_agent_state(newer)
    assert records.agent_states(SITE) == [newer, AgentState(SITE, "pi-2", NOW, status(NOW))]
    assert records.agent_states("elsewhere") == []


def test_a_last_will_replaces_a_newer_looking_status(records: Records) -> None:
    """It was written when the agent connected: its own time is older than what it replaces."""
    records.put_agent_state(AgentState(SITE, "pi-1", NOW + 10, status(NOW + 10)))
    will = AgentState(SITE, "pi-1", NOW + 20, status(NOW, online=False))
    records.put_agent_state(will)
    assert records.agent_states(SITE) == [will]


def test_a_retained_status_told_again_is_not_fresh(records: Records) -> None:
    first = AgentState(SITE, "pi-1", NOW, status(NOW))
    records.put_agent_state(first)
    records.put_agent_state(replace(first, received=NOW + 3_600_000))
    assert records.agent_states(SITE) == [first]


def test_quarantine_keeps_the_payload_whole_with_its_reason(records: Records) -> None:
    item = replace(refused(1), payload=b"\x00\xff{broken", stream=STREAM, seq=4)
    records.quarantine([item])
    (kept,) = records.quarantined()
    assert kept.id > 0
    assert replace(kept, id=0) == item


def test_the_same_payload_from_the_same_topic_is_kept_once(records: Records) -> None:
    records.quarantine([refused(1), refused(1)])
    records.quarantine([replace(refused(1), received=NOW + 1)])
    elsewhere = replace(refused(1), topic="plumbline/v1/elsewhere/pi-1/batch")
    records.quarantine([elsewhere])
    assert [item.topic for item in records.quarantined()] == [refused(1).topic, elsewhere.topic]


def test_quarantine_is_read_in_pages(records: Records) -> None:
    records.quarantine([refused(number) for number in range(5)])
    first = records.quarantined(limit=3)
    rest = records.quarantined(limit=3, after_id=first[-1].id)
    assert [item.payload for item in [*first, *rest]] == [refused(n).payload for n in range(5)]
