"""Makers' register maps against what is shipped: profiles, and `register_maps` for what no profile measures.

A map is a vector of the pseudo-protocol `modbus_register_maps`: `device`, and in `expect` the `function`,
`word_order`, `serial_defaults` and `registers` (`address, key, type, scale, unit` each).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge_agent import profile
from edge_agent.captures import shipped_model
from edge_agent.drivers.register_maps import Entry, entries
from edge_agent.profile import Profile
from edge_agent.profile_points import PointSpec
from wire.quantities import QUANTITIES

PROTOCOL: Final = "modbus_register_maps"
#: The profiles of devices sold without a maker's name, by what their maps are called.
_GENERIC: Final = {
    "RS485 soil 7-in-1 (JXBS / Renke / CWT)": "moisture-probe-rs485",
    "RS485 noise transmitter": "noise-rs485",
}
#: Words of the maps for quantities of ours.
_QUANTITIES: Final = {
    "power": "active_power",
    "power_total": "active_power",
    "power_l1": "active_power_l1",
    "power_l2": "active_power_l2",
    "power_l3": "active_power_l3",
    "energy": "active_energy_import",
    "energy_import": "active_energy_import",
    "energy_export": "active_energy_export",
    "humidity": "relative_humidity",
    "moisture": "material_moisture",
    "noise": "sound_level",
    "co2": "carbon_dioxide",
    "pm25": "pm2_5",
    "power_factor_total": "power_factor",
    "reactive_power_total": "reactive_power",
    "apparent_power_total": "apparent_power",
    "energy_reactive": "reactive_energy_import",
}
#: A unit of the maps times this is the table's.
_TO_TABLE: Final[dict[tuple[str | None, str], float]] = {
    ("kW", "W"): 1000, ("kvar", "var"): 1000, ("Wh", "kW.h"): 0.001, ("kWh", "kW.h"): 1, ("VA", "V.A"): 1,
    ("V", "V"): 1, ("A", "A"): 1, ("W", "W"): 1, ("var", "var"): 1, ("Hz", "Hz"): 1, (None, "1"): 1,
    ("°C", "Cel"): 1, ("%", "%"): 1, ("dB", "dB[SPL]"): 1, ("µg/m³", "ug/m3"): 1, ("kVA", "V.A"): 1000,
    ("kvarh", "kvar.h"): 1, ("mA", "A"): 0.001, ("mV", "V"): 0.001, ("MWh", "kW.h"): 1000,
    ("ppm", "[ppm]"): 1, ("lx", "lx"): 1, ("L", "L"): 1, ("m³", "L"): 1000, ("hPa", "kPa"): 0.1,
}  # fmt: skip
_KEYS: Final = ("function", "word_order", "serial_defaults", "registers")
_ORDERS: Final = {"big (ABCD)": "ABCD", "little (CDAB) for 32 bit": "CDAB", "n/a": None}
_TABLES: Final = {"03": "holding", "04": "input"}


def check(vector: Mapping[str, Any]) -> list[str]:
    """What differs between a map and what is shipped, one line each; empty where nothing does."""
    device, expect = vector.get("device"), vector["expect"]
    if vector["valid"] is not True:
        return ["a register map is valid: there is nothing to refuse"]
    if strange := [key for key in expect if key not in _KEYS]:
        return [f"{key}: expected {expect[key]!r}, the decoder says nothing of it" for key in strange]
    shipped = profile_of(str(device))
    if shipped is None:
        return [f"no profile for {device}: none has its maker and model in `match`"]
    # Manuals that number registers from 1 say so; on the wire they count from 0.
    base = 1 if "1-based" in str(vector.get("note", "")) else 0
    table = _TABLES.get(str(expect["function"]).partition(" ")[0])
    found = list(_serial(shipped, str(expect["serial_defaults"])))
    order = _ORDERS.get(expect["word_order"])
    if expect["word_order"] not in _ORDERS or table is None:
        found.append(f"function, word_order: {expect['function']}, {expect['word_order']} are not known here")
    for row in expect["registers"]:
        address = row["address"] - base
        mine = _point(shipped, row["key"], address)
        if mine is not None:
            found += _point_differences(row, mine, order, table, shipped)
        else:
            entry = _entry(str(device), row["key"], address, table)
            found += _entry_differences(row, entry)
    return found


def profile_of(device: str) -> Profile | None:
    """The shipped profile of a Modbus device, by the name its map has."""
    if device in _GENERIC:
        return profile.load(_GENERIC[device])
    return shipped_model.find(device, "modbus_rtu")


def _serial(shipped: Profile, text: str) -> Iterator[str]:
    transport = shipped.transport
    baud = re.search(r"\d+(?= baud)|\d+(?= 8)", text)
    letters = re.search(r"\b8([NEO])([12])\b", text)
    if baud is None or int(baud[0]) != transport.baud:
        yield f"serial_defaults: expected {text!r}, the profile has {transport.baud} baud"
    if letters and (letters[1], int(letters[2])) != (transport.parity, transport.stop_bits):
        yield f"serial_defaults: expected {text!r}, the profile has 8{transport.parity}{transport.stop_bits}"


def _point(shipped: Profile, key: str, address: int) -> PointSpec | None:
    """The point of the profile that stands at `address` and measures what the map calls `key`."""
    wanted = _QUANTITIES.get(key, key)
    starts = {read.id: read.register_.address for read in shipped.reads}
    for point in shipped.points:
        if point.key == wanted and starts[str(point.read)] + point.offset == address:
            return point
    return None


def _point_differences(
    row: Mapping[str, Any], point: PointSpec, order: str | None, table: str | None, shipped: Profile
) -> Iterator[str]:
    read = next(read for read in shipped.reads if read.id == point.read)
    factor = _TO_TABLE.get((row["unit"], QUANTITIES[point.key].unit))
    if table != read.register_.type:
        yield f"{row['key']}: expected function of {table}, the profile reads {read.register_.type}"
    if row["type"] != point.decode:
        yield f"{row['key']}.type: expected {row['type']!r}, the profile has {point.decode!r}"
    if not row["type"].endswith("16") and order != point.byte_order:
        yield f"{row['key']}.word_order: expected {order!r}, the profile has {point.byte_order!r}"
    if factor is None or not math.isclose(row["scale"] * factor, point.scale, rel_tol=1e-12):
        yield f"{row['key']}.scale: expected {row['scale']} {row['unit']}, the profile has {point.scale:g}"


def _entry(device: str, key: str, address: int, table: str | None) -> Entry | None:
    """What no profile measures, in the device's register map."""
    for entry in entries(device):
        if (entry.key, entry.register, entry.table) == (key, address, table):
            return entry
    return None


def _entry_differences(row: Mapping[str, Any], entry: Entry | None) -> Iterator[str]:
    if entry is None:
        yield f"{row['key']}: expected at register {row['address']}, neither profile nor map has it there"
        return
    for key, mine in (("type", entry.type), ("scale", entry.scales[0]), ("unit", entry.unit)):
        if row[key] != mine:
            yield f"{row['key']}.{key}: expected {row[key]!r}, the map has {mine!r}"
