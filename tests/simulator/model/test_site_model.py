"""The model: the same for the same seed, in any order; plausible; nobody and nothing at night."""

from __future__ import annotations

import random
import subprocess
import sys
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from simulator.model.activity import DayActivity
from simulator.model.people import Swipe
from simulator.model.plan import STAGES, plan_day, stage_on
from simulator.model.site_model import MOUNTED, SiteModel
from wire.durations import HOUR_MS, MINUTE_MS
from wire.quantities import QUANTITIES

ZONE = "Asia/Shanghai"
FIRST_DAY = date(2025, 11, 10)


@pytest.fixture(scope="module")
def model() -> SiteModel:
    return SiteModel(7, ZONE)


def day_start(model: SiteModel, offset: int = 0) -> int:
    return model.calendar.start_ms(FIRST_DAY + timedelta(days=offset))


def answers(model: SiteModel, time_ms: int) -> tuple[object, ...]:
    return (
        model.meter(time_ms),
        model.water_litres(time_ms),
        model.headcount(time_ms),
        [model.room(device, time_ms) for device in ("th-living", "th-bath", "th-bedroom")],
        model.swipes(time_ms, time_ms + HOUR_MS),
    )


def test_any_order_of_asking_gives_the_same_answers(model: SiteModel) -> None:
    rng = random.Random(1)
    times = [day_start(model) + rng.randrange(12 * 24 * HOUR_MS) for _ in range(60)]
    forwards = {time: answers(SiteModel(7, ZONE), time) for time in times[:5]}
    for time in times:
        answers(model, time)
    for time, expected in forwards.items():
        assert answers(model, time) == expected


def test_two_processes_agree() -> None:
    program = f"from simulator.model.site_model import SiteModel; m = SiteModel(7, {ZONE!r}); "
    program += "t = 1763000000000; print(m.meter(t), m.water_litres(t), m.swipes(t, t + 9000000))"
    said = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(Path(__file__).parents[3])},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(said) == 1


def test_another_seed_is_another_site(model: SiteModel) -> None:
    noon = day_start(model) + 11 * HOUR_MS
    assert answers(model, noon) != answers(SiteModel(8, ZONE), noon)


def test_counters_never_run_backwards(model: SiteModel) -> None:
    times = range(day_start(model), day_start(model, 9), 7 * MINUTE_MS)
    energy = [model.meter(time).energy_kwh for time in times]
    water = [model.water_litres(time) for time in times]
    assert all(earlier <= later for earlier, later in pairwise(energy))
    assert all(earlier <= later for earlier, later in pairwise(water))
    assert energy[-1] - energy[0] > 9
    assert water[-1] - water[0] > 200


def test_counters_do_not_jump_at_midnight(model: SiteModel) -> None:
    for offset in range(1, 10):
        midnight = day_start(model, offset)
        before, after = model.meter(midnight - 1000), model.meter(midnight)
        assert 0 <= after.energy_kwh - before.energy_kwh <= 0.01
        assert model.water_litres(midnight - 1) == model.water_litres(midnight)


@pytest.mark.parametrize("offset", [1, 4])
def test_energy_is_the_integral_of_power(model: SiteModel, offset: int) -> None:
    start, end = day_start(model, offset) + 8 * HOUR_MS, day_start(model, offset) + 18 * HOUR_MS
    joules = sum(2 * model.meter(time).total_power for time in range(start, end, 2000))
    counted = model.meter(end).energy_kwh - model.meter(start).energy_kwh
    assert joules / 3_600_000 == pytest.approx(counted, rel=0.03, abs=0.02)


def test_phases_add_up_and_ohm_and_kirchhoff_hold(model: SiteModel) -> None:
    for time in range(day_start(model) + 8 * HOUR_MS, day_start(model) + 18 * HOUR_MS, 5 * MINUTE_MS):
        reading = model.meter(time)
        assert reading.total_power == sum(reading.power)
        for volts, amperes, watts, factor in zip(
            reading.voltage, reading.current, reading.power, reading.power_factors, strict=True
        ):
            assert volts * amperes * factor == pytest.approx(watts, rel=0.01, abs=1.0)


def test_voltage_sags_under_load(model: SiteModel) -> None:
    readings = [
        model.meter(time) for time in range(day_start(model, 1), day_start(model, 2), MINUTE_MS)
    ]  # one day, so that the supply's own slow changes do not hide it
    loaded = [reading.voltage[1] for reading in readings if reading.current[1] > 5]
    idle = [reading.voltage[1] for reading in readings if reading.current[1] < 1]
    assert loaded
    assert sum(loaded) / len(loaded) < sum(idle) / len(idle) - 0.5


def test_everything_is_plausible(model: SiteModel) -> None:
    for time in range(day_start(model), day_start(model, 30), 29 * MINUTE_MS):
        reading = model.meter(time)
        assert 20 <= reading.total_power <= 9000
        assert all(215 < volts < 238 for volts in reading.voltage)
        assert 49.9 <= reading.frequency <= 50.1
        assert 0.4 < reading.power_factor <= 1
        for device in ("th-living", "th-bath", "th-bedroom"):
            room = model.room(device, time)
            assert 0 < room.temperature < 40
            assert 20 < room.relative_humidity <= QUANTITIES["relative_humidity"].high


def test_the_bathroom_is_damper_than_the_living_room(model: SiteModel) -> None:
    times = range(day_start(model), day_start(model, 20), HOUR_MS)
    mean = {
        device: sum(model.room(device, time).relative_humidity for time in times) / len(times)
        for device in ("th-living", "th-bath")
    }
    assert mean["th-bath"] > mean["th-living"] + 5


def test_rooms_change_smoothly_even_over_midnight(model: SiteModel) -> None:
    for device in ("th-living", "th-bath", "th-bedroom"):
        rooms = [model.room(device, time) for time in range(day_start(model), day_start(model, 6), MINUTE_MS)]
        assert all(abs(b.temperature - a.temperature) <= 0.2 for a, b in pairwise(rooms))
        assert all(abs(b.relative_humidity - a.relative_humidity) <= 1.5 for a, b in pairwise(rooms))


def test_at_night_nobody_is_there_no_tool_runs_and_no_water_flows(model: SiteModel) -> None:
    for offset in range(8):
        evening = day_start(model, offset) + 19 * HOUR_MS
        morning = day_start(model, offset + 1) + 7 * HOUR_MS
        for time in range(evening, morning, 10 * MINUTE_MS):
            assert model.headcount(time) == 0
            assert model.meter(time).total_power < 120
        assert model.water_litres(evening) == model.water_litres(morning)
        assert model.swipes(evening, morning) == []


def test_people_come_in_the_morning_and_are_there_all_day(model: SiteModel) -> None:
    for offset in range(14):
        start = day_start(model, offset)
        crew = model.plan(FIRST_DAY + timedelta(days=offset)).crew
        for minute in range(8 * 60 + 44, 11 * 60 + 40, 7):
            assert 1 <= model.headcount(start + minute * MINUTE_MS) <= crew + 3
        arrivals = model.swipes(start, start + 8 * HOUR_MS + 41 * MINUTE_MS)
        assert len(arrivals) == crew
        assert min(swipe.time_ms for swipe in arrivals) >= start + 7 * HOUR_MS + 40 * MINUTE_MS


def crossings(model: SiteModel, days: int) -> list[Swipe]:
    return model.swipes(day_start(model), day_start(model, days))


def test_during_work_something_happens_at_the_gates_every_few_minutes(model: SiteModel) -> None:
    for offset in range(7):
        start = day_start(model, offset)
        for opens in (9 * 60, 14 * 60):
            window = [start + minute * MINUTE_MS for minute in (opens, opens + 120)]
            times = [swipe.time_ms for swipe in model.swipes(*window)]
            gaps = [later - earlier for earlier, later in pairwise([window[0], *times, window[1]])]
            assert max(gaps) <= 12 * MINUTE_MS


def test_a_reader_sees_one_card_at_a_time(model: SiteModel) -> None:
    for gate in ("gate-in", "gate-out"):
        times = [swipe.time_ms for swipe in crossings(model, 30) if swipe.device == gate]
        assert all(later - earlier >= 1500 for earlier, later in pairwise(times))


def test_now_and_then_somebody_forgets_to_badge_out(model: SiteModel) -> None:
    directions = [swipe.direction for swipe in crossings(model, 30)]
    missed = directions.count("in") - directions.count("out")
    assert 3 <= missed <= 60


def test_the_same_people_come_again(model: SiteModel) -> None:
    assert len({swipe.card for swipe in crossings(model, 60)}) <= 20


def test_nine_days_are_not_nine_times_the_same_day(model: SiteModel) -> None:
    for start in range(0, 60, 9):
        days = [FIRST_DAY + timedelta(days=start + offset) for offset in range(9)]
        assert len({stage_on(7, day).name for day in days}) >= 2
        assert len({model.plan(day).litres for day in days}) >= 7


def test_swipes_do_not_depend_on_how_the_time_is_cut(model: SiteModel) -> None:
    whole = crossings(model, 3)
    start = day_start(model)
    parts = [
        swipe
        for hour in range(3 * 24)
        for swipe in model.swipes(start + hour * HOUR_MS, start + (hour + 1) * HOUR_MS)
    ]
    assert parts == whole


def test_every_stage_can_be_worked_at_full_effort() -> None:
    """The longest day of every tool fits into the working hours, on every day of many sites."""
    for seed in range(8):
        for offset in range(0, 200, 3):
            plan = plan_day(seed, FIRST_DAY + timedelta(days=offset))
            activity = DayActivity(seed, plan, 0)
            assert activity.tool_wh(24 * HOUR_MS) == pytest.approx(plan.tool_wh)
            assert activity.litres(24 * HOUR_MS) == plan.litres
            assert all(a.end_ms <= b.start_ms for a, b in pairwise(activity.draws))
    assert {plan_day(3, FIRST_DAY + timedelta(days=n)).stage.name for n in range(60)} == {
        stage.name for stage in STAGES
    }


def test_before_the_meters_were_mounted_there_is_nothing_to_ask(model: SiteModel) -> None:
    with pytest.raises(ValueError, match="before the meters were mounted"):
        model.meter(model.calendar.start_ms(MOUNTED) - 1)


def test_days_of_changing_clocks_are_days_like_others() -> None:
    model = SiteModel(7, "Europe/Berlin")
    start = model.calendar.start_ms(date(2025, 10, 26))
    assert model.calendar.end_ms(date(2025, 10, 26)) - start == 25 * HOUR_MS
    energy = [model.meter(time).energy_kwh for time in range(start, start + 26 * HOUR_MS, MINUTE_MS)]
    assert all(earlier <= later for earlier, later in pairwise(energy))
