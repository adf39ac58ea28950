"""Home Assistant's `modbus:`: hubs, and under each the sensors and binary sensors of its devices.

Keys and their defaults as in Home Assistant's docs (integrations/modbus). The file is a whole configuration,
a package, or the list of hubs that `modbus: !include` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from checked_yaml.lines import KeyPath, dotted
from edge_agent.drivers.contract import Parity
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.drivers.scaling import scaled
from edge_agent.language import said
from edge_agent.profile import NumberType
from edge_agent.profiling import entities, foreign_yaml, names
from edge_agent.profiling.draft import Draft, Line
from edge_agent.profiling.entities import Entity
from edge_agent.profiling.foreign_yaml import Elsewhere, Foreign
from edge_agent.profiling.names import Given
from edge_agent.profiling.value import Value, is_number, is_whole

_SWAPS: Final[dict[str, ByteOrder]] = {"none": "ABCD", "byte": "BADC", "word": "CDAB", "word_byte": "DCBA"}
_TYPES: Final[dict[str, NumberType]] = {
    "int16": "int16", "uint16": "uint16", "int32": "int32", "uint32": "uint32", "int64": "int64",
    "uint64": "uint64", "float32": "float32", "float64": "float64",
}  # fmt: skip
#: Before 2022.4 the width was the count of registers.
_PLAIN_TYPES: Final = {"int": "int", "uint": "uint", "float": "float"}
#: Python's struct letters, as `structure` has them.
_STRUCTURES: Final[dict[str, NumberType]] = {
    "h": "int16", "H": "uint16", "i": "int32", "l": "int32", "I": "uint32", "L": "uint32", "q": "int64",
    "Q": "uint64", "f": "float32", "d": "float64",
}  # fmt: skip
_STRUCTURE: Final = re.compile(r"[>!]?([hHiIlLqQfd])")
_TABLES: Final[dict[str, Table]] = {
    "holding": "holding", "input": "input", "coil": "coil", "discrete_input": "discrete",
}  # fmt: skip
#: Lists of a hub whose entities are also written to.
_WRITTEN: Final = ("climates", "covers", "fans", "lights", "switches")
#: Keys that change a value in a way that no factor does.
_CHANGING: Final = ("virtual_count", "slave_count")
_PARITIES: Final = ("N", "E", "O")


@dataclass(frozen=True, slots=True)
class _Hub:
    told: Mapping[str, Any]
    path: KeyPath


def drafts(text: str, file: str, given: Given) -> list[Draft]:
    """The devices in a file: one a hub and unit id. Raises ConfigError."""
    found = foreign_yaml.load(text, file)
    made: list[Draft] = []
    stray = list(found.oddities)
    for hub in _hubs(found, file, stray):
        made += _devices(hub, found, file, given)
    if stray and not made:
        made.append(Draft(Path(file).stem, file))
    if made:
        made[0].caveats[:0] = stray
    return made


def _hubs(found: Foreign, file: str, stray: list[str]) -> Iterator[_Hub]:
    data, at = found.data, cast(KeyPath, ())
    if isinstance(data, Mapping):
        for key in ("sensor", "binary_sensor"):
            stray += _old_style(data.get(key), key, found, file)
        data, at = data.get("modbus"), ("modbus",)
    if isinstance(data, Elsewhere):
        stray.append(said("import_elsewhere", where=_where(at, found, file), what=data))
    listed = data if isinstance(data, list) else [data]
    for number, hub in enumerate(listed):
        if isinstance(hub, Mapping):
            yield _Hub(hub, (*at, number) if isinstance(data, list) else at)


def _old_style(listed: object, key: str, found: Foreign, file: str) -> Iterator[str]:
    """Before 2021.4 sensors stood under `sensor:` with `platform: modbus`."""
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, Mapping) and one.get("platform") == "modbus":
            yield said("import_old_style", where=_where((key, number), found, file))


def _where(path: KeyPath, found: Foreign, file: str) -> str:
    return f"{Path(file).name}:{found.line_of(path)}: {dotted(path)}"


def _devices(hub: _Hub, found: Foreign, file: str, given: Given) -> list[Draft]:
    listed = list(_entities(hub, found, file))
    units = sorted({_unit(entity) for entity in listed})
    name = str(hub.told.get("name", Path(file).stem))
    made = [Draft(f"{name}-{unit}" if len(units) > 1 else name, file) for unit in units or [1]]
    made[0].caveats += _written(hub, found, file)
    for draft, unit in zip(made, units, strict=False):
        _connection(hub.told, unit, draft)
        mine = [entity for entity in listed if _unit(entity) == unit]
        around = names.own_words([entity.name for entity in mine])
        for entity in mine:
            _take(entity, around, given, draft)
    return made


def _entities(hub: _Hub, found: Foreign, file: str) -> Iterator[Entity]:
    for key in ("sensors", "binary_sensors"):
        listed = hub.told.get(key)
        for number, told in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(told, Mapping):
                where = _where((*hub.path, key, number), found, file)
                yield Entity(where, told, binary=key == "binary_sensors")


def _written(hub: _Hub, found: Foreign, file: str) -> Iterator[str]:
    for key in _WRITTEN:
        listed = hub.told.get(key)
        for number, _ in enumerate(listed if isinstance(listed, list) else ()):
            yield said("import_written", where=_where((*hub.path, key, number), found, file))


def _unit(entity: Entity) -> int:
    """The device's unit id; Home Assistant's own default is 0, which no device on a line has."""
    told = entity.told.get("slave", entity.told.get("device_address", 1))
    return told if is_whole(told) else 1


def _connection(hub: Mapping[str, Any], unit: int, draft: Draft) -> None:
    kind = str(hub.get("type", "serial"))
    if kind == "serial":
        draft.line = _line(hub)
        if str(hub.get("method", "rtu")) != "rtu":
            draft.caveats.append(said("import_no_ascii"))
    else:
        uri = f"{kind}://{hub.get('host')}:{hub.get('port', 502)}"
        draft.caveats.append(said("import_serial_server" if kind == "rtuovertcp" else "import_tcp", uri=uri))
    draft.caveats.append(said("import_unit", unit=unit))


def _line(hub: Mapping[str, Any]) -> Line:
    usual = Line()
    parity = str(hub.get("parity", usual.parity)).upper()

    def number(key: str, otherwise: int) -> int:
        told = hub.get(key)
        return told if is_whole(told) else otherwise

    return Line(
        number("baudrate", usual.baud),
        cast(Parity, parity) if parity in _PARITIES else usual.parity,
        number("stopbits", usual.stop_bits),
        number("bytesize", usual.data_bits),
    )


def _take(entity: Entity, around: frozenset[str], given: Given, draft: Draft) -> None:
    """Take an entity over, or say why not."""
    found = entities.judged(entity, around, given)
    if found.meaning is None:
        draft.caveats += [found.caveat] if found.caveat else []
        return
    meant = found.meaning
    table = _TABLES.get(str(entity.told.get("input_type", "coil" if entity.binary else "holding")))
    address, offset = entity.told.get("address"), entity.told.get("offset", 0)
    scale = entity.told.get("scale", 1)
    if table is None or not is_whole(address) or not is_number(scale) or scale == 0:
        draft.caveats.append(said("import_register", where=entity.place, quantity=meant.quantity))
        return
    if entity.binary or table in ("coil", "discrete"):
        _take_bit(entity, meant.quantity, table, address, draft)
        return
    if offset != 0:
        draft.caveats.append(
            said("import_offset", where=entity.place, quantity=meant.quantity, offset=offset)
        )
        return
    kind, order = _kind(entity.told), _SWAPS.get(str(entity.told.get("swap", "none")))
    if kind is None or order is None:
        word = f"{entity.told.get('data_type', 'int16')} {entity.told.get('swap', '')}".strip()
        draft.caveats.append(said("import_decode", where=entity.place, quantity=meant.quantity, decode=word))
        return
    draft.caveats += [found.caveat] if found.caveat else []
    draft.caveats += [
        said("import_key", where=entity.place, key=key) for key in _CHANGING if entity.told.get(key)
    ]
    nan = entity.told.get("nan_value")
    invalid = (nan,) if is_whole(nan) and not kind.startswith("float") else ()
    factor = scaled(float(scale), meant.scale)
    draft.add(
        Value(meant.quantity, table, address, kind, order, factor, invalid, meant.certain), entity.place
    )


def _take_bit(entity: Entity, quantity: str, table: Table, address: int, draft: Draft) -> None:
    if table in ("coil", "discrete"):
        draft.add(Value(quantity, table, address), entity.place)
    else:
        draft.caveats.append(said("import_bit", where=entity.place, quantity=quantity))


def _kind(told: Mapping[str, Any]) -> NumberType | None:
    word = str(told.get("data_type", "int16"))
    if word in _PLAIN_TYPES:
        count = told.get("count", 2 if word == "float" else 1)
        name = f"{word}{16 * count}" if is_whole(count) else ""
        return _TYPES.get(name)
    if word == "custom":
        structure = _STRUCTURE.fullmatch(str(told.get("structure", "")))
        return _STRUCTURES[structure[1]] if structure else None
    return _TYPES.get(word)
