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
from store.records.contract import AgentState, Quarantined, SiteEvent
from store.records.records import Records
from store.records.registry import Firm, Registration
from tests.registered import register
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
        opened.append(Records(url))
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
    records.events.add([badge(NOW + 2), fault(NOW + 1), badge(NOW)])
    assert records.events.between(SITE, NOW, NOW + 3) == [badge(NOW), fault(NOW + 1), badge(NOW + 2)]
    assert records.events.between(SITE, NOW, NOW + 3, "badge") == [badge(NOW), badge(NOW + 2)]


def test_a_span_of_events_is_half_open(records: Records) -> None:
    records.events.add([badge(NOW), badge(NOW + 1)])
    assert records.events.between(SITE, NOW, NOW + 1) == [badge(NOW)]


def test_a_site_sees_its_own_events_only(records: Records) -> None:
    records.events.add([badge(NOW), badge(NOW, site="elsewhere")])
    assert records.events.between("elsewhere", 0, NOW + 1) == [badge(NOW, site="elsewhere")]
    assert records.events.between("nobody", 0, NOW + 1) == []


def test_adding_events_again_changes_nothing(records: Records) -> None:
    for _ in range(3):
        records.events.add([badge(NOW), badge(NOW, direction="out")])
    assert len(records.events.between(SITE, 0, NOW + 1)) == 2


def test_one_passage_told_by_two_agents_is_one_and_the_first_stands(records: Records) -> None:
    """An export that is replayed comes from another agent, under another stream, and without marks."""
    marked = badge(NOW).event.model_copy(update={"mark": "in_without_out"})
    records.events.add([SiteEvent(SITE, "pi-1", marked), badge(NOW)])
    records.events.add([SiteEvent(SITE, "replay", badge(NOW).event)])
    assert records.events.between(SITE, 0, NOW + 1) == [SiteEvent(SITE, "pi-1", marked)]


@pytest.mark.parametrize(
    "other",
    [
        {"device": "gate-2"}, {"time": NOW + 1}, {"badge": "b:" + "0" * 32}, {"direction": "out"},
        {"direction": None}, {"kind": "fault", "reason": "no_reply", "badge": None},
    ],
)  # fmt: skip
def test_events_that_differ_in_what_happened_are_two(records: Records, other: dict[str, object]) -> None:
    event = badge(NOW).event
    records.events.add([SiteEvent(SITE, "pi-1", event.model_copy(update=one)) for one in ({}, other)])
    assert len(records.events.between(SITE, 0, NOW + 2)) == 2


def test_a_position_moves_with_what_its_reader_made_and_never_back(
    open_records: Callable[[], Records],
) -> None:
    records = open_records()
    assert records.readers.position("events") == 0
    for events, position in (([badge(NOW)], 9), ([], 12), ([badge(NOW)], 3)):
        with records.begin() as done:
            done.events.add(events)
            done.readers.move("events", position)
    again = open_records()
    assert again.readers.position("events") == 12
    assert again.events.between(SITE, 0, NOW + 1) == [badge(NOW)]


def test_a_transaction_keeps_all_of_it_or_nothing(records: Records) -> None:
    register(records, Registration(firms=[Firm("hongtu", "鸿图")]))
    before = records.feed.last()

    def break_off() -> None:
        with records.begin() as done:
            done.events.add([badge(NOW)])
            done.agent_states.put(AgentState(SITE, "pi-1", NOW, status(NOW)))
            done.quarantine.add([refused(1)])
            done.feed.say("hongtu", f"site:{SITE}", "agent:pi-1", NOW)
            done.readers.move("events", 9)
            assert done.readers.position("events") == 9
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    assert records.events.between(SITE, 0, NOW + 1) == []
    assert records.agent_states.of(SITE) == []
    assert records.quarantine.items() == []
    assert records.feed.last() == before
    assert records.readers.positions() == {}


def test_the_last_state_of_an_agent_stands(records: Records) -> None:
    records.agent_states.put(AgentState(SITE, "pi-1", NOW, status(NOW, spooled=3)))
    records.agent_states.put(AgentState(SITE, "pi-2", NOW, status(NOW)))
    newer = AgentState(SITE, "pi-1", NOW + 10, status(NOW + 9))
    records.agent_states.put(newer)
    assert records.agent_states.of(SITE) == [newer, AgentState(SITE, "pi-2", NOW, status(NOW))]
    assert records.agent_states.of("elsewhere") == []


def test_a_last_will_replaces_a_newer_looking_status(records: Records) -> None:
    """It was written when the agent connected: its own time is older than what it replaces."""
    records.agent_states.put(AgentState(SITE, "pi-1", NOW + 10, status(NOW + 10)))
    will = AgentState(SITE, "pi-1", NOW + 20, status(NOW, online=False))
    records.agent_states.put(will)
    assert records.agent_states.of(SITE) == [will]


def test_a_retained_status_told_again_is_not_fresh(records: Records) -> None:
    first = AgentState(SITE, "pi-1", NOW, status(NOW))
    records.agent_states.put(first)
    records.agent_states.put(replace(first, received=NOW + 3_600_000))
    assert records.agent_states.of(SITE) == [first]


def test_quarantine_keeps_the_payload_whole_with_its_reason(records: Records) -> None:
    item = replace(refused(1), payload=b"\x00\xff{broken", stream=STREAM, seq=4)
    records.quarantine.add([item])
    (kept,) = records.quarantine.items()
    assert kept.id > 0
    assert replace(kept, id=0) == item


def test_the_same_payload_from_the_same_topic_is_kept_once(records: Records) -> None:
    records.quarantine.add([refused(1), refused(1)])
    records.quarantine.add([replace(refused(1), received=NOW + 1)])
    elsewhere = replace(refused(1), topic="plumbline/v1/elsewhere/pi-1/batch")
    records.quarantine.add([elsewhere])
    assert [item.topic for item in records.quarantine.items()] == [refused(1).topic, elsewhere.topic]


def test_quarantine_is_read_in_pages(records: Records) -> None:
    records.quarantine.add([refused(number) for number in range(5)])
    first = records.quarantine.items(limit=3)
    rest = records.quarantine.items(limit=3, after_id=first[-1].id)
    assert [item.payload for item in [*first, *rest]] == [refused(n).payload for n in range(5)]


def payloads(items: list[Quarantined]) -> list[str]:
    return [item.payload.decode() for item in items]


def test_a_limit_gives_the_first_events(records: Records) -> None:
    records.events.add([badge(NOW + second) for second in range(5)])
    assert records.events.between(SITE, NOW, NOW + 9, limit=2) == [badge(NOW), badge(NOW + 1)]


def test_thousands_of_events_go_in_at_once(records: Records) -> None:
    events = [badge(NOW + second) for second in range(5000)]
    records.events.add(events)
    records.events.add([*events, badge(NOW + 5000)])
    assert len(records.events.between(SITE, NOW, NOW + 6000)) == 5001


def test_each_reader_has_its_own_position_which_never_goes_back(records: Records) -> None:
    records.readers.move("alerts", 7)
    records.readers.move("progress", 3)
    records.readers.move("alerts", 5)
    assert records.readers.positions() == {"alerts": 7, "progress": 3}
    assert [records.readers.position(reader) for reader in ("alerts", "progress", "nobody")] == [7, 3, 0]


def test_quarantine_is_asked_by_site_reason_and_whether_it_waits(records: Records) -> None:
    records.quarantine.add([refused(1), refused(2, "clock"), refused(3, site="other"), refused(4, site=None)])
    first = records.quarantine.items()[0]
    records.quarantine.mark_replayed(first.id, NOW + 5)
    assert payloads(records.quarantine.items(site=SITE)) == ["payload 1", "payload 2"]
    assert payloads(records.quarantine.items(reason="schema")) == ["payload 1", "payload 3", "payload 4"]
    assert payloads(records.quarantine.items(waiting=True)) == ["payload 2", "payload 3", "payload 4"]
    assert payloads(records.quarantine.items(site=SITE, waiting=True, after_id=first.id)) == ["payload 2"]
    assert records.quarantine.counts() == {(SITE, "clock"): 1, ("other", "schema"): 1, (None, "schema"): 1}
    assert records.quarantine.counts(SITE) == {(SITE, "clock"): 1}


def test_a_replayed_item_is_kept_with_its_moment(records: Records) -> None:
    records.quarantine.add([refused(1)])
    (item,) = records.quarantine.items()
    records.quarantine.mark_replayed(item.id, NOW + 5)
    assert records.quarantine.item(item.id) == replace(item, replayed=NOW + 5)
    assert records.quarantine.item(item.id + 1) is None


def test_what_was_taken_in_part_waits_for_another_reason(records: Records) -> None:
    records.quarantine.add([refused(1)])
    (item,) = records.quarantine.items()
    records.quarantine.narrow(item.id, "unknown_device", "meter-9")
    assert records.quarantine.items(waiting=True) == [
        replace(item, reason="unknown_device", detail="meter-9")
    ]


def test_words_that_no_database_takes_do_not_stop_the_payload(records: Records) -> None:
    item = replace(refused(1), detail="found \0 and \ud800", agent="pi\0")
    records.quarantine.add([item])
    (kept,) = records.quarantine.items()
    assert kept.payload == item.payload
    assert (kept.detail, kept.agent) == (
        "found \N{REPLACEMENT CHARACTER} and ?",
        "pi\N{REPLACEMENT CHARACTER}",
    )


def test_a_topic_and_a_payload_of_any_length_are_kept(records: Records) -> None:
    item = replace(refused(1), topic="t" * 65_000, payload=b"p" * 1_000_000)
    records.quarantine.add([item, replace(item, payload=b"q" * 1_000_000)])
    assert [one.topic for one in records.quarantine.items()] == [item.topic] * 2


def test_retention_takes_what_is_older(records: Records) -> None:
    records.events.add([badge(NOW), badge(NOW + 1), badge(NOW + 2, site="other")])
    records.quarantine.add([refused(1), refused(2, received=NOW + 9)])
    assert records.forget(NOW + 1, NOW + 9) == (1, 1)
    assert records.events.between(SITE, 0, NOW + 9) == [badge(NOW + 1)]
    assert payloads(records.quarantine.items()) == ["payload 2"]
    assert records.forget(0, 0) == (0, 0)


def test_an_id_of_quarantine_is_never_given_twice(records: Records) -> None:
    records.quarantine.add([refused(1)])
    before = records.quarantine.items()[0].id
    records.forget(0, NOW + 1)
    records.quarantine.add([refused(2)])
    assert records.quarantine.items()[0].id > before


def test_what_a_site_left_can_be_erased(records: Records) -> None:
    for site in (SITE, "other"):
        records.events.add([badge(NOW, site=site)])
        records.agent_states.put(AgentState(site, "pi-1", NOW, status(NOW)))
        records.quarantine.add([refused(1, site=site)])
    records.erase(SITE)
    assert records.events.between(SITE, 0, NOW + 1) == []
    assert records.agent_states.of(SITE) == []
    assert [item.site for item in records.quarantine.items()] == ["other"]
    assert len(records.events.between("other", 0, NOW + 1)) == len(records.agent_states.of("other")) == 1


def test_many_threads_and_two_instances_write_at_once(open_records: Callable[[], Records]) -> None:
    stores = [open_records(), open_records()]

    def work(worker: int) -> None:
        for step in range(10):
            with stores[worker % 2].begin() as done:
                done.events.add([badge(NOW + worker * 10 + step)])
                done.readers.move("events", step)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].events.between(SITE, 0, NOW + 60)) == 60
    assert stores[1].readers.position("events") == 9


def test_closed_it_says_so(records: Records) -> None:
    records.close()
    with pytest.raises(StoreError, match="closed"):
        records.readers.position("events")
    with pytest.raises(StoreError, match="closed"):
        records.readers.move("events", 1)


def said(records: Records, after: int) -> list[tuple[str, str, str]]:
    return [(one.firm, one.topic, one.key) for one in records.feed.read(after, 100)]


def test_the_feed_says_once_what_a_transaction_has_changed(records: Records) -> None:
    register(records, Registration(firms=[Firm("one", ""), Firm("two", "")]))
    before = records.feed.last()
    with records.begin() as done:
        done.feed.say("one", "site:a", "device:meter", NOW)
        done.feed.say("one", "site:a", "device:meter", NOW)
        done.feed.say("two", "firm:two", "firm:two", NOW)
    first, *_ = records.feed.read(before, 1)
    assert said(records, before) == [("one", "site:a", "device:meter"), ("two", "firm:two", "firm:two")]
    assert said(records, first.id) == [("two", "firm:two", "firm:two")]
    assert said(records, records.feed.last()) == []


def test_old_rows_of_the_feed_go_and_no_id_is_given_twice(records: Records) -> None:
    register(records, Registration(firms=[Firm("one", "")]))
    records.feed.forget(NOW + 1)
    for at in (NOW + 1, NOW + 2):
        with records.begin() as done:
            done.feed.say("one", "firm:one", f"firm:{at}", at)
    last = records.feed.last()
    assert records.feed.forget(NOW + 2) == 1
    assert records.feed.forget(NOW + 3) == 1
    with records.begin() as done:
        done.feed.say("one", "firm:one", "firm:one", NOW)
    assert records.feed.last() > last


def test_a_reader_of_the_feed_misses_nothing_of_many_writers(open_records: Callable[[], Records]) -> None:
    """Ids come in the order of the commits: what a reader has passed nobody adds to."""
    stores = [open_records(), open_records()]
    register(stores[0], Registration(firms=[Firm("one", "")]))
    position = stores[0].feed.last()

    def work(worker: int) -> None:
        for step in range(10):
            with stores[worker % 2].begin() as done:
                done.feed.say("one", "firm:one", f"{worker}-{step}", NOW)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(6)]
    for thread in threads:
        thread.start()
    found: list[str] = []
    while any(thread.is_alive() for thread in threads) or position < stores[0].feed.last():
        for one in stores[0].feed.read(position, 7):
            found.append(one.key)
            position = one.id
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(f"{worker}-{step}" for worker in range(6) for step in range(10))


def test_where_a_reader_of_the_feed_stands_holds_back_no_log(records: Records) -> None:
    records.readers.move("feed:notices", 3)
    records.readers.move("analytics", 9)
    assert records.readers.positions() == {"analytics": 9}
    assert records.readers.position("feed:notices") == 3
