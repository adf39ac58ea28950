"""What names mean that people give to registers, and what their units do to a factor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.profiling import names, units
from edge_agent.profiling.names import Meaning
from wire.quantities import QUANTITIES


@pytest.mark.parametrize(
    ("name", "quantity"),
    [
        ("power", "active_power"),
        ("Active Power", "active_power"),
        ("ActivePowerL1", "active_power_l1"),
        ("power SUM", "active_power"),
        ("voltage_l2", "voltage_l2"),
        ("Voltage A", "voltage_l1"),
        ("Phase 1 line to neutral volts", "voltage_l1"),
        ("Voltage L1-L2", "voltage_l1_l2"),
        ("Line 1 to Line 2 volts", "voltage_l1_l2"),
        ("U1", "voltage_l1"),
        ("IL2", "current_l2"),
        ("L3 current", "current_l3"),
        ("Neutral current", "neutral_current"),
        ("phase_2_power", "active_power_l2"),
        ("power_factor_p1", "power_factor_l1"),
        ("cos-phi", "power_factor"),
        ("temp", "temperature"),
        ("pm2_5", "pm2_5"),
        ("export", "active_energy_export"),
        ("Energy delivered", "active_energy_export"),
        ("Total import kWh", "active_energy_import"),
        ("Reactive energy", "reactive_energy_import"),
        ("energy_l1", None),
        ("export power", None),
        ("max power", None),
        ("Energy today", None),
        ("tariff 1 energy", None),
        ("Grid power", None),
        ("panel voltage", None),
        ("rpm", None),
        ("", None),
    ],
)
def test_a_name_means_a_quantity_where_its_words_leave_no_doubt(name: str, quantity: str | None) -> None:
    found = names.meaning(name)
    assert (found.quantity if found else None) == quantity


def test_a_unit_in_a_name_is_the_values_unit() -> None:
    assert names.meaning("Power (kW)") == Meaning("active_power", 1000.0)
    assert names.meaning("energy_wh") == Meaning("active_energy_import", 0.001, certain=False)
    assert names.meaning("Voltage kWh") is None


def test_a_word_that_stands_in_most_names_is_the_devices_own() -> None:
    told = ["SDM630 Voltage L1", "SDM630 Voltage L2", "SDM630 Power", "other"]
    around = names.own_words(told)
    assert around == {"sdm630"}
    assert names.meaning(told[2], around) == Meaning("active_power")
    assert names.own_words(["Heat pump power"]) == frozenset()


@pytest.mark.parametrize(
    ("name", "likely"),
    [
        ("Grid power", "active_power"),
        ("Grid power L2", "active_power_l2"),
        ("tempratur", "temperature"),
        ("spin", None),
    ],
)
def test_a_name_that_says_nothing_is_guessed_at_for_the_user_alone(name: str, likely: str | None) -> None:
    assert names.suggestion(name) == likely


@pytest.mark.parametrize(
    ("unit", "quantity", "factor"),
    [
        ("kW", "active_power", 1000), ("W", "active_power", 1), ("MWh", "active_energy_import", 1000),
        ("hPa", "air_pressure", 0.1), ("m³", "water_volume", 1000), ("µg/m³", "tvoc", 0.001),
        ("%", "power_factor", 0.01), ("mA", "residual_current", 1), ("°F", "temperature", None),
        ("V", "active_power", None), ("furlong", "voltage", None),
    ],
)  # fmt: skip
def test_a_unit_is_a_factor_or_none(unit: str, quantity: str, factor: float | None) -> None:
    assert units.factor(unit, quantity) == factor


@given(st.text(max_size=40))
def test_no_name_gives_what_is_no_quantity(name: str) -> None:
    found = names.meaning(name)
    assert found is None or found.quantity in QUANTITIES
    assert names.suggestion(name) in {None, *QUANTITIES}
