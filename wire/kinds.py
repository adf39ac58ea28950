"""The one table of what a device is: everything a shipped profile can read is one of these kinds.

A kind says what a person calls the device, and by which quantities it is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: Where the kinds of one thing differ only in what else they measure, the one that stands first is meant.
_ROWS: Final = (
    ("electricity_meter", "电表", "electricity meter",
     ("active_energy_import", "active_power", "apparent_power")),
    ("heat_meter", "热量表", "heat meter",
     ("heat_energy", "heat_power", "flow_temperature", "return_temperature")),
    ("water_meter", "水表", "water meter", ("water_volume", "water_flow")),
    ("gas_meter", "燃气表", "gas meter", ("gas_volume",)),
    ("residual_current_monitor", "漏电监测器", "residual-current monitor", ("residual_current",)),
    ("current_meter", "电流表", "current meter", ("current", "voltage", "current_l1", "voltage_l1")),
    ("smoke_detector", "烟感", "smoke detector", ("smoke",)),
    ("gas_detector", "燃气探测器", "gas detector", ("gas_alarm", "gas_concentration")),
    ("leak_sensor", "漏水传感器", "leak sensor", ("leak",)),
    ("door_contact", "门磁", "door contact", ("door_open",)),
    ("air_quality", "空气质量传感器", "air quality sensor",
     ("carbon_dioxide", "formaldehyde", "tvoc", "pm2_5", "pm10", "pm1")),
    ("people_counter", "人数计数器", "people counter", ("gate_in_count", "gate_out_count")),
    ("motion_sensor", "人体传感器", "motion sensor", ("presence",)),
    ("moisture_probe", "含水率探头", "moisture probe", ("material_moisture",)),
    ("noise_meter", "噪声计", "noise meter", ("sound_level",)),
    ("climate_sensor", "温湿度传感器", "climate sensor", ("relative_humidity", "temperature"), ("climate",)),
    ("thermometer", "表面温度计", "surface thermometer", ("surface_temperature",)),
    ("light_sensor", "光照传感器", "light sensor", ("illuminance",)),
    ("pressure_sensor", "水压传感器", "pressure sensor", ("water_pressure", "air_pressure")),
    ("valve", "阀门", "valve", ("valve_open",)),
    ("relay", "继电器", "relay", ("relay_closed",)),
    ("badge_reader", "刷卡机", "badge reader", (), ("gate",)),
    ("other", "设备", "device", ()),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceKind:
    """One row of the table. `measures`: a device that reads one of these is of this kind.

    A badge reader measures nothing: it speaks when somebody passes. `formerly`: what files of older versions
    call it.
    """

    name: str
    zh: str
    en: str
    measures: tuple[str, ...]
    formerly: tuple[str, ...] = ()


#: Every kind by its name.
KINDS: Final[dict[str, DeviceKind]] = {row[0]: DeviceKind(*row) for row in _ROWS}
BADGE_READER: Final = "badge_reader"
_FORMER: Final = {word: kind.name for kind in KINDS.values() for word in kind.formerly}


def today_called(word: str) -> str:
    """What a kind is called now, by that name or a former one; any other word as it is."""
    return _FORMER.get(word, word)


def kind_of(quantities: Iterable[str]) -> str:
    """What a device is that reads these; `other` where the table knows none."""
    read = set(quantities)
    return next((kind.name for kind in KINDS.values() if read & set(kind.measures)), "other")
