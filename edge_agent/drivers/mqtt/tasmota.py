"""Tasmota: `tele/<topic>/SENSOR` and `STATE` every TelePeriod, `LWT` as last will.

A source is the device's topic, `pow1`; where FullTopic was changed, the whole of it with `%prefix%` in it,
`site/%prefix%/pow1`. A field is the path in the JSON, `ENERGY/Power`. Temperatures come in the unit the
device was set to (`TempUnit`), pressures likewise (`PressureUnit`): here they are °C and hPa. `Time` counts
only with its offset: without one it is a local time of nobody knows where (Tasmota docs, MQTT, Time). A card
that a PN532 could not authenticate (`Auth` other than `Ok`; docs, PN532) is no card: its UID is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt.message import Heard, Raw, flat, number, object_of, on_off, online, utc_ms

_REPORTS: Final = ("SENSOR", "STATE", "RESULT")
#: Sections of badge readers.
_READERS: Final = ("PN532", "RDM6300", "RC522")
_TEMPERATURES: Final = ("Temperature", "DewPoint")
#: hPa in one unit. Conventional millimetre and inch of mercury.
_PRESSURES: Final = {"mmHg": 1.33322387415, "inHg": 33.86388640341, "psi": 68.9475729318, "hPa": 1.0}


def filters(source: str) -> tuple[str, ...]:
    """Reports as they fall due, answers to commands, and the last will."""
    full = source if "%prefix%" in source else f"%prefix%/{source}"
    tele = full.replace("%prefix%", "tele")
    return (*(f"{tele}/{name}" for name in ("SENSOR", "STATE", "LWT")),)


def hear(topic: str, payload: bytes) -> list[Heard]:
    """What a message says of the device. Raises FrameError."""
    kind = topic.rsplit("/", 1)[-1]
    if kind == "LWT":
        return [Heard(available=online(payload))]
    if kind not in _REPORTS:
        raise FrameError("unknown_topic", f"{topic}: neither SENSOR, STATE nor LWT")
    content = object_of(payload)
    values = _si(flat(content), content)
    for reader in _READERS:
        if _refused(content.get(reader)):
            values[f"{reader}/UID"] = None
    return [Heard(values, time_ms=utc_ms(content.get("Time")))]


def _refused(part: object) -> bool:
    """Whether a reader has seen a card and not authenticated it."""
    told = part.get("Auth") if isinstance(part, Mapping) else None
    return told is not None and str(told).lower() != "ok"


def _si(values: dict[str, Raw], content: Mapping[str, Any]) -> dict[str, Raw]:
    fahrenheit = content.get("TempUnit") == "F"
    hectopascal = _PRESSURES.get(str(content.get("PressureUnit", "hPa")))
    for path, value in values.items():
        raw = number(value)
        if raw is None:
            continue
        name = path.rsplit("/", 1)[-1]
        if fahrenheit and name in _TEMPERATURES:
            values[path] = round((raw - 32) / 1.8, 2)
        elif name == "Pressure" and hectopascal != 1.0:
            values[path] = None if hectopascal is None else round(raw * hectopascal, 2)
    return values


#: Of `ENERGY`.
_ENERGY: Final = {
    "Total": "energy_total_kwh",
    "Today": "energy_today_kwh",
    "TotalTariff": "energy_tariffs_kwh",
    "ImportActive": "import_kwh",
    "ExportActive": "export_kwh",
    "Power": "power_w",
    "ApparentPower": "apparent_va",
    "ReactivePower": "reactive_var",
    "Factor": "power_factor",
    "Voltage": "voltage_v",
    "Current": "current_a",
    "Frequency": "frequency_hz",
}
#: Of a sensor, under its own name.
_SENSOR: Final = {
    "Temperature": "temperature_c",
    "Humidity": "humidity_pct",
    "Battery": "battery_pct",
    "Pressure": "pressure_hpa",
    "Illuminance": "illuminance_lux",
    "CarbonDioxide": "co2_ppm",
    "Id": "sensor_id",
}
#: The chip's own temperature is not the room's.
_CHIPS: Final = frozenset({"ESP32", "ESP8266"})


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """A message in words that carry their unit. Raises FrameError."""
    kind = topic.rsplit("/", 1)[-1]
    if kind == "LWT":
        return {"available": online(payload)}
    if kind not in _REPORTS:
        raise FrameError("unknown_topic", f"{topic}: neither SENSOR, STATE nor LWT")
    content = object_of(payload)
    si = _si(flat(content), content)
    return _time(content) | (_parts(content, si) | _state(content) or {"values": si})


def _time(content: Mapping[str, Any]) -> dict[str, Any]:
    stamp = content.get("Time")
    if not isinstance(stamp, str):
        return {}
    return {"time": stamp} if utc_ms(stamp) is not None else {"time_local": stamp}


def _parts(content: Mapping[str, Any], si: Mapping[str, Raw]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    sensors: dict[str, dict[str, Any]] = {}
    for key, part in content.items():
        if not isinstance(part, Mapping) or key in _CHIPS or key == "Wifi":
            continue
        if key == "ENERGY":
            fields |= {name: part[word] for word, name in _ENERGY.items() if word in part}
        elif key in _READERS:
            fields |= {"badge_uid": part.get("UID"), "is_event": True}
            fields |= {"auth": part["Auth"]} if "Auth" in part else {}
        elif key == "TIC":
            fields["meter_id"] = part.get("ADCO")
        else:
            named = {name: si.get(f"{key}/{word}") for word, name in _SENSOR.items() if word in part}
            if named:
                sensors[key] = named
    return fields | (
        next(iter(sensors.values())) if len(sensors) == 1 else {"sensors": sensors} if sensors else {}
    )


def _state(content: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in content.items():
        if key.startswith("Switch") and on_off(value) is not None:
            fields[key.lower()] = on_off(value)
    if "POWER" in content:
        fields["relay"] = on_off(content["POWER"])
    wifi = content.get("Wifi")
    if isinstance(wifi, Mapping):
        fields["wifi_rssi_pct"] = wifi.get("RSSI")
    for word, name in (("UptimeSec", "uptime_s"), ("MqttCount", "mqtt_count")):
        if word in content:
            fields[name] = content[word]
    return fields
