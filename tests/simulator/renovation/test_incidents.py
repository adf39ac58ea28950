"""Every kind of incident shows on what would measure it; what only looks like one is entered as that."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from simulator.renovation import truth
from simulator.renovation.arrays import Whole
from simulator.renovation.incidents import KINDS, RATED_A
from simulator.renovation.occurrences import Occurrence
from simulator.renovation.readings import read, recorded_passes
from simulator.renovation.renovation import Renovation
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS


@pytest.fixture(scope="module")
def rows(afflicted: Renovation) -> list[Occurrence]:
    return truth.incidents(afflicted)


def the(rows: list[Occurrence], kind: str) -> Occurrence:
    return next(row for row in rows if row.kind == kind)


def inside(row: Occurrence, step_ms: int = MINUTE_MS) -> Whole:
    return np.arange(row.start_ms, row.end_ms, step_ms)


def before(row: Occurrence) -> Whole:
    return np.arange(row.start_ms - DAY_MS, row.start_ms, MINUTE_MS)


def litres(site: Renovation, row: Occurrence) -> float:
    counted = site.litres(np.array([row.start_ms, row.end_ms]))
    return float(counted[1] - counted[0])


def leaks(site: Renovation, row: Occurrence) -> bool:
    """The hourly minimum is never zero while it lasts."""
    return bool(np.all(np.diff(site.litres(inside(row, HOUR_MS))) > 0))


def tap_runs(site: Renovation, row: Occurrence) -> bool:
    return litres(site, row) > 100 * (row.end_ms - row.start_ms) / HOUR_MS


def overloaded(site: Renovation, row: Occurrence) -> bool:
    return bool(np.all(site.electricity(inside(row)).amperes.max(axis=0) > RATED_A))


def leaks_to_earth(site: Renovation, row: Occurrence) -> bool:
    return bool(
        site.electricity(inside(row)).residual_ma.max() > 50 > site.electricity(before(row)).residual_ma.max()
    )


def imbalance(volts: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """NEMA: largest deviation from the mean, in per cent of it (mean over the moments)."""
    mean = volts.mean(axis=0)
    return float((100 * np.abs(volts - mean).max(axis=0) / mean).mean())


def unbalanced(site: Renovation, row: Occurrence) -> bool:
    return imbalance(site.electricity(inside(row)).volts) > 2 + imbalance(site.electricity(before(row)).volts)


def falls_under_load(site: Renovation, row: Occurrence) -> bool:
    """The terminal's impedance is only seen where current flows."""
    terminal = site.effects.loose[0]
    during = inside(row)
    mended = Renovation(site.seed, kinds=[kind for kind in site.kinds if kind != "loose_connection"])
    fall = mended.electricity(during).volts[terminal.phase] - site.electricity(during).volts[terminal.phase]
    current = site.electricity(during).amperes[terminal.phase]
    return bool(np.corrcoef(fall, current)[0, 1] > 0.5)


def burns_at_night(site: Renovation, row: Occurrence) -> bool:
    return bool(site.electricity(inside(row)).watts.sum(axis=0).min() > 800)


def card_at_night(site: Renovation, row: Occurrence) -> bool:
    hours = [
        (event.time_ms - site.first_ms) / HOUR_MS % 24
        for event in site.passes()
        if row.start_ms <= event.time_ms <= row.end_ms
    ]
    return bool(hours) and all(hour < 6 or hour > 21 for hour in hours)


def humid(site: Renovation, row: Occurrence) -> bool:
    air = site.room(row.device.removeprefix("th-"), inside(row, HOUR_MS))
    return bool(np.median(air.humidity) > 85) and row.end_ms - row.start_ms >= DAY_MS


def condensing(site: Renovation, row: Occurrence) -> bool:
    """Dew point within reach of a corner that is colder than the room."""
    air = site.room(row.device.removeprefix("th-"), inside(row, HOUR_MS))
    return bool(air.humidity.max() > 60)


def mouldy(site: Renovation, row: Occurrence) -> bool:
    """Long damp before it."""
    times = np.arange(row.start_ms - 7 * DAY_MS, row.start_ms, HOUR_MS)
    return bool(site.room(row.device.removeprefix("th-"), times).humidity.mean() > 80)


def stalled(site: Renovation, row: Occurrence) -> bool:
    """Some layer keeps nearly all its water."""
    number = [room.name for room in site.home.rooms].index(row.device.removeprefix("th-"))
    first, last = site.days.day_of(row.start_ms), site.days.day_of(row.end_ms - 1)
    lost = site.air.left[max(first - 3, 0)][number] - site.air.left[last][number]
    return bool(np.any((lost < 0.15) & (site.air.left[last][number] > 0.3)))


def fails(site: Renovation, row: Occurrence) -> bool:
    """It is topped up, and filled once more later."""
    later = [test for test in site.works.tests if test.filled_ms > row.end_ms]
    return litres(site, row) > 15 and any(test.package.again for test in later)


def stays_away(site: Renovation, row: Occurrence) -> bool:
    crew = next(
        shift.crew for shift in site.works.shifts if not shift.came and shift.arrives_ms == row.start_ms
    )
    return not any(s.crew == crew and s.day == site.days.day_of(row.start_ms) for s in site.works.sessions)


SHOWS: dict[str, Callable[[Renovation, Occurrence], bool]] = {
    "leak": leaks,
    "tap_left_on": tap_runs,
    "overload": overloaded,
    "residual_current": leaks_to_earth,
    "voltage_imbalance": unbalanced,
    "loose_connection": falls_under_load,
    "night_load": burns_at_night,
    "after_hours_entry": card_at_night,
    "high_humidity": humid,
    "condensation_risk": condensing,
    "mould_risk": mouldy,
    "drying_stalled": stalled,
    "ponding_test_failed": fails,
    "no_show": stays_away,
}
#: Kinds of the devices themselves: seen in what was recorded, below.
OF_DEVICES = {"smoke", "sensor_stuck", "sensor_drift", "sensor_silent", "agent_silent", "clock_jump"}


def test_every_kind_of_the_recording_format_can_be_asked_for(rows: list[Occurrence]) -> None:
    assert set(KINDS) == {*SHOWS, *OF_DEVICES}
    assert {row.kind for row in rows} == set(KINDS)


@pytest.mark.parametrize("kind", SHOWS)
def test_it_is_seen_where_it_is_measured(kind: str, afflicted: Renovation, rows: list[Occurrence]) -> None:
    assert SHOWS[kind](afflicted, the(rows, kind))


def test_a_site_without_incidents_has_none_but_those_of_its_air(calm: Renovation) -> None:
    of_the_air = {"high_humidity", "condensation_risk", "mould_risk", "drying_stalled"}
    assert {row.kind for row in truth.incidents(calm)} <= of_the_air


def test_sealed_rooms_are_damper_than_the_same_rooms_aired(afflicted: Renovation, calm: Renovation) -> None:
    def damp_h(site: Renovation) -> int:
        return sum(
            row.end_ms - row.start_ms
            for row in truth.incidents(site)
            if row.kind in ("high_humidity", "mould_risk")
        )

    assert damp_h(afflicted) > damp_h(calm)


def with_only(kind: str) -> tuple[Renovation, Occurrence]:
    site = Renovation(8, kinds=[kind])
    return site, the(truth.incidents(site), kind)


def test_smoke_is_a_one_of_the_detector() -> None:
    site, row = with_only("smoke")
    smoke = read(site, inside(row))[row.device]
    assert set(smoke.columns["smoke"]) == {1.0}
    assert set(read(site, before(row))[row.device].columns["smoke"]) == {0.0}


def test_a_stuck_sensor_says_the_same_again_and_again() -> None:
    site, row = with_only("sensor_stuck")
    columns = read(site, np.arange(site.first_ms, site.last_ms, 10 * MINUTE_MS))[row.device]
    stuck = (columns.times > row.start_ms) & (columns.times < row.end_ms)
    assert all(len(set(column[stuck])) == 1 for column in columns.columns.values())


def test_a_drifting_sensor_goes_its_own_way() -> None:
    site, row = with_only("sensor_drift")
    times = np.arange(site.first_ms, site.last_ms, 10 * MINUTE_MS)
    table = read(site, times)[row.device]
    said, times = table.columns["relative_humidity"], table.times
    true = site.room(row.device.removeprefix("th-"), times).humidity
    last = (times > row.end_ms - DAY_MS) & (times < row.end_ms)
    assert abs(np.median((said - true)[last]) - np.median((said - true)[times < row.start_ms])) > 3


@pytest.mark.parametrize("kind", ["sensor_silent", "agent_silent"])
def test_silence_leaves_rows_out(kind: str) -> None:
    site, row = with_only(kind)
    times = np.arange(site.first_ms, site.last_ms, 5 * MINUTE_MS)
    for device, table in read(site, times).items():
        heard = np.any((table.times >= row.start_ms) & (table.times < row.end_ms))
        assert heard == (row.device not in ("", device))


def test_a_clock_that_jumps_never_stamps_backwards() -> None:
    site, row = with_only("clock_jump")
    table = read(site, np.arange(site.first_ms, site.last_ms, MINUTE_MS))["meter-main"]
    gaps = np.diff(table.times)
    assert np.all(gaps > 0)
    assert gaps.max() >= 15 * MINUTE_MS
    assert site.effects.faults[0].size != 0
    stamps = [event.time_ms for event, _ in recorded_passes(site)]
    assert stamps == sorted(stamps)
    assert row.end_ms > row.start_ms


def test_near_misses_are_no_incidents(many: list[Renovation]) -> None:
    kinds = {row.kind for site in many for row in truth.near_misses(site)}
    assert {"ponding", "hose", "booked_evening", "short_silence", "voltage_dip", "heater_by_day"} <= kinds
    assert {"lives_on_site", "e_bike", "early_worker"} <= kinds
    assert not kinds & set(KINDS)
