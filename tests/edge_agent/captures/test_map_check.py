"""A shipped profile that differs from its maker's register map is found out."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from edge_agent.captures import map_check

MAPS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "frames" / "modbus_register_maps.json").read_text()
)


@pytest.mark.parametrize("vector", MAPS, ids=lambda vector: str(vector["name"]))
def test_every_map_fits_what_is_shipped(vector: dict[str, Any]) -> None:
    assert map_check.check(vector) == []


@pytest.mark.parametrize("vector", MAPS, ids=lambda vector: str(vector["name"]))
def test_every_register_of_every_map_is_compared(vector: dict[str, Any]) -> None:
    for place in range(len(vector["expect"]["registers"])):
        for key, other in (("address", 4711), ("type", "int64"), ("scale", 7), ("unit", "furlong")):
            wrong = copy.deepcopy(vector)
            wrong["expect"]["registers"][place][key] = other
            assert map_check.check(wrong), (place, key)


@pytest.mark.parametrize("vector", MAPS, ids=lambda vector: str(vector["name"]))
def test_the_speed_is_compared(vector: dict[str, Any]) -> None:
    wrong = copy.deepcopy(vector)
    shipped = map_check.profile_of(vector["device"])
    assert shipped is not None
    baud = shipped.transport.baud
    wrong["expect"]["serial_defaults"] = vector["expect"]["serial_defaults"].replace(str(baud), "57600")
    assert "57600" in map_check.check(wrong)[0]


@pytest.mark.parametrize("vector", MAPS, ids=lambda vector: str(vector["name"]))
def test_the_function_is_compared(vector: dict[str, Any]) -> None:
    wrong = copy.deepcopy(vector)
    wrong["expect"]["function"] = "03" if vector["expect"]["function"].startswith("04") else "04"
    assert map_check.check(wrong)


@pytest.mark.parametrize(
    ("device", "name"),
    [
        ("Chint DTSU666 three-phase", "chint-dtsu666"),
        ("Carlo Gavazzi EM340", "carlo-gavazzi-em340"),
        ("Peacefair PZEM-004T v3", "pzem-016"),
        ("Hiking DDS238-2 ZN/S", "hiking-dds238-2"),
        ("Eastron SDM72D-M v2", "eastron-sdm72d-m-v2"),
        ("Senseair S8", "senseair-s8"),
        ("XY-MD02 / SHT20", "xy-md02"),
        ("abb b23", "abb-b23"),
        ("SDM120", "eastron-sdm120"),
        ("SDM1200", None),
        ("Acme S8", None),
    ],
)
def test_a_profile_is_found_by_what_is_printed_on_the_device(device: str, name: str | None) -> None:
    found = map_check.profile_of(device)
    assert (found and found.profile) == name


def test_a_map_of_an_unknown_device_is_a_failure() -> None:
    assert map_check.check({**MAPS[0], "device": "Acme 1"}) == [
        "no profile for Acme 1: none has its maker and model in `match`"
    ]
