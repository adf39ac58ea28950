"""Dragino's LoRaWAN sensors: fixed places in a few bytes, high byte first (the maker's user manuals)."""

from __future__ import annotations

from typing import Any, Final

from edge_agent.drivers.decoding import FrameError

_DATA_PORT: Final = 2
#: An external probe that is not there.
_NO_PROBE: Final = 0x7FFF
_PROBES: Final = {0: "No external sensor", 1: "Temperature Sensor"}


def lht65(data: bytes, port: int) -> dict[str, Any]:
    """LHT65: battery, temperature and humidity inside, a temperature probe outside. Raises FrameError.

    User manual 1.8 §2.4: two bits of battery state and 14 of mV, °C/100 signed, per cent/10, kind of probe.
    """
    _want("LHT65", data, port)
    battery = int.from_bytes(data[:2], "big")
    probe, kind = _signed(data[7:9]), data[6] & 0x7F
    values: dict[str, Any] = {
        "BatV": (battery & 0x3FFF) / 1000,
        "Bat_status": battery >> 14,
        "TempC_SHT": _signed(data[2:4]) / 100,
        "Hum_SHT": int.from_bytes(data[4:6], "big") / 10,
        "Ext_sensor": _PROBES.get(kind, f"kind {kind}"),
    }
    if kind == 1:
        values["TempC_DS"] = None if probe == _NO_PROBE else probe / 100
    return values


def lse01(data: bytes, port: int) -> dict[str, Any]:
    """LSE01, a soil probe that is also put into screed. Raises FrameError.

    User manual 1.4 §2.3: mV, °C/10 of a DS18B20, per cent/100 of water, °C/100 of soil, µS/cm.
    """
    _want("LSE01", data, port)
    return {
        "BatV": (int.from_bytes(data[:2], "big") & 0x3FFF) / 1000,
        "TempC_DS18B20": None if _signed(data[2:4]) == _NO_PROBE else _signed(data[2:4]) / 10,
        "water_SOIL": int.from_bytes(data[4:6], "big") / 100,
        "temp_SOIL": _signed(data[6:8]) / 100,
        "conduct_SOIL": int.from_bytes(data[8:10], "big"),
    }


def _want(model: str, data: bytes, port: int) -> None:
    if port not in (0, _DATA_PORT):
        raise FrameError("unknown_port", f"FPort {port} of the {model} carries no readings, 2 does")
    if len(data) != 11:
        raise FrameError("length_mismatch", f"{len(data)} bytes, the {model} sends 11")


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
