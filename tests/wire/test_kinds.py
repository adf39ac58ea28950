"""Every device that a shipped profile reads has a kind, with words in both languages."""

from __future__ import annotations

import pytest

from edge_agent import profile
from wire.kinds import GATE, KINDS, kind_of
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
    assert kind_of(["temperature", "relative_humidity", "battery_level"]) == "climate"
    assert kind_of(["battery_level", "leak", "temperature"]) == "leak_sensor"
    assert kind_of(["battery_level"]) == "other"
    assert kind_of([]) == "other"
    assert GATE in KINDS
