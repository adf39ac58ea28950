"""What every store of records promises, on each of the databases in `DATABASES`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from store.engine import sqlite_url
from store.errors import StoreError
from store.records.contract import AgentState, Quarantined, Records, SiteEvent
from store.records.sql_records import SqlRecords
from wire.batch import Direction, Event
from wire.status import SpoolStatus, Status

DATABASES: Final = ("sqlite", "postgresql")
SITE: Final = "fenglin-18"
NOW: Final = 1_764_000_000_000
STREAM: Final = "01K" + "A" * 23


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "records.db")
    return str(request.getfixturevalue("postgres_dsn"))


@pytest.fixture
def open_records(url: str) -> Iterator[Callable[[], Records]]:
    """Opens the same store, as often as it is called."""
    opened: list[Records] = []

    def opener() -> Records:
        opened.append(SqlRecords(url))
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


def refused(number: int, reason: str = "schema", site: str | None = SITE, received: int = NOW) -> Quarantined:
    topic = f"plumbline/v1/{site}/pi-1/batch"
    return Quarantined(received, topic, f"payload {number}".encode(), reason, "v: missing", site, "pi-1")


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


def test_one_passage_told_by_two_agents_is_one_and_the_first_stands(records: Records) -> None:
    """An export that is replayed comes from another agent, under another stream, and without marks."""
    marked = badge(NOW).event.model_copy(update={"mark": "in_without_out"})
    records.add_events([SiteEvent(SITE, "pi-1", marked), badge(NOW)], 1)
    records.add_events([SiteEvent(SITE, "replay", badge(NOW).event)], 2)
    assert records.events(SITE, 0, NOW + 1) == [SiteEvent(SITE, "pi-1", marked)]


@pytest.mark.parametrize(
    "other",
    [
        {"device": "gate-2"}, {"time": NOW + 1}, {"badge": "b:" + "0" * 32}, {"direction": "out"},
        {"direction": None}, {"kind": "fault", "reason": "no_reply", "badge": None},
    ],
)  # fmt: skip
def test_events_that_differ_in_what_happened_are_two(records: Records, other: dict[str, object]) -> None:
    event = badge(NOW).event
    records.add_events([SiteEvent(SITE, "pi-1", event.model_copy(update=one)) for one in ({}, other)], 1)
    assert len(records.events(SITE, 0, NOW + 2)) == 2


def test_the_position_moves_with_the_events_and_never_back(open_records: Callable[[], Records]) -> None:
    records = open_records()
    assert records.position("events") == 0
    records.add_events([badge(NOW)], 9)
    records.add_events([], 12)
    records.add_events([badge(NOW)], 3)
    records.close()
    again = open_records()
    assert again.position("events") == 12
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


def payloads(items: list[Quarantined]) -> list[str]:
    return [item.payload.decode() for item in items]


def test_a_limit_gives_the_first_events(records: Records) -> None:
    records.add_events([badge(NOW + second) for second in range(5)], 1)
    assert records.events(SITE, NOW, NOW + 9, limit=2) == [badge(NOW), badge(NOW + 1)]


def test_thousands_of_events_go_in_at_once(records: Records) -> None:
    events = [badge(NOW + second) for second in range(5000)]
    records.add_events(events, 1)
    records.add_events([*events, badge(NOW + 5000)], 2)
    assert len(records.events(SITE, NOW, NOW + 6000)) == 5001


def test_each_reader_has_its_own_position_which_never_goes_back(records: Records) -> None:
    records.move("alerts", 7)
    records.move("progress", 3)
    records.move("alerts", 5)
    assert records.positions() == {"alerts": 7, "progress": 3}
    records.add_events([], 9)
    assert [records.position(reader) for reader in ("alerts", "progress", "events", "nobody")] == [7, 3, 9, 0]


def test_quarantine_is_asked_by_site_reason_and_whether_it_waits(records: Records) -> None:
    records.quarantine([refused(1), refused(2, "clock"), refused(3, site="other"), refused(4, site=None)])
    first = records.quarantined()[0]
    records.mark_replayed(first.id, NOW + 5)
    assert payloads(records.quarantined(site=SITE)) == ["payload 1", "payload 2"]
    assert payloads(records.quarantined(reason="schema")) == ["payload 1", "payload 3", "payload 4"]
    assert payloads(records.quarantined(waiting=True)) == ["payload 2", "payload 3", "payload 4"]
    assert payloads(records.quarantined(site=SITE, waiting=True, after_id=first.id)) == ["payload 2"]
    assert records.quarantine_counts() == {(SITE, "clock"): 1, ("other", "schema"): 1, (None, "schema"): 1}
    assert records.quarantine_counts(SITE) == {(SITE, "clock"): 1}


def test_a_replayed_item_is_kept_with_its_moment(records: Records) -> None:
    records.quarantine([refused(1)])
    (item,) = records.quarantined()
    records.mark_replayed(item.id, NOW + 5)
    assert records.quarantine_item(item.id) == replace(item, replayed=NOW + 5)
    assert records.quarantine_item(item.id + 1) is None


def test_what_was_taken_in_part_waits_for_another_reason(records: Records) -> None:
    records.quarantine([refused(1)])
    (item,) = records.quarantined()
    records.narrow_quarantine(item.id, "unknown_device", "meter-9")
    assert records.quarantined(waiting=True) == [replace(item, reason="unknown_device", detail="meter-9")]


def test_words_that_no_database_takes_do_not_stop_the_payload(records: Records) -> None:
    item = replace(refused(1), detail="found \0 and \ud800", agent="pi\0")
    records.quarantine([item])
    (kept,) = records.quarantined()
    assert kept.payload == item.payload
    assert (kept.detail, kept.agent) == (
        "found \N{REPLACEMENT CHARACTER} and ?",
        "pi\N{REPLACEMENT CHARACTER}",
    )


def test_a_topic_and_a_payload_of_any_length_are_kept(records: Records) -> None:
    item = replace(refused(1), topic="t" * 65_000, payload=b"p" * 1_000_000)
    records.quarantine([item, replace(item, payload=b"q" * 1_000_000)])
    assert [one.topic for one in records.quarantined()] == [item.topic] * 2


def test_retention_takes_what_is_older(records: Records) -> None:
    records.add_events([badge(NOW), badge(NOW + 1), badge(NOW + 2, site="other")], 4)
    records.quarantine([refused(1), refused(2, received=NOW + 9)])
    assert records.forget(NOW + 1, NOW + 9) == (1, 1)
    assert records.events(SITE, 0, NOW + 9) == [badge(NOW + 1)]
    assert payloads(records.quarantined()) == ["payload 2"]
    assert records.position("events") == 4
    assert records.forget(0, 0) == (0, 0)


def test_an_id_of_quarantine_is_never_given_twice(records: Records) -> None:
    records.quarantine([refused(1)])
    before = records.quarantined()[0].id
    records.forget(0, NOW + 1)
    records.quarantine([refused(2)])
    assert records.quarantined()[0].id > before


def test_what_a_site_left_can_be_erased(records: Records) -> None:
    for site in (SITE, "other"):
        records.add_events([badge(NOW, site=site)], 1)
        records.put_agent_state(AgentState(site, "pi-1", NOW, status(NOW)))
        records.quarantine([refused(1, site=site)])
    records.erase(SITE)
    assert records.events(SITE, 0, NOW + 1) == []
    assert records.agent_states(SITE) == []
    assert [item.site for item in records.quarantined()] == ["other"]
    assert len(records.events("other", 0, NOW + 1)) == len(records.agent_states("other")) == 1


def test_many_threads_and_two_instances_write_at_once(open_records: Callable[[], Records]) -> None:
    stores = [open_records(), open_records()]

    def work(worker: int) -> None:
        for step in range(10):
            stores[worker % 2].add_events([badge(NOW + worker * 10 + step)], step)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].events(SITE, 0, NOW + 60)) == 60
    assert stores[1].position("events") == 9


def test_closed_it_says_so(records: Records) -> None:
    records.close()
    with pytest.raises(StoreError, match="closed"):
        records.position("events")
    with pytest.raises(StoreError, match="closed"):
        records.move("events", 1)
