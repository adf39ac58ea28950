"""Telegraf's `[[inputs.modbus]]`: its three styles, `register`, `request` and `metric`.

Words and meanings as in plugins/inputs/modbus/README.md of Telegraf. It has no units: a field's `scale` is
taken for one that brings it into the quantity's or into the unit in its name, and the profile says so. What a
field's name means is asked of the user's own words first.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast, get_args

from checked_yaml.lines import ConfigError
from edge_agent.drivers.contract import Parity
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.drivers.scaling import scaled
from edge_agent.language import said
from edge_agent.profile import NumberType
from edge_agent.profiling import names
from edge_agent.profiling.draft import Draft, Line, no_quantity
from edge_agent.profiling.foreign_yaml import LARGEST_BYTES
from edge_agent.profiling.names import Given, Meaning
from edge_agent.profiling.value import Value, is_number, is_whole
from wire.quantities import QUANTITIES

#: The lists of the `register` style.
_LISTS: Final[dict[str, Table]] = {
    "coils": "coil",
    "discrete_inputs": "discrete",
    "holding_registers": "holding",
    "input_registers": "input",
}
_TABLES: Final[dict[str, Table]] = {name: name for name in get_args(Table)}
#: Longer orders say the same of 64 bits.
_ORDERS: Final[dict[str, ByteOrder]] = {
    "AB": "ABCD", "BA": "BADC", "ABCD": "ABCD", "BADC": "BADC", "CDAB": "CDAB", "DCBA": "DCBA",
    "ABCDEFGH": "ABCD", "BADCFEHG": "BADC", "GHEFCDAB": "CDAB", "HGFEDCBA": "DCBA",
}  # fmt: skip
_TYPES: Final[dict[str, NumberType]] = {
    "INT16": "int16", "UINT16": "uint16", "INT32": "int32", "UINT32": "uint32", "INT64": "int64",
    "UINT64": "uint64", "FLOAT32-IEEE": "float32", "FLOAT64-IEEE": "float64",
}  # fmt: skip
#: In the styles `request` and `metric` floats are always those of IEEE 754.
_FIELD_TYPES: Final = _TYPES | {"FLOAT32": "float32", "FLOAT64": "float64"}
#: Fixed point in the style `register`: an integer as wide as its registers.
_FIXED: Final = {"FIXED": "int", "UFIXED": "uint", "FLOAT32": "uint"}
_TOML_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_PARITY: Final = {"N": "N", "E": "E", "O": "O", "NONE": "N", "EVEN": "E", "ODD": "O"}


@dataclass(frozen=True, slots=True)
class _Field:
    """One field as Telegraf has it, wherever it stands."""

    where: str
    unit: int
    table: str
    told: Mapping[str, Any]
    order: str
    register_style: bool


def drafts(text: str, file: str, given: Given) -> list[Draft]:
    """The devices in a Telegraf file: one a plugin and unit id. Raises ConfigError."""
    if len(text.encode()) > LARGEST_BYTES:
        raise ConfigError(f"{file}:1: {said('foreign_large', most_kib=LARGEST_BYTES // 1024)}")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also an integer of more digits than Python reads
        place = _TOML_LINE.search(str(error))
        why = " ".join(str(error).split())
        raise ConfigError(f"{file}:{place[1] if place else 1}: no TOML: {why}") from error
    inputs = data.get("inputs")
    plugins = inputs.get("modbus", []) if isinstance(inputs, Mapping) else []
    found: list[Draft] = []
    for number, plugin in _tables(plugins):
        found += _devices(plugin, f"inputs.modbus[{number}]", file, given)
    return found


def _devices(plugin: Mapping[str, Any], where: str, file: str, given: Given) -> list[Draft]:
    fields = [one for one in _fields(plugin, where) if not one.told.get("omit")]
    units = sorted({one.unit for one in fields})
    name = str(plugin.get("name", Path(file).stem))
    return [
        _draft(
            f"{name}-{unit}" if len(units) > 1 else name,
            plugin,
            [one for one in fields if one.unit == unit],
            file,
            given,
        )
        for unit in units
    ]


def _fields(plugin: Mapping[str, Any], where: str) -> Iterator[_Field]:
    style = str(plugin.get("configuration_type", "register"))
    if style == "register":
        for name, table in _LISTS.items():
            for number, told in _tables(plugin.get(name)):
                place = f"{where}.{name}[{number}]"
                order = str(told.get("byte_order", "ABCD"))
                yield _Field(place, _unit(plugin), table, told, order, register_style=True)
        return
    for outer, asked in _tables(plugin.get(style)):
        for number, told in _tables(asked.get("fields")):
            register = str(told.get("register", asked.get("register", "holding")))
            place = f"{where}.{style}[{outer}].fields[{number}]"
            order = str(asked.get("byte_order", "ABCD"))
            yield _Field(place, _unit(asked), register, told, order, register_style=False)


def _tables(listed: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, Mapping):
            yield number, one


def _unit(told: Mapping[str, Any]) -> int:
    return _whole(told, "slave_id", 0)


def _whole(told: Mapping[str, Any], key: str, usual: int) -> int:
    value = told.get(key)
    return value if is_whole(value) else usual


def _draft(name: str, plugin: Mapping[str, Any], fields: list[_Field], file: str, given: Given) -> Draft:
    draft = Draft(name, file, _line(plugin))
    controller = str(plugin.get("controller", ""))
    if controller.startswith("tcp:"):
        rtu = plugin.get("transmission_mode") == "RTUoverTCP"
        draft.caveats.append(said("import_serial_server" if rtu else "import_tcp", uri=controller))
    elif "baud_rate" not in plugin:
        draft.caveats.append(said("import_no_line"))
    if isinstance(plugin.get("workarounds"), Mapping):
        draft.caveats.append(said("import_workarounds", keys=", ".join(plugin["workarounds"])))
    draft.caveats.append(said("import_unit", unit=fields[0].unit))
    for one in fields:
        _take(one, draft, given)
    units = sorted({f"{value.quantity} {QUANTITIES[value.quantity].display_unit}" for value in draft.values})
    draft.caveats.append(said("import_units", units=", ".join(unit.strip() for unit in units)))
    return draft


def _line(plugin: Mapping[str, Any]) -> Line:
    usual = Line()
    parity = _PARITY.get(str(plugin.get("parity", "N")).upper(), "N")
    return Line(
        _whole(plugin, "baud_rate", usual.baud),
        cast(Parity, parity),
        _whole(plugin, "stop_bits", usual.stop_bits),
        _whole(plugin, "data_bits", usual.data_bits),
    )


def _take(one: _Field, draft: Draft, given: Given) -> None:
    """Take a field over, or say why not."""
    name = str(one.told.get("name", ""))
    where = f"{one.where} ({name})"
    if (key := names.plain(name)) in given and given[key] is None:
        return
    meant = given.get(key) or names.meaning(name)
    if meant is None:
        draft.caveats.append(no_quantity(where, name))
        return
    value = _value(one, meant, where, draft)
    if value is not None:
        draft.add(value, where)


def _value(one: _Field, meant: Meaning, where: str, draft: Draft) -> Value | None:
    """The value a field reads; else None, and a caveat says why."""
    address, width = _address(one)
    table, scale = _TABLES.get(one.table), one.told.get("scale", 1)
    if table is None or address is None or not is_number(scale):
        draft.caveats.append(said("import_register", where=where, quantity=meant.quantity))
        return None
    if table in ("coil", "discrete"):
        return Value(meant.quantity, table, address, certain=meant.certain)
    kind, order = _kind(one, width), _ORDERS.get(one.order)
    if kind is None or order is None:
        word = f"{_type(one)} {one.order}"
        draft.caveats.append(said("import_decode", where=where, quantity=meant.quantity, decode=word))
        return None
    return Value(
        meant.quantity, table, address, kind, order, scaled(float(scale), meant.scale), certain=meant.certain
    )


def _address(one: _Field) -> tuple[int | None, int]:
    """Where the field begins and how many registers it takes (the style `register` lists each)."""
    told = one.told.get("address")
    if is_whole(told):
        return told, 0
    if not isinstance(told, list) or not told or not all(map(is_whole, told)):
        return None, 0
    side_by_side = told == list(range(told[0], told[0] + len(told)))
    return (told[0] if side_by_side else None), len(told)


def _type(one: _Field) -> str:
    return str(one.told.get("data_type" if one.register_style else "type", ""))


def _kind(one: _Field, width: int) -> NumberType | None:
    word = _type(one)
    if not one.register_style:
        return _FIELD_TYPES.get(word)
    if word in _FIXED:
        kind = f"{_FIXED[word]}{16 * width}"
        return cast(NumberType, kind) if width in (1, 2, 4) else None
    return _TYPES.get(word)
