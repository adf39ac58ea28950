"""Register maps of the makers' manuals, by the name the device is sold under: for reading captures.

These are what a person has beside a captured frame: `plumbline-edge decode` takes them to name what no
profile measures (an alarm, a pH). Devices that the agent reads have a profile in `profiles/`. Facts from the
register maps and manuals named beside each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers.modbus_frame import ByteOrder, Table


@dataclass(frozen=True, slots=True)
class Entry:
    """One value. `scales`: the usual factor first, then those of variants sold under the same name."""

    table: Table
    register: int
    key: str
    type: str = "uint16"
    unit: str | None = None
    scales: tuple[float, ...] = (1,)
    byte_order: ByteOrder = "ABCD"


#: By the name on the device.
MAPS: Final[dict[str, tuple[Entry, ...]]] = {
    # nmakel/sdm_modbus: documents/sdm120_modbus_protocol_v2.5.pdf, sdm630_modbus_protocol_v2.0.pdf
    "Eastron SDM120/SDM630": (
        Entry("input", 0, "voltage_v", "float32", "V"),
        Entry("holding", 0, "demand_time_min", "float32", "min"),
    ),
    "Eastron SDM120": (Entry("input", 342, "energy_total", "float32", "kWh"),),
    "Eastron SDM630": (
        Entry("input", 342, "energy_total", "float32", "kWh"),
        Entry("holding", 2, "demand_period_min", "float32", "min"),
    ),
    # nmakel/sdm_modbus: documents/sdm230_modbus_protocol_v1.1.pdf
    "Eastron SDM230": (Entry("holding", 12, "pulse_width_ms", "float32", "ms"),),
    # esphome/esphome: components/pzemac/pzemac.cpp
    "Peacefair PZEM-004T v3 / PZEM-016": (
        Entry("input", 0, "voltage_v", "uint16", "V", (0.1,)),
        Entry("input", 1, "current_a", "uint32", "A", (0.001,), "CDAB"),
        Entry("input", 3, "power_w", "uint32", "W", (0.1,), "CDAB"),
        Entry("input", 5, "energy_wh", "uint32", "Wh", (1,), "CDAB"),
        Entry("input", 7, "frequency_hz", "uint16", "Hz", (0.1,)),
        Entry("input", 8, "power_factor", "uint16", None, (0.01,)),
        Entry("input", 9, "alarm"),
    ),
    "Peacefair PZEM-004T v3": (Entry("input", 9, "alarm"),),
    # e-tinkers/Modbus-RTU: SHT20 README; both factors are sold
    "XY-MD02 / SHT20 transmitter": (
        Entry("input", 1, "temperature_c", "int16", "°C", (0.1, 0.01)),
        Entry("input", 2, "humidity_pct", "uint16", "%", (0.1, 0.01)),
        Entry("holding", 257, "unit_id_setting"),
    ),
    # a soil sensor's README quoting its manual, section 5.4
    "RS485 soil sensor (JXBS-3001 / Renke style)": (
        Entry("holding", 0, "moisture_pct", "uint16", "%", (0.1,)),
        Entry("holding", 1, "temperature_c", "int16", "°C", (0.1,)),
        Entry("holding", 2, "ec_us_cm", "uint16", "µS/cm"),
        Entry("holding", 3, "ph", "uint16", None, (0.1,)),
    ),
    "RS485 soil 7-in-1 (JXBS / Renke / CWT)": (
        Entry("holding", 2, "ec", "uint16", "µS/cm"),
        Entry("holding", 3, "ph", "uint16", None, (0.1,)),
        Entry("holding", 4, "nitrogen", "uint16", "mg/kg"),
        Entry("holding", 5, "phosphorus", "uint16", "mg/kg"),
        Entry("holding", 6, "potassium", "uint16", "mg/kg"),
    ),
    # Siemens A6V11160936_en page 14, where registers count from 1
    "Siemens QSA2700D": (Entry("holding", 259, "status"),),
    "RS485 temperature-humidity transmitter (humidity first)": (
        Entry("holding", 0, "humidity_pct", "uint16", "%", (0.1,)),
        Entry("holding", 1, "temperature_c", "int16", "°C", (0.1,)),
    ),
    # the log of the gateway that read it
    "water quality node": (
        Entry("holding", 0, "ph", "uint16", None, (0.01,)),
        Entry("holding", 1, "temperature_c", "int16", "°C", (0.01,)),
    ),
    # the sensor's README
    "RS485 wind speed (Renke)": (Entry("holding", 0, "wind_speed_m_s", "uint16", "m/s", (0.1,)),),
}


def entries(device: str) -> tuple[Entry, ...]:
    """What is known of a device, by any of its names: a `Peacefair PZEM-016` by `… v3 / PZEM-016`."""
    found: dict[tuple[Table, int], Entry] = {}
    for names, rows in MAPS.items():
        if device == names or device in _single(names):
            for row in rows:
                found.setdefault((row.table, row.register), row)
    return tuple(found.values())


def _single(names: str) -> Iterator[str]:
    """Each name of several, with the maker's word that stands before the first."""
    maker = names.partition(" ")[0]
    for name in re.split(r"\s?/\s?", names) if "(" not in names else ():
        yield name
        yield f"{maker} {name}"
