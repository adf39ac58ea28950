"""The same renovation on the lines: what its recording says at a moment is what the devices show then."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.renovation.live import LiveRenovation
from simulator.renovation.readings import electricity_columns, registers
from simulator.renovation.renovation import Renovation
from wire.durations import DAY_MS, HOUR_MS

#: 2026-11-25, 10:00 in Shanghai.
NOW_MS = 1_795_572_000_000
DAY = 20


@pytest.fixture(scope="module")
def live(calm: Renovation) -> LiveRenovation:
    return LiveRenovation(calm, NOW_MS, DAY)


def site_ms(calm: Renovation) -> int:
    return calm.first_ms + DAY * DAY_MS + 10 * HOUR_MS


def test_it_is_the_same_hour_of_the_day_asked_for(calm: Renovation, live: LiveRenovation) -> None:
    at = np.array([site_ms(calm)])
    columns = electricity_columns(calm, registers(calm).energy, at)
    shown = live.meter(NOW_MS)
    assert shown.energy_kwh == columns["active_energy_import"][0]
    assert shown.total_power == pytest.approx(columns["active_power"][0], abs=2)
    assert live.water_litres(NOW_MS) == registers(calm).water.shown(calm.litres, at)[0]
    assert live.room("th-bath", NOW_MS).temperature == round(float(calm.room("bath", at).temperature[0]), 1)


def test_counters_never_fall(live: LiveRenovation) -> None:
    times = range(NOW_MS, NOW_MS + DAY_MS, HOUR_MS)
    energy, water = (
        [live.meter(time).energy_kwh for time in times],
        [live.water_litres(time) for time in times],
    )
    assert energy == sorted(energy)
    assert water == sorted(water)


def test_cards_come_when_people_come(calm: Renovation, live: LiveRenovation) -> None:
    seen = live.swipes(NOW_MS, NOW_MS + 10 * DAY_MS)
    wanted = [event for event in calm.passes() if 0 <= event.time_ms - site_ms(calm) < 10 * DAY_MS]
    assert [swipe.number for swipe in seen] == [f"{event.card:010d}" for event in wanted]
    assert [swipe.time_ms - NOW_MS for swipe in seen] == [event.time_ms - site_ms(calm) for event in wanted]


def test_stretched_time_brings_a_day_in_minutes(calm: Renovation) -> None:
    fast = LiveRenovation(calm, NOW_MS, DAY, pace=60.0)
    slow = LiveRenovation(calm, NOW_MS, DAY)
    assert fast.water_litres(NOW_MS + DAY_MS // 60) == slow.water_litres(NOW_MS + DAY_MS)
    assert len(fast.swipes(NOW_MS, NOW_MS + DAY_MS // 60)) == len(slow.swipes(NOW_MS, NOW_MS + DAY_MS))


def test_after_its_last_day_it_stays_as_it_was_left(calm: Renovation) -> None:
    late = LiveRenovation(calm, NOW_MS, calm.works.days + 3)
    assert late.water_litres(NOW_MS) == late.water_litres(NOW_MS + DAY_MS)
    assert not late.swipes(NOW_MS, NOW_MS + DAY_MS)
