"""Milesight's LoRaWAN sensors: entries of channel, type and value, low byte first.

The pair fixes the length. What it means depends on the model (`03 00` is a magnet on one and a leak on
another), so each model lists its pairs: also the answers to what the device was told (`FE`, `FF`), which say
nothing here but have a length. Meanings and lengths from the maker's user guides and Milesight-IoT/
SensorDecoders (README and decoder of each model). Nothing says how long an entry is that a model does not
know: it and what stands behind it is `unread`; what stands before it is good.
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
#: Answers to what the device was told; F8 and F9 on newer models.
_ANSWERS: Final = (0xFE, 0xFF, 0xF8, 0xF9)


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


def _answers(**sizes: int) -> Model:
    """Answers by their type (`x10`), each so many bytes long."""
    found: Model = {}
    for word, size in sizes.items():
        kind = int(word[1:], 16)
        for channel in (0xFE, 0xFF):
            found[channel, kind] = Entry(size, _answer(channel, kind))
    return found


def _answer(channel: int, kind: int) -> Callable[[bytes], dict[str, Any]]:
    return lambda data: {"answers": [f"{bytes([channel, kind]).hex(' ')} {data.hex(' ')}".upper()]}


def _history(name: str | None, *words: str) -> Model:
    """Kept readings, `20 CE`: time in seconds, temperature, humidity, and a state or a reserved byte."""

    def read(data: bytes) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "timestamp": _unsigned(data[:4]),
            "temperature": _signed(data[4:6]) / 10,
            "humidity": data[6] / 2,
        }
        if name is not None:
            entry[name] = words[data[7]] if data[7] < len(words) else f"unknown {data[7]}"
        return {"history": [entry]}

    return {(0x20, 0xCE): Entry(8, read)}


def _current_alarm(data: bytes) -> dict[str, Any]:
    highest, lowest = (_unsigned(data[i : i + 2]) / 100 for i in (0, 2))
    now = _or_status("current", "current", 100).read(data[4:6])
    words = (
        "current_threshold_alarm",
        "current_threshold_alarm_release",
        "current_over_range_alarm",
        "current_over_range_alarm_release",
    )
    alarm = {word: "yes" if data[6] >> bit & 1 else "no" for bit, word in enumerate(words)}
    return {"current_max": highest, "current_min": lowest, **now, "current_alarm": alarm}


def _or_status(name: str, sensor: str, divisor: int, *, signed: bool = False) -> Entry:
    """A number of two bytes; FF FF is "read failed", of a temperature FF FD "over range"."""

    def read(data: bytes) -> dict[str, Any]:
        if data == b"\xff\xff":
            return {name: None, f"{sensor}_sensor_status": "read failed"}
        if signed and data == b"\xfd\xff":
            return {name: None, f"{sensor}_sensor_status": "over range alarm"}
        return {name: (_signed(data) if signed else _unsigned(data)) / divisor}

    return Entry(2, read)


def _temperature_alarm(data: bytes) -> dict[str, Any]:
    words = ("temperature threshold alarm release", "temperature threshold alarm")
    alarm = words[data[2]] if data[2] < len(words) else f"unknown {data[2]}"
    return _or_status("temperature", "temperature", 10, signed=True).read(data[:2]) | {
        "temperature_alarm": alarm
    }


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


def _occupied(data: bytes) -> dict[str, Any]:
    """How many people there are, and which regions have some; the mask has its high byte first."""
    mask = int.from_bytes(data[2:], "big")
    regions = {f"region_{place + 1}": mask >> place & 1 for place in range(min(data[1], 16))}
    return {"people_count_all": data[0], "occupied": data[0] > 0, "region_count": data[1], **regions}


def _pair(one: str, other: str) -> Entry:
    """Two counts of two bytes."""
    return Entry(4, lambda data: {one: _unsigned(data[:2]), other: _unsigned(data[2:])})


def _dwell(data: bytes) -> dict[str, Any]:
    return {"dwell_time_avg": _unsigned(data[1:3]), "dwell_time_max": _unsigned(data[3:5])}


#: What the AM307 says of its air: as an index (IAQ) or as a concentration. Only the second is a quantity.
_TVOC: Final[dict[str, tuple[int, str | None]]] = {"iaq": (100, None), "µg/m³": (1, "tvoc_ug_m3")}


def _tvoc(unit: str) -> Callable[[bytes], dict[str, Any]]:
    divisor, also = _TVOC[unit]

    def read(data: bytes) -> dict[str, Any]:
        raw = _unsigned(data)
        value = None if raw == 0xFFFF else raw / divisor if divisor > 1 else raw
        return {"tvoc": value, "tvoc_unit": unit, **({also: value} if also else {})}

    return read


def _air_history(unit: str) -> Entry:
    """A kept reading of the AM307: its humidity has two bytes."""

    def read(data: bytes) -> dict[str, Any]:
        entry = {
            "timestamp": _unsigned(data[:4]),
            "temperature": _signed(data[4:6]) / 10,
            "humidity": _unsigned(data[6:8]) / 2,
            **_PIR.read(data[8:9]),
            "light_level": data[9],
            **_CO2.read(data[10:12]),
            **_tvoc(unit)(data[12:14]),
            **_PRESSURE.read(data[14:16]),
        }
        return {"history": [entry]}

    return Entry(16, read)


_PIR: Final = _state("pir", "idle", "trigger")
_CO2: Final = _number("co2", 2)
_PRESSURE: Final = _number("pressure", 2, 10)
_EM300: Final[Model] = (
    _COMMON
    | _BATTERY
    | _TEMPERATURE
    | _HUMIDITY
    | _answers(
        x02=2, x03=2, x06=9, x10=1, x27=1, x28=1, x68=1, x69=1, x6A=3, x6D=1, x79=6, xD6=6, xD7=1, xEA=3
    )
)
#: Serial numbers of six bytes, on the older models.
_SHORT_SERIAL: Final[Model] = {(0xFF, 0x08): _text("sn", 6, bytes.hex)}

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
    | _SHORT_SERIAL
    | _BATTERY
    | _answers(x03=2, x10=1, x28=1)
    | {
        (0x03, 0x00): _state("magnet_status", *_MAGNET),
        (0x04, 0x00): _state("tamper_status", "installed", "uninstalled"),
    },
    "ws303": _COMMON
    | _BATTERY
    | _answers(x03=2, x10=1, x28=1, x3D=1, x3E=1, x7E=5, x7F=1, x80=2, x81=2, x83=3, x84=1)
    | {(0x03, 0x00): _state("leakage_status", *_LEAK)},
    "ws101": _COMMON
    | _SHORT_SERIAL
    | _BATTERY
    | _answers(x03=2, x10=1, x28=1, x2F=1, x3E=1, x74=1)
    | {(0xFF, 0x2E): Entry(1, _button)},
    "ws523": _COMMON
    | _answers(x03=2, x10=1, x22=4, x23=2, x24=2, x25=2, x26=1, x27=1, x28=1, x2C=1, x2F=1, x30=2)
    | {
        (0xFF, 0x3F): Entry(1, lambda data: {"power_outage": data[0] == 0xFF}),
        (0x03, 0x74): _number("voltage", 2, 10),
        (0x04, 0x80): _number("active_power", 4),
        (0x05, 0x81): _number("power_factor", 1),
        (0x06, 0x83): _number("power_consumption", 4),
        (0x07, 0xC9): _number("current", 2),
        (0x08, 0x70): Entry(1, lambda data: {"socket_status": "on" if data[0] & 1 else "off"}),
    },
    "ct101": _COMMON
    | _BATTERY
    | _answers(x02=2, x06=9, x10=1, x27=1, x28=1, x8E=3, xF2=2)
    | {
        (0x03, 0x97): _number("total_current", 4, 100),
        (0x04, 0x98): _or_status("current", "current", 100),
        (0x09, 0x67): _or_status("temperature", "temperature", 10, signed=True),
        (0x84, 0x98): Entry(7, _current_alarm),
        (0x89, 0x67): Entry(3, _temperature_alarm),
    },
    "am307": _COMMON
    | _BATTERY
    | _TEMPERATURE
    | _HUMIDITY
    | _answers(
        x03=2,
        x10=1,
        x17=2,
        x25=1,
        x27=1,
        x2C=1,
        x2D=1,
        x2E=1,
        x39=5,
        x3A=2,
        x3B=1,
        x3C=1,
        x3D=1,
        x3E=1,
        x66=1,
        x68=1,
        x69=1,
        x6A=3,
        x6D=1,
        xEB=1,
        xF0=4,
        xF4=1,
    )
    | {
        (0x05, 0x00): _PIR,
        (0x06, 0xCB): _number("light_level", 1),
        (0x07, 0x7D): _CO2,
        (0x08, 0x7D): Entry(2, _tvoc("iaq")),
        (0x08, 0xE6): Entry(2, _tvoc("µg/m³")),
        (0x09, 0x73): _PRESSURE,
        (0x0E, 0x01): _state("buzzer_status", "off", "on"),
        (0x20, 0xCE): _air_history("iaq"),
        (0x21, 0xCE): _air_history("µg/m³"),
    },
    "vs121": _answers(
        x03=3,
        x04=1,
        x05=3,
        x10=1,
        x11=4,
        x35=8,
        x40=1,
        x41=1,
        x42=1,
        x43=1,
        x44=1,
        x45=1,
        x46=3,
        x48=1,
        x50=1,
        x51=1,
        x69=1,
        x6A=3,
        x84=1,
    )
    | {
        (0xFF, 0x01): _number("protocol_version", 1),
        (0xFF, 0x08): _text("sn", 6, bytes.hex),
        (0xFF, 0x09): _text("hardware_version", 2, _hardware),
        (0xFF, 0x1F): _text("firmware_version", 4, lambda data: ".".join(str(byte) for byte in data)),
        (0x04, 0xC9): Entry(4, _occupied),
        (0x05, 0xCC): _pair("people_in", "people_out"),
        (0x06, 0xCD): _number("people_count_max", 1),
        (0x07, 0xD5): _regions(1),
        (0x08, 0xD5): _regions(9),
        **{(9 + place, 0xDA): _crossings(side) for place, side in enumerate("abcd")},
        (0x0D, 0xCC): _pair("people_total_in", "people_total_out"),
        (0x0E, 0xE4): Entry(5, _dwell),
        (0x0F, 0x85): _number("timestamp", 4),
        (0x10, 0xF7): _pair("line_in", "line_out"),
    },
}


def decode(model: str, data: bytes) -> dict[str, Any]:
    """The values of an uplink; kept readings under `history`, what could not be read under `unread`.

    Raises FrameError where nothing at all could be read.
    """
    entries = MODELS[model]
    values: dict[str, Any] = {}
    lists: dict[str, list[Any]] = {"history": [], "answers": []}
    at = 0
    while at < len(data):
        entry = entries.get((data[at], data[at + 1] if at + 1 < len(data) else -1))
        value = b"" if entry is None else data[at + 2 : at + 2 + entry.size]
        if entry is None or len(value) < entry.size:
            if at == 0 and data[0] not in _ANSWERS:
                raise _unreadable(model, data, entry)
            values["unread"] = data[at:].hex(" ").upper()
            break
        found = entry.read(value)
        for key in lists:
            lists[key] += found.pop(key, [])
        values |= found
        at += 2 + entry.size
    return values | {key: listed for key, listed in lists.items() if listed}


def _unreadable(model: str, data: bytes, entry: Entry | None) -> FrameError:
    head = data[:2].hex(" ").upper()
    if entry is not None or len(data) < 2:
        return FrameError("incomplete_frame", f"byte 0: {head} breaks off after {len(data)} bytes")
    return FrameError("unknown_entry", f"byte 0: {head} is no entry of the {model}")
