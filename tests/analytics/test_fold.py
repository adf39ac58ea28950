"""What is known of a site, folded from what it sends: when each device spoke, alarms, agents, stays."""

from __future__ import annotations

from analytics.fold import count, take_batch, take_change
from analytics.situation.headcount import Day, Passage
from store.log.change import Change
from store.records.site_now import AgentSaid, SiteNow
from wire.batch import Batch, Event, Frame
from wire.durations import HOUR_MS, MINUTE_MS
from wire.status import DeviceStatus, Status

STREAM = "01K" + "A" * 23
NOW = 490_000 * HOUR_MS + 30 * MINUTE_MS


def batch(*frames: Frame, events: tuple[Event, ...] = ()) -> Batch:
    return Batch(stream=STREAM, seq=1, sent=NOW, frames=list(frames), events=list(events))


def warm(device: str, *times: int) -> Frame:
    return Frame(device=device, time=list(times), values={"temperature": [20.0] * len(times)})


def test_a_device_is_heard_with_the_hours_in_which_it_spoke() -> None:
    known = SiteNow("s")
    take_batch(known, "pi", batch(warm("th", NOW - 3 * HOUR_MS, NOW - HOUR_MS, NOW)), NOW)
    assert known.devices["th"] == (NOW - 3 * HOUR_MS, NOW, 0b1011)


def test_later_hours_push_the_earlier_ones_on_and_late_readings_fill_theirs() -> None:
    known = SiteNow("s")
    take_batch(known, "pi", batch(warm("th", NOW - 5 * HOUR_MS)), NOW)
    take_batch(known, "pi", batch(warm("th", NOW)), NOW)
    take_batch(known, "pi", batch(warm("th", NOW - 2 * HOUR_MS)), NOW)
    assert known.devices["th"].time == NOW
    assert known.devices["th"].hours == 0b100101


def test_hours_beyond_a_day_are_forgotten() -> None:
    known = SiteNow("s")
    take_batch(known, "pi", batch(warm("th", NOW - 40 * HOUR_MS)), NOW)
    take_batch(known, "pi", batch(warm("th", NOW)), NOW)
    assert known.devices["th"] == (NOW - 40 * HOUR_MS, NOW, 1)


def test_a_row_of_nothing_but_nulls_is_no_word_of_the_device() -> None:
    known = SiteNow("s")
    frame = Frame(device="th", time=[NOW - 1_000, NOW], values={"temperature": [20.0, None]})
    take_batch(known, "pi", batch(frame), NOW)
    assert known.devices["th"].time == NOW - 1_000


def test_what_is_stamped_ahead_of_its_arrival_is_not_believed() -> None:
    known = SiteNow("s")
    take_batch(known, "pi", batch(warm("th", NOW + HOUR_MS)), NOW)
    assert known.devices == {}


def test_an_alarm_stays_until_the_device_says_that_it_is_over() -> None:
    known = SiteNow("s")
    for time, value in ((NOW - 2_000, 1.0), (NOW - 3_000, 0.0)):
        frame = Frame(device="leak", time=[time], values={"leak": [value]})
        take_batch(known, "pi", batch(frame), NOW)
    assert known.alarms == {("leak", "leak"): (NOW - 2_000, 1.0)}, "what came late does not end it"
    take_batch(known, "pi", batch(Frame(device="leak", time=[NOW], values={"leak": [0.0]})), NOW)
    assert known.alarms == {("leak", "leak"): (NOW, 0.0)}


def test_a_passage_is_a_word_of_its_reader_and_counted_without_who() -> None:
    known, badge = SiteNow("s"), "b:" + "0" * 32
    came = Event(device="gate", time=NOW, kind="badge", badge=badge, direction="in")
    take_batch(known, "pi", batch(events=(came,)), NOW)
    assert known.devices["gate"].time == NOW
    day = Day(NOW - HOUR_MS, NOW + HOUR_MS, NOW + 2 * HOUR_MS)
    count(known, [Passage(NOW, badge, "in")], day)
    assert known.stays == [(NOW, NOW + HOUR_MS)]


def test_an_agent_that_was_found_quiet_is_there_with_its_next_batch() -> None:
    known = SiteNow("s")
    status = Status(
        online=True, sent=NOW, stream=STREAM, devices=[DeviceStatus(device="th", fault="no_reply")]
    )
    quiet = Change(stream=STREAM, seq=1, sent=NOW, received=NOW, quiet=True, status=status)
    take_change(known, "pi", quiet)
    assert known.agents["pi"] == AgentSaid(NOW, NOW, True, True, {"th": "no_reply"})
    take_batch(known, "pi", batch(warm("th", NOW)), NOW)
    assert not known.agents["pi"].quiet
