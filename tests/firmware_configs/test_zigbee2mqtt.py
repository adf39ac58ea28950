"""Zigbee2MQTT's configuration has keys that it knows; our profiles read fields that its converters make.

Checked against what Zigbee2MQTT says of itself: facts/zigbee2mqtt.json, made by facts/zigbee2mqtt.mjs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from edge_agent import profile
from wire.quantities import QUANTITIES

FOLDER: Final = Path(__file__).parents[2] / "firmware_configs" / "zigbee2mqtt"
FACTS: Final = json.loads((Path(__file__).parent / "facts" / "zigbee2mqtt.json").read_text())
PROFILES: Final = [name for name in profile.names() if profile.load(name).transport.protocol == "zigbee2mqtt"]

#: Zigbee2MQTT adds these to every device's message.
OWN_FIELDS: Final = {"linkquality": "1"}
#: Fields of older converters, as in these profiles' captures. Newer ones leave them out, and a field that
#: a message does not name is not asked after.
OLDER: Final = {("aqara-sjcgq11lm", "tamper"), ("xiaomi-zncz02lm", "voltage")}
#: Unit of the converters to (UCUM code, how many of it one is).
UNITS: Final = {
    "%": ("%", 1),
    "°C": ("Cel", 1),
    "mV": ("V", 0.001),
    "V": ("V", 1),
    "hPa": ("kPa", 0.1),
    "lx": ("lx", 1),
    "W": ("W", 1),
    "A": ("A", 1),
    "kWh": ("kW.h", 1),
}


def keys(section: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        yield f"{path}{name}", value
        if isinstance(value, dict):
            yield from keys(value, f"{path}{name}.")


def configuration() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "configuration.yaml").read_text())
    return found


def kind(value: object) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def test_every_key_is_known_and_its_value_of_its_kind() -> None:
    for path, value in keys(configuration()):
        allowed = FACTS["settings"].get(path)
        assert allowed is not None, f"{path} is no key of {FACTS['source']}"
        assert value in allowed or kind(value) in allowed, f"{path}: {value!r} is none of {allowed}"


def test_its_messages_are_those_our_dialect_reads() -> None:
    chosen = configuration()
    assert chosen["advanced"]["output"] == "json"
    assert chosen["advanced"]["last_seen"].startswith("ISO_8601"), "the agent dates values by it"
    assert chosen["advanced"]["cache_state_send_on_startup"] is False, "old values must not come as new ones"
    assert chosen["mqtt"]["base_topic"] == chosen["mqtt"]["user"], "the access list goes by it"


def test_its_secrets_are_elsewhere() -> None:
    chosen = configuration()
    assert chosen["mqtt"]["password"] == "!secret.yaml mqtt_password"
    assert {chosen["advanced"][name] for name in ("network_key", "pan_id", "ext_pan_id")} == {"GENERATE"}
    assert yaml.safe_load((FOLDER / "secret.yaml.example").read_text()).keys() == {"mqtt_password"}


def test_every_profile_has_its_facts() -> None:
    assert set(PROFILES) == set(FACTS["models"])


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_reads_fields_the_converter_makes_in_its_unit(name: str) -> None:
    made = FACTS["models"][name] | OWN_FIELDS
    for point in profile.load(name).target("one", "zigbee2mqtt/one", None).points:
        field = point.where["field"]
        if (name, field) in OLDER:
            continue
        assert field in made, f"{field} is not made by {FACTS['source']}: {', '.join(made)}"
        if isinstance(made[field], list):
            assert QUANTITIES[point.quantity].kind == "state"
        else:
            unit, times = UNITS.get(made[field], (made[field], 1))
            assert (QUANTITIES[point.quantity].unit, point.scale) == (unit, times), (
                f"{field} in {made[field]}"
            )
