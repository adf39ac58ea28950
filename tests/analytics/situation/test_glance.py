"""A site at a glance: its standing, and the heartbeat of the last 24 hours."""

from __future__ import annotations

import datetime as dt

import pytest

from analytics.situation.glance import StateKeeper, beats
from analytics.situation.judge import Glance, Standing, glance
from analytics.situation.place import Place
from store.records.registry import Device, Room
from store.records.site_now import AgentSaid, Heard, SiteNow
from wire.durations import HOUR_MS, MINUTE_MS

NOW = 490_000 * HOUR_MS + 30 * MINUTE_MS
DAY = (1 << 24) - 1
METER = Device("f", "s", "meter", "electricity_meter", None, 1.0)
CLIMATE = Device("f", "s", "th", "climate_sensor", "bath", 60.0)
LEAK = Device("f", "s", "leak", "leak_sensor", "bath", 60.0)
GATE = Device("f", "s", "gate", "badge_reader")
PLACE = Place(
    "s", "UTC", dt.date(2025, 1, 1), dt.time(20), (Room("f", "s", "bath", "主卫", "Bathroom"),),
    (METER, CLIMATE, LEAK, GATE),
)  # fmt: skip


def known(**ages_ms: int) -> SiteNow:
    heard = {"meter": 1_000, "th": 1_000, "leak": 1_000} | ages_ms
    agents = {"pi": AgentSaid(NOW - HOUR_MS, NOW - HOUR_MS, True, False, dict.fromkeys((*heard, "gate")))}
    devices = {device: Heard(NOW - 48 * HOUR_MS, NOW - age, DAY) for device, age in heard.items()}
    return SiteNow("s", 1, devices, agents=agents)


def seen(now: SiteNow) -> Glance:
    return glance(StateKeeper().at(PLACE, now, None, None, NOW), NOW)


@pytest.mark.parametrize(
    ("ages_ms", "standing"),
    [
        ({}, "well"),
        ({"th": 4 * MINUTE_MS}, "late"),
        ({"th": 20 * MINUTE_MS}, "silent"),
        ({"meter": HOUR_MS, "th": HOUR_MS, "leak": HOUR_MS}, "silent"),
    ],
)
def test_the_standing_follows_the_device_that_is_worst(ages_ms: dict[str, int], standing: Standing) -> None:
    assert seen(known(**ages_ms)).standing == standing


def test_water_on_the_floor_stands_above_everything() -> None:
    now = known(th=20 * MINUTE_MS)
    now.alarms[("leak", "leak")] = NOW, 1.0
    assert seen(now).standing == "alarm"


def test_a_site_that_never_spoke_is_neither_well_nor_silent() -> None:
    assert seen(SiteNow("s")).standing == "empty"


def test_an_agent_that_went_takes_its_site_with_it() -> None:
    now = known()
    now.agents["pi"] = now.agents["pi"]._replace(online=False, received=NOW - 1_000)
    found = seen(now)
    assert (found.standing, found.link, found.agents_lost) == ("silent", "lost", 1)
    assert found.people is not None
    assert found.people.count is None, "nobody knows who is there"


def test_people_are_counted_by_stays_that_run() -> None:
    now = known()
    now.stays = [(NOW - HOUR_MS, NOW + HOUR_MS), (NOW - 2 * HOUR_MS, NOW - HOUR_MS)]
    found = seen(now)
    assert found.people is not None
    assert found.people.count == 1


def test_an_agent_taken_out_of_the_registry_says_nothing() -> None:
    now = known()
    now.agents["old"] = AgentSaid(NOW, NOW, False, False, {})
    state = StateKeeper().at(PLACE, now, frozenset({"pi"}), None, NOW)
    assert [agent.agent for agent in state.agents] == ["pi"]


def test_a_heartbeat_knows_whole_hours_partial_ones_gaps_and_before() -> None:
    devices = {
        "meter": Heard(NOW - 4 * HOUR_MS, NOW, 0b10011),
        "th": Heard(NOW - 4 * HOUR_MS, NOW - HOUR_MS, 0b1001),
    }
    found = beats(SiteNow("s", devices=devices), PLACE.devices, NOW)
    assert found[:19] == ["before"] * 19
    assert found[19:] == ["whole", "gap", "gap", "whole", "part"]


def test_in_the_hour_that_runs_whoever_may_still_speak_is_not_missing() -> None:
    slow = Device("f", "s", "slow", "climate_sensor", None, 900.0)
    start = NOW - 29 * MINUTE_MS  # a minute into the hour
    heard = {"slow": Heard(start - HOUR_MS, start - 10 * MINUTE_MS, 0b11)}
    assert beats(SiteNow("s", devices=heard), [slow], start)[-1] == "whole"
