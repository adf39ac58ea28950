"""Zigbee attribute reports to the fields Zigbee2MQTT makes of them, for the devices a site has.

The agent reads Zigbee2MQTT's JSON; this is for a person who has a sniffer's ZCL attributes before them.
Clusters and attributes: Zigbee Cluster Library 8; Xiaomi's attribute FF01 as zigbee-herdsman-converters
(MIT) reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.mqtt import model_names

#: Bits of IAS zone status (ZCL 8 §8.2.2.2.1.3) after the alarm, in the converters' words.
_ZONE_BITS: Final = {
    2: "tamper",
    3: "battery_low",
    4: "supervision_reports",
    5: "restore_reports",
    6: "trouble",
    7: "ac_status",
    8: "test",
    9: "battery_defect",
}
#: What the alarm of a zone is, by model; and which other bits the converters pass on of it.
_ALARMS: Final[dict[str, tuple[str, tuple[int, ...]]]] = {
    "SJCGQ11LM": ("water_leak", (3,)),
    "TS0207": ("water_leak", (2, 3)),
    "JTYJ-GD-01LM/BW": ("smoke", tuple(_ZONE_BITS)),
}
#: A CR2032 as Xiaomi's sensors rate it.
_EMPTY_MV, _FULL_MV = 2850, 3000


def payload(device: str, report: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of one report `{"cluster": …, "data": {…}}`. Raises FrameError."""
    cluster, data = report.get("cluster"), report.get("data")
    read = _CLUSTERS.get(str(cluster))
    if read is None or not isinstance(data, Mapping):
        raise FrameError("unknown_cluster", f"{cluster!r} is no cluster known here")
    try:
        return read(device, data)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise FrameError("malformed", f"cluster {cluster}: {error!r}") from error


def _hundredth(value: Any) -> float:  # noqa: ANN401  # JSON is anything
    return round(int(value) / 100, 2)


def _zone(device: str, data: Mapping[str, Any]) -> dict[str, Any]:
    status = int(data["zonestatus"])
    model = model_names.named(device, _ALARMS)
    alarm, bits = _ALARMS[model] if model else ("alarm", tuple(_ZONE_BITS))
    return {alarm: bool(status & 1)} | {_ZONE_BITS[bit]: bool(status >> bit & 1) for bit in bits}


def _battery(millivolts: int) -> int:
    share = (millivolts - _EMPTY_MV) / (_FULL_MV - _EMPTY_MV)
    return round(100 * min(max(share, 0.0), 1.0))


#: Keys of Xiaomi's attribute FF01 (65281).
_XIAOMI: Final[dict[str, Callable[[int], dict[str, Any]]]] = {
    "1": lambda value: {"voltage": value, "battery": _battery(value)},
    "3": lambda value: {"device_temperature": value},
    "5": lambda value: {"power_outage_count": value - 1},
    "100": lambda value: {"temperature": _hundredth(value)},
    "101": lambda value: {"humidity": _hundredth(value)},
    "102": lambda value: {"pressure": round(value / 100, 1)},
}


def _basic(_device: str, data: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    told = data["65281"]
    if not isinstance(told, Mapping):
        raise TypeError("attribute 65281 holds no keys")
    for key, value in told.items():
        if key in _XIAOMI:
            fields |= _XIAOMI[key](int(value))
    return fields


_CLUSTERS: Final[dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]]] = {
    "msTemperatureMeasurement": lambda _, data: {"temperature": _hundredth(data["measuredValue"])},
    "msRelativeHumidity": lambda _, data: {"humidity": _hundredth(data["measuredValue"])},
    "genBasic": _basic,
    "ssIasZone": _zone,
    # A magnet sensor reports "off" while the magnet is near: contact.
    "genOnOff": lambda _, data: {"contact": int(data["onOff"]) == 0},
}
