"""Custom meters of evcc: `type: custom` with `source: modbus` for each value.

Before evcc 0.60 they were `type: default` with `type: modbus` for each value. A meter of `type: modbus` names
a type of device that mbmd knows, and has no registers in the file: the profile that ships for it is named.
Read: `power` (W), `energy` (kWh), `currents` (A), `voltages` (V), `powers` (W), each with `register`
(`address` from 0, `type`, `decode` or `encoding`) and `scale`. Words and meanings as in evcc's docs (plugins,
modbus) and its util/modbus/register.go.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from checked_yaml.lines import ConfigError, KeyPath, LineOf, dotted
from edge_agent import profile
from edge_agent.drivers.contract import Parity
from edge_agent.drivers.modbus_frame import ByteOrder, Table
from edge_agent.language import said
from edge_agent.profile import NumberType
from edge_agent.profiling import foreign_yaml
from edge_agent.profiling.draft import Draft, Line
from edge_agent.profiling.names import Given
from edge_agent.profiling.shipped import MBMD
from edge_agent.profiling.value import Value, is_number, is_whole

#: Attributes of a meter, and the quantities of their one or three sources.
_ATTRIBUTES: Final = {
    "power": ("active_power",),
    "energy": ("active_energy_import",),
    "currents": ("current_l1", "current_l2", "current_l3"),
    "voltages": ("voltage_l1", "voltage_l2", "voltage_l3"),
    "powers": ("active_power_l1", "active_power_l2", "active_power_l3"),
}
_LONGEST_MODEL: Final = 60
#: Keys that say nothing of a value.
_NAMES: Final = ("name", "type", "title", "icon")
#: Types of meters whose values stand in the file.
_OWN: Final = ("custom", "default")
_TABLES: Final[dict[str, Table]] = {"holding": "holding", "input": "input", "coil": "coil"}
_DECODE: Final = re.compile(r"(?:u?int(?:16|32|64)|float(?:32|64)|ieee754)(nan|s)?")
#: Raw values evcc takes for none in its `…nan` decodings (SunSpec's "not implemented").
_NOT_A_NUMBER: Final = {
    "int16": (-(1 << 15), (1 << 15) - 1),
    "uint16": ((1 << 16) - 1,),
    "int32": (-(1 << 31), (1 << 31) - 1),
    "uint32": ((1 << 32) - 1,),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint64": ((1 << 64) - 1,),
}
_COMSET: Final = re.compile(r"([78])([NEO])([12])")
#: What YAML makes of `comset: 8E1` without quotes: a number.
_COMSET_NUMBERS: Final = {80.0: "8E1", 800.0: "8E2", 70.0: "7E1", 700.0: "7E2"}
_USUAL: Final = Line()


def drafts(text: str, file: str, given: Given) -> list[Draft]:  # noqa: ARG001  # evcc's attributes are fixed
    """The meters in an evcc file. Raises ConfigError."""
    if "{{" in text:
        raise ConfigError(f"{file}:{text[: text.index('{{')].count(chr(10)) + 1}: {said('import_template')}")
    found = foreign_yaml.load(text, file)
    made = [_draft(meter, place, file, found.line_of) for place, meter in _meters(found.data)]
    if made:
        made[0].caveats[:0] = found.oddities
    return made


def _meters(data: object) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """Each meter and where it stands: of a whole configuration, of a list, or the one of a file."""
    listed: object = data
    at: KeyPath = ()
    if isinstance(data, Mapping):
        if "meters" not in data:
            yield (), data
            return
        listed, at = data["meters"], ("meters",)
    for number, meter in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(meter, Mapping):
            yield (*at, number), meter


def _draft(meter: Mapping[str, Any], place: KeyPath, file: str, line_of: LineOf) -> Draft:
    draft = Draft(str(meter.get("name", Path(file).stem)), file)
    kind = str(meter.get("type", "custom"))
    if kind not in _OWN:
        where = _where((*place, "model" if "model" in meter else "type"), file, line_of)
        draft.caveats.append(_no_registers(meter, kind, where))
        return draft
    connections: list[Mapping[str, Any]] = []
    for here, quantity, source in _sources(meter, place, draft, file, line_of):
        where = _where(here, file, line_of)
        value = _value(source, quantity, where, draft)
        if value is None:
            continue
        connections.append(source)
        if (other := _other_device(connections[0], source)) is not None:
            said_of = {"quantity": quantity, "other": other, "first": _named(connections[0])}
            draft.caveats.append(said("import_other_device", where=where, **said_of))
        else:
            draft.add(value, where)
    if connections:
        _connection(connections[0], draft)
    return draft


def _no_registers(meter: Mapping[str, Any], kind: str, where: str) -> str:
    """Why a meter of this type gives nothing, and what ships for it."""
    model = str(meter.get("model", meter.get("template", "")))
    return _of_model(model, where) if model else said("import_type", where=where, kind=kind)


def _of_model(model: str, where: str) -> str:
    shipped = MBMD.get(model.lower())
    if shipped is not None:
        return said("import_model", where=where, model=model, profile=shipped)
    near = difflib.get_close_matches(model[:_LONGEST_MODEL].lower(), profile.names(), n=3)
    likely = said("import_perhaps", names=", ".join(near)) if near else ""
    return said("import_model_unknown", where=where, model=model[:_LONGEST_MODEL], nearest=likely)


def _sources(
    meter: Mapping[str, Any], place: KeyPath, draft: Draft, file: str, line_of: LineOf
) -> Iterator[tuple[KeyPath, str, Any]]:
    """Where each value of the meter stands, its quantity, and the plugin that reads it."""
    for key, told in meter.items():
        if key in _NAMES:
            continue
        if key not in _ATTRIBUTES:
            draft.caveats.append(said("import_unknown_key", where=_where((*place, key), file, line_of)))
            continue
        for number, source in enumerate(told if isinstance(told, list) else [told]):
            here = (*place, key, number) if isinstance(told, list) else (*place, key)
            if number < len(_ATTRIBUTES[key]):
                yield here, _ATTRIBUTES[key][number], source
            else:
                draft.caveats.append(said("import_unknown_key", where=_where(here, file, line_of)))


def _named(source: Mapping[str, Any]) -> str:
    """The device a plugin reads, as the file has it."""
    words = [str(source[key]) for key in ("uri", "device") if key in source]
    return " ".join([*(f"id {source['id']}" for _ in "1" if "id" in source), *words])


def _other_device(first: Mapping[str, Any], source: Mapping[str, Any]) -> str | None:
    """The device of a value that is not that of the first one: evcc lets each value have its own."""
    differs = any(key in source and source[key] != first.get(key) for key in ("id", "uri", "device"))
    return _named(source) if differs else None


def _where(place: KeyPath, file: str, line_of: LineOf) -> str:
    return f"{Path(file).name}:{line_of(place)}: {dotted(place)}"


def _value(source: object, quantity: str, where: str, draft: Draft) -> Value | None:
    """The value a plugin reads; else None, and a caveat says why."""
    found = source if isinstance(source, Mapping) else {}
    register = found.get("register")
    plugin = found.get("source", found.get("type"))
    if plugin == "modbus" and "model" in found:
        draft.caveats.append(_of_model(str(found["model"]), where))
        return None
    if plugin != "modbus" or not isinstance(register, Mapping):
        what = str(plugin)[:40]
        draft.caveats.append(said("import_source", where=where, quantity=quantity, source=what))
        return None
    word = str(register.get("decode", register.get("encoding", ""))).lower()
    table = _TABLES.get(str(register.get("type")).lower())
    address, scale = register.get("address"), found.get("scale", 1)
    if table is None or not is_whole(address) or not is_number(scale):
        draft.caveats.append(said("import_register", where=where, quantity=quantity))
        return None
    if table == "coil":
        return Value(quantity, table, address)
    decoded = _decoding(word)
    if decoded is None:
        draft.caveats.append(said("import_decode", where=where, quantity=quantity, decode=word))
        return None
    kind, order, invalid = decoded
    return Value(quantity, table, address, kind, order, float(scale), invalid)


def _decoding(word: str) -> tuple[NumberType, ByteOrder, tuple[int, ...]] | None:
    matched = _DECODE.fullmatch(word)
    if matched is None:
        return None
    ending = matched[1] or ""
    kind = word.removesuffix(ending).replace("ieee754", "float32")
    if ending == "nan":
        # A float that is not a number is none without being told.
        return cast(NumberType, kind), "ABCD", _NOT_A_NUMBER.get(kind, ())
    # `s` swaps the words of 32-bit values and exists for no other.
    if ending == "s" and not kind.endswith("32"):
        return None
    return cast(NumberType, kind), "CDAB" if ending == "s" else "ABCD", ()


def _connection(source: Mapping[str, Any], draft: Draft) -> None:
    if "uri" in source:
        key = "import_serial_server" if source.get("rtu") else "import_tcp"
        draft.caveats.append(said(key, uri=source["uri"]))
    if "id" in source:
        draft.caveats.append(said("import_unit", unit=source["id"]))
    baud = source.get("baudrate")
    told = source.get("comset", "8N1")
    comset = _COMSET.fullmatch(str(_COMSET_NUMBERS.get(told, told) if is_number(told) else told).upper())
    if "uri" not in source and (baud is None or comset is None):
        draft.caveats.append(said("import_no_line"))
    draft.line = Line(
        baud if is_whole(baud) else _USUAL.baud,
        cast(Parity, comset[2]) if comset else _USUAL.parity,
        int(comset[3]) if comset else _USUAL.stop_bits,
        int(comset[1]) if comset else _USUAL.data_bits,
    )
