"""Dragino's LoRaWAN sensors: fixed places in a few bytes, high byte first (the maker's user manuals)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError

_DATA_PORT: Final = 2
#: All Dragino's entries here, live or kept, are so long.
_ENTRY_BYTES: Final = 11
#: An external probe that is not there.
_NO_PROBE: Final = 0x7FFF
#: LHT65, byte 6: no external sensor connected, an answer from the log, kind of external sensor.
_UNCONNECTED: Final = 0x80
_FROM_LOG: Final = 0x40
_KIND: Final = 0x0F
_PROBE, _PROBE_WITH_TIME, _PROBE_ID = 1, 9, 15
_KINDS: Final = {
    0: "No external sensor",
    _PROBE: "Temperature Sensor",
    4: "Interrupt Sensor send",
    5: "Illumination Sensor",
    6: "ADC Sensor",
    7: "Interrupt Sensor count",
    8: "Interrupt Sensor count",
    _PROBE_WITH_TIME: "DS18B20 & timestamp",
    _PROBE_ID: "DS18B20ID",
}
#: What stands in bytes 7 and 8, or 7 to 10, by the kind of external sensor.
_EXTERNAL: Final[dict[int, Callable[[bytes], dict[str, Any]]]] = {
    _PROBE: lambda data: {"TempC_DS": _probe(data[:2])},
    4: lambda data: {"Exti_pin_level": bool(data[0]), "Exti_status": bool(data[1])},
    5: lambda data: {"ILL_lx": int.from_bytes(data[:2], "big")},
    6: lambda data: {"ADC_V": int.from_bytes(data[:2], "big") / 1000},
    7: lambda data: {"Exit_count": int.from_bytes(data[:2], "big")},
    8: lambda data: {"Exit_count": int.from_bytes(data, "big")},
    _PROBE_WITH_TIME: lambda data: {"timestamp": int.from_bytes(data, "big")},
}


def lht65(data: bytes, port: int) -> dict[str, Any]:
    """LHT65: battery, temperature and humidity inside, what hangs outside; kept readings under `history`.

    User manual 1.8 §2.4 (live) and §2.6.4 (from the log: eleven bytes an entry, several in one uplink, all
    zero where nothing was kept); which bytes hold what by the kind of external sensor: the maker's decoder
    (TheThingsNetwork/lorawan-devices, vendor/dragino/lht65.js). Raises FrameError.
    """
    _want_port("LHT65", port)
    if not data or len(data) % _ENTRY_BYTES:
        raise FrameError("length_mismatch", f"{len(data)} bytes, the LHT65 sends 11 an entry")
    entries = [data[at : at + _ENTRY_BYTES] for at in range(0, len(data), _ENTRY_BYTES)]
    kept = [_kept(entry) for entry in entries if entry[6] & _FROM_LOG]
    live = [entry for entry in entries if not entry[6] & _FROM_LOG and any(entry)]
    if len(live) > 1:
        raise FrameError("length_mismatch", f"{len(live)} live entries, an uplink of the LHT65 has one")
    values = _live(live[0]) if live else {}
    return values | ({"history": kept} if kept or not live else {})


def _live(entry: bytes) -> dict[str, Any]:
    kind = entry[6] & _KIND
    values: dict[str, Any] = {"Ext_sensor": _KINDS.get(kind, f"kind {kind}")}
    if entry[6] & _UNCONNECTED:
        values["No_connect"] = "Sensor no connection"
    if kind == _PROBE_WITH_TIME:
        # Probe and battery state stand where battery and humidity do else.
        values |= {"TempC_DS": _probe(entry[:2]), "Bat_status": entry[4] >> 6}
    else:
        battery = int.from_bytes(entry[:2], "big")
        values |= {"BatV": (battery & 0x3FFF) / 1000, "Bat_status": battery >> 14}
    if kind != _PROBE_ID:
        values |= _inside(entry)
    if kind in _EXTERNAL:
        values |= _EXTERNAL[kind](entry[7:])
    if entry[6] & _UNCONNECTED and "TempC_DS" in values:
        values["TempC_DS"] = None
    return values


def _inside(entry: bytes) -> dict[str, Any]:
    """The sensors in the case; the top bits of humidity are free for the battery's state."""
    humidity = int.from_bytes(entry[4:6], "big") & 0x0FFF
    return {"TempC_SHT": _signed(entry[2:4]) / 100, "Hum_SHT": humidity / 10}


def _kept(entry: bytes) -> dict[str, Any]:
    """An answer from the log: the outside first, then as live, then the time."""
    found = {"timestamp": int.from_bytes(entry[7:], "big"), **_inside(entry)}
    if entry[6] & _KIND in (_PROBE, _PROBE_WITH_TIME):
        found["TempC_DS"] = None if entry[6] & _UNCONNECTED else _probe(entry[:2])
    return found


def lse01(data: bytes, port: int) -> dict[str, Any]:
    """LSE01, a soil probe that is also put into screed. Raises FrameError.

    User manual 1.4 §2.3: mV, °C/10 of a DS18B20, per cent/100 of water, °C/100 of soil, µS/cm. The top bit of
    the last byte says that water and conductivity are the probe's raw numbers, no per cent (MOD; the maker's
    decoder 1.2.1, dragino/dragino-end-node-decoder).
    """
    _want_port("LSE01", port)
    if len(data) != _ENTRY_BYTES:
        raise FrameError("length_mismatch", f"{len(data)} bytes, the LSE01 sends 11")
    water, conductivity = int.from_bytes(data[4:6], "big"), int.from_bytes(data[8:10], "big")
    soil: dict[str, Any] = (
        {"Raw_water_SOIL": water, "Raw_conduct_SOIL": conductivity}
        if data[10] & 0x80
        else {"water_SOIL": water / 100, "conduct_SOIL": conductivity}
    )
    return {
        "BatV": (int.from_bytes(data[:2], "big") & 0x3FFF) / 1000,
        "TempC_DS18B20": None if _signed(data[2:4]) == _NO_PROBE else _signed(data[2:4]) / 10,
        "temp_SOIL": _signed(data[6:8]) / 100,
        **soil,
    }


def _want_port(model: str, port: int) -> None:
    if port not in (0, _DATA_PORT):
        raise FrameError("unknown_port", f"FPort {port} of the {model} carries no readings, 2 does")


def _probe(data: bytes) -> float | None:
    raw = _signed(data)
    return None if raw == _NO_PROBE else raw / 100


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "big", signed=True)
