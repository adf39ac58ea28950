"""Milesight's LoRaWAN sensors: entries of channel, type and value, low byte first.

The pair fixes the length. What it means depends on the model (`03 00` is a magnet on one and a leak on
another), so each model lists its pairs. Meanings from the maker's user guides and the examples in
Milesight-IoT/SensorDecoders' READMEs. An entry that a model does not know is an error: nothing says how long
it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError


@dataclass(frozen=True, slots=True)
class Entry:
    """How long a value is (bytes), and what it says."""

    size: int
    read: Callable[[bytes], dict[str, Any]]


Model = dict[tuple[int, int], Entry]


def _unsigned(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _number(name: str, size: int, divisor: int = 1, *, signed: bool = False) -> Entry:
    """An integer; all ones is "no value" in two bytes and more."""

    def read(data: bytes) -> dict[str, Any]:
        raw = _signed(data) if signed else _unsigned(data)
        missing = size > 1 and not signed and raw == (1 << 8 * size) - 1
        return {name: None if missing else raw if divisor == 1 else raw / divisor}

    return Entry(size, read)


def _state(name: str, *words: str) -> Entry:
    """One byte, one word."""

    def read(data: bytes) -> dict[str, Any]:
        return {name: words[data[0]] if data[0] < len(words) else f"unknown {data[0]}"}

    return Entry(1, read)


def _text(name: str, size: int, write: Callable[[bytes], str]) -> Entry:
    return Entry(size, lambda data: {name: write(data)})


def _hardware(data: bytes) -> str:
    return f"{data[0]}.{data[1] >> 4}"


#: Said at joining and at power-up by most models.
_COMMON: Final[Model] = {
    (0xFF, 0x01): _text("ipso_version", 1, lambda data: f"v{data[0] >> 4}.{data[0] & 15}"),
    (0xFF, 0x09): _text("hardware_version", 2, lambda data: f"v{_hardware(data)}"),
    (0xFF, 0x0A): _text("firmware_version", 2, lambda data: f"v{data[0]}.{data[1]}"),
    (0xFF, 0x0B): Entry(1, lambda _data: {"device_status": "on"}),
    (0xFF, 0x0F): _state("lorawan_class", "Class A", "Class B", "Class C", "Class C to B"),
    (0xFF, 0x16): _text("sn", 8, bytes.hex),
    (0xFF, 0xFE): Entry(1, lambda _data: {"reset_event": "reset"}),
    (0xFF, 0xFF): Entry(2, lambda data: {"tsl_version": f"v{data[0]}.{data[1]}"}),
}
_BATTERY: Final[Model] = {(0x01, 0x75): _number("battery", 1)}
_TEMPERATURE: Final[Model] = {(0x03, 0x67): _number("temperature", 2, 10, signed=True)}
_HUMIDITY: Final[Model] = {(0x04, 0x68): _number("humidity", 1, 2)}
_MAGNET: Final = ("closed", "open")
_LEAK: Final = ("normal", "leak")


def _history(name: str | None, *words: str) -> Model:
    """Kept readings, `20 CE`: time in seconds, temperature, humidity and where there is one a state."""

    def read(data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "timestamp": _unsigned(data[:4]),
            "temperature": _signed(data[4:6]) / 10,
            "humidity": data[6] / 2,
        }
        if name is not None:
            entry[name] = words[data[7]] if data[7] < len(words) else f"unknown {data[7]}"
        return {"history": [entry]}

    return {(0x20, 0xCE): Entry(7 if name is None else 8, read)}


def _current_alarm(data: bytes) -> dict[str, Any]:
    highest, lowest, now = (_unsigned(data[i : i + 2]) / 100 for i in (0, 2, 4))
    words = (
        "current_threshold_alarm",
        "current_threshold_alarm_release",
        "current_over_range_alarm",
        "current_over_range_alarm_release",
    )
    alarm = {word: "yes" if data[6] >> bit & 1 else "no" for bit, word in enumerate(words)}
    return {"current_max": highest, "current_min": lowest, "current": now, "current_alarm": alarm}


def _button(data: bytes) -> dict[str, Any]:
    presses = {1: "short press", 2: "long press", 3: "double press"}
    return {"button_event": {"status": presses.get(data[0], f"unknown {data[0]}")}}


def _regions(first: int) -> Entry:
    """Eight people counts, one a region."""
    return Entry(8, lambda data: {f"region_{first + i}_count": count for i, count in enumerate(data)})


def _crossings(start: str) -> Entry:
    """How many went from one side to each of four."""
    return Entry(
        8,
        lambda data: {
            f"{start}_to_{end}": _unsigned(data[2 * i : 2 * i + 2]) for i, end in enumerate("abcd")
        },
    )


_EM300: Final[Model] = _COMMON | _BATTERY | _TEMPERATURE | _HUMIDITY

MODELS: Final[Mapping[str, Model]] = {
    "em300-th": _EM300 | _history(None),
    "em300-sld": _EM300
    | {(0x05, 0x00): _state("leakage_status", *_LEAK)}
    | _history("leakage_status", *_LEAK),
    "em300-zld": _EM300
    | {(0x05, 0x00): _state("leakage_status", *_LEAK)}
    | _history("leakage_status", *_LEAK),
    "em300-mcs": _EM300
    | {(0x06, 0x00): _state("magnet_status", *_MAGNET)}
    | _history("magnet_status", *_MAGNET),
    "ws301": _COMMON
    | _BATTERY
    | {
        (0x03, 0x00): _state("magnet_status", *_MAGNET),
        (0x04, 0x00): _state("tamper_status", "installed", "uninstalled"),
    },
    "ws303": _COMMON | _BATTERY | {(0x03, 0x00): _state("leakage_status", *_LEAK)},
    "ws101": _COMMON | _BATTERY | {(0xFF, 0x2E): Entry(1, _button)},
    "ws523": _COMMON
    | {
        (0x03, 0x74): _number("voltage", 2, 10),
        (0x04, 0x80): _number("active_power", 4),
        (0x05, 0x81): _number("power_factor", 1),
        (0x06, 0x83): _number("power_consumption", 4),
        (0x07, 0xC9): _number("current", 2),
        (0x08, 0x70): Entry(1, lambda data: {"socket_status": "on" if data[0] & 1 else "off"}),
    },
    "ct101": _COMMON
    | {
        (0x03, 0x97): _number("total_current", 4, 100),
        (0x04, 0x99): _number("current", 2, 10),
        (0x09, 0x67): _number("temperature", 2, 10, signed=True),
        (0x84, 0x98): Entry(7, _current_alarm),
    },
    "vs121": {
        (0xFF, 0x01): _number("protocol_version", 1),
        (0xFF, 0x08): _text("sn", 6, bytes.hex),
        (0xFF, 0x09): _text("hardware_version", 2, _hardware),
        (0xFF, 0x1F): _text("firmware_version", 4, lambda data: ".".join(str(byte) for byte in data)),
        (0x07, 0xD5): _regions(1),
        (0x08, 0xD5): _regions(9),
        **{(9 + place, 0xDA): _crossings(side) for place, side in enumerate("abcd")},
    },
}


def decode(model: str, data: bytes) -> dict[str, Any]:
    """The values of an uplink; kept readings under `history`. Raises FrameError."""
    entries = MODELS[model]
    values: dict[str, Any] = {}
    history: list[Any] = []
    at = 0
    while at < len(data):
        pair = (data[at], data[at + 1]) if at + 1 < len(data) else (data[at], -1)
        entry = entries.get(pair)
        if entry is None:
            raise FrameError(
                "unknown_entry" if pair[1] >= 0 else "incomplete_frame",
                f"byte {at}: {data[at : at + 2].hex(' ').upper()} is no entry of the {model}",
            )
        value = data[at + 2 : at + 2 + entry.size]
        if len(value) < entry.size:
            raise FrameError("incomplete_frame", f"byte {at}: the value breaks off after {len(value)} bytes")
        found = entry.read(value)
        history += found.pop("history", [])
        values |= found
        at += 2 + entry.size
    return values | ({"history": history} if history else {})
