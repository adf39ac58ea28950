"""When an agent or a device may be called silent, by what the log says in its order."""

from __future__ import annotations

from typing import Final

import pytest

from analytics.situation.age import silent_after_ms
from analytics.situation.agents import Agent, agents_now
from analytics.situation.silence import Attendance, device_freshness
from store.log import change as log_change
from store.log.change import change_entry
from store.records.contract import AgentState
from wire.status import SILENT_AFTER_MS, DeviceStatus, Status

SITE: Final = "fenglin-18"
STREAM: Final = "01KAJ8V0000000000000000000"
NOW: Final = 1_764_000_000_000
HOUR: Final = 3_600_000
READS: Final = [DeviceStatus(device="gate-in")]


def take(log: Attendance, at: int, online: bool = True, quiet: bool = False, off: int = 0) -> None:
    """The entry that ingest makes of a status that came at `at` by a clock that is `off`."""
    status = Status(online=online, sent=at + off, stream=STREAM, devices=READS)
    entry = change_entry(AgentState(SITE, "pi-1", at, status), quiet=quiet)
    log.change(SITE, "pi-1", log_change.CODEC.decode(entry.payload))


def judged(log: Attendance, now: int) -> Agent:
    (agent,) = agents_now(log.agents(now), ["gate-in"], {}, lambda _: None, now, log.listening_since)
    return agent


def test_an_agent_that_only_beats_is_there_until_the_log_says_otherwise() -> None:
    log = Attendance()
    take(log, NOW)
    assert judged(log, NOW + 72 * HOUR).condition == "live"
    take(log, NOW + 72 * HOUR, online=False)
    gone = judged(log, NOW + 73 * HOUR)
    assert (gone.condition, gone.heard, gone.reads) == ("offline", NOW + 72 * HOUR, frozenset({"gate-in"}))


def test_an_agent_that_fell_silent_is_silent_since_it_was_heard() -> None:
    log = Attendance()
    take(log, NOW)
    take(log, NOW + HOUR, quiet=True)
    silent = judged(log, NOW + HOUR + SILENT_AFTER_MS)
    assert (silent.condition, silent.heard) == ("silent", NOW + HOUR)
    log.batch("pi-1")
    assert judged(log, NOW + 2 * HOUR).condition == "live"


def test_a_clock_that_was_off_is_off() -> None:
    log = Attendance()
    take(log, NOW, off=-3 * HOUR)
    assert judged(log, NOW + 5 * HOUR).condition == "clock"


def test_after_an_outage_of_ours_an_agent_is_awaited_before_it_is_silent() -> None:
    status = Status(online=True, sent=NOW, stream=STREAM, devices=READS)
    state, back = AgentState(SITE, "pi-1", NOW, status), NOW + 10 * HOUR

    def condition(now: int) -> str:
        return agents_now([state], ["gate-in"], {}, lambda _: None, now, back)[0].condition

    assert condition(back + SILENT_AFTER_MS - 1) == "awaited"
    assert condition(back + SILENT_AFTER_MS) == "silent"


@pytest.mark.parametrize(("interval_s", "allowed_ms"), [(None, 300_000), (10.0, 300_000), (3600.0, 3 * HOUR)])
def test_an_agent_is_silent_by_its_own_interval(interval_s: float | None, allowed_ms: int) -> None:
    status = Status(online=True, sent=NOW, stream=STREAM, devices=READS, interval_s=interval_s)
    state = AgentState(SITE, "pi-1", NOW, status)

    def condition(now: int) -> str:
        return agents_now([state], ["gate-in"], {}, lambda _: None, now)[0].condition

    assert condition(NOW + allowed_ms - 1) == "live"
    assert condition(NOW + allowed_ms) == "silent"


@pytest.mark.parametrize("interval_ms", [1_000, 60_000, HOUR])
def test_after_an_outage_of_ours_a_device_is_late_before_it_is_silent(interval_ms: int) -> None:
    back = NOW + 10_000 * interval_ms
    wait = silent_after_ms(interval_ms)
    assert device_freshness(NOW, interval_ms, back + wait - 1, back) == "late"
    assert device_freshness(NOW, interval_ms, back + wait, back) == "silent"
    assert device_freshness(None, interval_ms, back, back) == "late"
    assert device_freshness(None, interval_ms, back + wait, back) == "silent"


def test_without_an_outage_silence_counts_from_the_last_word() -> None:
    assert device_freshness(NOW - silent_after_ms(1_000), 1_000, NOW, NOW - HOUR) == "silent"
    assert device_freshness(NOW - silent_after_ms(1_000), 1_000, NOW, None) == "silent"
    assert device_freshness(NOW - 1, 1_000, NOW, NOW - 1) == "fresh"
    assert device_freshness(None, 1_000, NOW, None) == "silent"
