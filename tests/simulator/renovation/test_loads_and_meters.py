"""What runs is counted exactly; meters make steps, stick, miss what is slow, and begin anew."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.renovation.electricity import Loose, Shifted, Supply
from simulator.renovation.loads import Load, Runs, joined
from simulator.renovation.meters import Held, Register, Restart, registered
from wire.durations import HOUR_MS, MINUTE_MS

NIGHT_MS = 1_764_000_000_000
HOURS = np.arange(NIGHT_MS, NIGHT_MS + 10 * HOUR_MS, MINUTE_MS)


def runs(*spans: tuple[float, float, float]) -> Runs:
    """Runs of (first hour, last hour, rate)."""
    starts, ends, rates = zip(*spans, strict=True)
    return Runs(
        NIGHT_MS + (np.array(starts) * HOUR_MS).astype(np.int64),
        NIGHT_MS + (np.array(ends) * HOUR_MS).astype(np.int64),
        np.array(rates, dtype=float),
    )


def test_a_rate_holds_from_start_to_before_end() -> None:
    asked = NIGHT_MS + (np.array([0.9, 1.0, 1.9, 2.0, 3.5]) * HOUR_MS).astype(np.int64)
    assert runs((1, 2, 700.0), (3, 4, 300.0)).rate(asked).tolist() == [0, 700, 700, 0, 300]


def test_the_total_is_the_integral_of_the_rate() -> None:
    made = runs((1, 2.5, 800.0), (3, 3.25, 400.0))
    assert made.total(HOURS)[-1] == pytest.approx(1.5 * 800 + 0.25 * 400)
    assert made.total(HOURS)[0] == 0
    assert np.sum(made.rate(HOURS)) / 60 == pytest.approx(made.total(HOURS)[-1], rel=0.01)


def test_of_runs_that_overlap_the_later_waits() -> None:
    made = joined([runs((1, 3, 100.0)), runs((2, 4, 200.0))])
    assert np.all(made.starts[1:] >= made.ends[:-1])
    assert made.total(HOURS)[-1] == pytest.approx(2 * 100 + 1 * 200)


def test_motors_take_more_as_they_start() -> None:
    load = Load("saw", 0, 0.88, runs((1, 2, 1500.0)), inrush=3.0, inrush_ms=400)
    asked = NIGHT_MS + HOUR_MS + np.array([0, 399, 400, 5000])
    assert load.watts(asked).tolist() == [4500, 4500, 1500, 1500]


def test_voltage_falls_with_current_over_the_source() -> None:
    heater = Load("heater", 0, 1.0, runs((2, 4, 2200.0)))
    loaded, empty = Supply(1, 1, 0.5, [heater]).at(HOURS), Supply(1, 1, 0.5, []).at(HOURS)
    fall = (empty.volts - loaded.volts)[0]
    during = loaded.watts[0] > 0
    assert fall[during] == pytest.approx(0.5 * 2200 / empty.volts[0, during], rel=0.01)
    assert np.all(fall[~during] == 0)


def test_a_loose_terminal_shows_only_under_load_and_a_shifted_neutral_always() -> None:
    heater = Load("heater", 0, 1.0, runs((2, 4, 2200.0)))
    begin, end = int(HOURS[0]), int(HOURS[-1])
    sound = Supply(1, 3, 0.3, [heater]).at(HOURS).volts
    loose = Supply(1, 3, 0.3, [heater], loose=[Loose(0, begin, end, 1.5)]).at(HOURS).volts
    loaded = heater.watts(HOURS) > 0
    assert np.allclose(loose[:, ~loaded], sound[:, ~loaded])
    assert (sound - loose)[0, loaded].max() > 5
    shifted = Supply(1, 3, 0.3, [], shifted=[Shifted(begin, end, (-12.0, 7.0, 5.0))]).at(HOURS).volts
    assert np.ptp(shifted, axis=0).mean() > 12


def test_the_same_second_has_the_same_noise_whoever_asks() -> None:
    supply = Supply(1, 1, 0.3, [])
    assert supply.at(HOURS).volts[0, 77] == supply.at(HOURS[77:78]).volts[0, 0]


def test_a_register_shows_whole_pulses_and_never_falls() -> None:
    litres = runs((1, 2, 503.0))
    shown = Register(10.0, 1234.0).shown(litres.total, HOURS)
    assert set(np.mod(shown, 10)) == {0.0}
    assert np.all(np.diff(shown) >= 0)
    assert shown[-1] == pytest.approx(1737, abs=10)


def test_an_exchanged_meter_goes_on_from_its_own_figure() -> None:
    litres = runs((1, 2, 500.0), (4, 5, 300.0))
    restart = Restart(NIGHT_MS + 3 * HOUR_MS, 42.0)
    shown = Register(1.0, 9000.0, [restart]).shown(litres.total, HOURS)
    assert shown[179] == 9500
    assert shown[180] == 42
    assert shown[-1] == 342


def test_a_register_that_sticks_shows_all_when_it_comes_free() -> None:
    litres = runs((1, 3, 600.0))
    held = Held(np.array([NIGHT_MS + 90 * MINUTE_MS]), np.array([NIGHT_MS + 110 * MINUTE_MS]))
    sticking = Register(1.0, 0.0, held=held).shown(litres.total, HOURS)
    free = Register(1.0, 0.0).shown(litres.total, HOURS)
    assert set(sticking[90:110]) == {free[90]}
    assert np.array_equal(sticking[110:], free[110:])


def test_a_mechanical_meter_misses_part_of_what_is_slow() -> None:
    """15 mm meters may miss 30 % below 15 L/h (meteringlab.com)."""
    assert registered(runs((1, 2, 1.0), (3, 4, 10.0), (5, 6, 60.0))).rates.tolist() == [0.0, 7.0, 60.0]
