"""Vapour, drying and mould: the formulas against published figures, and rooms against common sense."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from simulator.renovation.home import Room
from simulator.renovation.moisture import (
    STEPS_A_DAY,
    DayAir,
    Materials,
    RoomAir,
    first_mode_1_h,
    residual_share,
)
from simulator.renovation.mould import (
    MEDIUM_RESISTANT,
    RESISTANT,
    SENSITIVE,
    VERY_SENSITIVE,
    Surface,
    mould_index,
)
from simulator.renovation.weather import dew_point_c, draw_weather, saturation_g_m3, saturation_pa

ROOM = Room("bedroom", 14.0, 2.7, wet=False)


def still_air(days: int, changes_1_h: float, laid: list[tuple[int, int, str, float, float]]) -> RoomAir:
    """A room at 20 °C and 50 % outdoors, aired alike all the time, with what is laid on the first day."""
    steps = days * STEPS_A_DAY
    outdoor = np.full(steps, 0.5 * float(saturation_g_m3(np.array([20.0]))[0]))
    air = RoomAir([ROOM], np.full((steps, 1), 20.0), outdoor, Materials(0.03, 0.01, anhydrite=False))
    day = DayAir(np.full((STEPS_A_DAY, 1), changes_1_h), np.zeros((STEPS_A_DAY, 1)), laid)
    air.advance(0, day)
    for number in range(1, days):
        air.advance(number, DayAir(day.changes_1_h, day.gains_g_h, ()))
    return air


@pytest.mark.parametrize(
    ("temperature_c", "pascal"), [(0.0, 610.5), (20.0, 2337.0), (30.0, 4241.0), (-10.0, 260.0)]
)
def test_saturated_vapour_follows_en_iso_13788(temperature_c: float, pascal: float) -> None:
    assert saturation_pa(np.array([temperature_c]))[0] == pytest.approx(pascal, rel=0.003)


def test_saturated_air_has_its_own_temperature_as_dew_point() -> None:
    temperature = np.array([2.0, 12.0, 25.0])
    assert dew_point_c(temperature, saturation_g_m3(temperature)) == pytest.approx(temperature, abs=1e-6)


def test_air_of_twenty_degrees_and_half_saturation_has_a_dew_point_of_nine() -> None:
    temperature = np.array([20.0])
    assert dew_point_c(temperature, 0.5 * saturation_g_m3(temperature))[0] == pytest.approx(9.3, abs=0.1)


def test_forty_millimetres_of_screed_keep_a_tenth_of_their_water_after_forty_days() -> None:
    assert residual_share(40 * 24, 0.040) == pytest.approx(0.10, abs=0.01)


def test_drying_takes_four_times_as_long_at_twice_the_thickness() -> None:
    assert residual_share(140 * 24, 0.075) == pytest.approx(residual_share(39.8 * 24, 0.040), abs=0.005)
    assert first_mode_1_h(0.03) == pytest.approx(4 * first_mode_1_h(0.06))


@pytest.mark.parametrize(
    ("surface", "humidity", "weeks"),
    [
        (VERY_SENSITIVE, 97, (1.87, 4.68, 5.50, 5.50)),
        (SENSITIVE, 97, (0.83, 1.44, 2.55, 3.62)),
        (MEDIUM_RESISTANT, 97, (0.10, 0.21, 0.41, 0.62)),
        (RESISTANT, 97, (0.05, 0.09, 0.19, 0.28)),
        (VERY_SENSITIVE, 90, (0.51, 1.03, 3.01, 3.95)),
        (SENSITIVE, 90, (0.29, 0.59, 1.11, 1.50)),
    ],
)
def test_mould_grows_as_the_finnish_model_says(
    surface: Surface, humidity: float, weeks: tuple[float, ...]
) -> None:
    """Index after 2, 4, 8 and 12 weeks at 22 °C (Hukka & Viitanen 1999 with trh-1's constants)."""
    hours = np.ones((12 * 168, 1))
    index = mould_index(surface, 22.0 * hours, humidity * hours)[:, 0]
    assert [index[week * 168 - 1] for week in (2, 4, 8, 12)] == pytest.approx(weeks, abs=0.02)


def test_mould_fades_where_it_is_dry() -> None:
    wet, dry = np.full((600, 1), 97.0), np.full((600, 1), 50.0)
    index = mould_index(SENSITIVE, np.full((1200, 1), 22.0), np.vstack([wet, dry]))[:, 0]
    assert index[600:].max() <= index[599]
    assert index[-1] < index[599]


def test_an_empty_room_takes_the_vapour_of_the_air_outside() -> None:
    air = still_air(3, 1.0, [])
    outdoor = 0.5 * saturation_g_m3(np.array([20.0]))[0]
    assert air.vapour_g_m3[-1, 0] == pytest.approx(outdoor, rel=0.02)


def test_a_wet_layer_dries_first_as_fast_as_air_takes_it_then_by_diffusion() -> None:
    air = still_air(40, 1.0, [(0, 0, "plaster", 30.0, 90_000.0)])
    a_day = -np.diff([1.0, *(left[0, 1] for left in air.left)])
    first, last = a_day[1:4], a_day[-4:]
    assert np.ptp(first) < 0.25 * first.mean()
    assert last.mean() < 0.5 * first.mean()
    assert np.all(a_day > 0)


def test_what_leaves_the_layer_is_what_the_air_carries_out() -> None:
    air = still_air(10, 1.0, [(0, 0, "plaster", 30.0, 30_000.0)])
    lost = 30_000.0 * (air.left[4][0, 1] - air.left[9][0, 1])
    excess = air.vapour_g_m3[5 * STEPS_A_DAY :, 0] - 0.5 * saturation_g_m3(np.array([20.0]))[0]
    carried = (excess * 1.0 * ROOM.air_m3).mean() * 5 * 24
    assert carried == pytest.approx(lost, rel=0.1)


def test_shut_windows_stall_drying() -> None:
    wet = [(0, 0, "screed", 14.0, 60_000.0)]
    assert still_air(12, 0.06, wet).left[-1][0, 0] > still_air(12, 2.0, wet).left[-1][0, 0] + 0.2


def test_vapour_never_passes_saturation() -> None:
    air = still_air(5, 0.05, [(0, 0, "open", 14.0, 1e6)])
    assert air.vapour_g_m3.max() <= saturation_g_m3(np.array([20.0]))[0] + 1e-9


def test_weather_has_seasons_days_and_no_more_vapour_than_air_holds() -> None:
    summer = draw_weather(1, "shanghai", date(2025, 7, 1), 40)
    winter = draw_weather(1, "shanghai", date(2025, 1, 1), 40)
    assert summer.temperature_c.mean() > winter.temperature_c.mean() + 15
    by_hour = summer.temperature_c.reshape(40, 24).mean(axis=0)
    assert 13 <= int(by_hour.argmax()) <= 17
    assert np.all(summer.vapour_g_m3 <= saturation_g_m3(summer.temperature_c) + 1e-9)
