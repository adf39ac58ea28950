"""Every device that a shipped profile reads has a kind, with words in both languages."""

from __future__ import annotations

import pytest

from edge_agent import profile
from wire.kinds import BADGE_READER, KINDS, kind_of, today_called
from wire.quantities import QUANTITIES


def test_a_kind_is_known_by_quantities_of_the_table() -> None:
    for kind in KINDS.values():
        assert set(kind.measures) <= set(QUANTITIES), kind.name


def test_a_quantity_tells_one_kind() -> None:
    told = [name for kind in KINDS.values() for name in kind.measures]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("name", sorted(profile.names()))
def test_every_shipped_profile_is_of_a_kind(name: str) -> None:
    used = profile.load(name)
    if used.badge is None:
        assert kind_of(point.key for point in used.points) != "other"


def test_the_first_kind_is_meant_where_a_device_is_several() -> None:
    assert kind_of(["temperature", "voltage", "active_power"]) == "electricity_meter"
    assert kind_of(["temperature", "relative_humidity", "battery_level"]) == "climate_sensor"
    assert kind_of(["heat_energy", "water_volume", "flow_temperature"]) == "heat_meter"
    assert kind_of(["apparent_power", "current"]) == "electricity_meter"
    assert kind_of(["temperature", "carbon_dioxide", "presence"]) == "air_quality"
    assert kind_of(["presence", "gate_in_count"]) == "people_counter"
    assert kind_of(["presence", "illuminance"]) == "motion_sensor"
    assert kind_of(["battery_level", "leak", "temperature"]) == "leak_sensor"
    assert kind_of(["battery_level"]) == "other"
    assert kind_of([]) == "other"
    assert BADGE_READER in KINDS


def test_a_former_name_of_a_kind_is_none_of_todays() -> None:
    former = [word for kind in KINDS.values() for word in kind.formerly]
    assert former
    assert not set(former) & set(KINDS)
    assert [today_called(word) for word in ("climate", "gate", "valve", "nonsense")] == [
        "climate_sensor", "badge_reader", "valve", "nonsense",
    ]  # fmt: skip
