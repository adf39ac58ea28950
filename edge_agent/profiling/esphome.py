"""ESPHome's `modbus_controller`: one controller a device, and sensors that name it.

Keys as in ESPHome's docs (components/modbus_controller, sensor/modbus_controller, components/uart).
A component that ESPHome has for one maker's meters has no registers in the file: the profile that ships for
it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
from edge_agent.profiling.foreign_yaml import Foreign
from edge_agent.profiling.names import Given
from edge_agent.profiling.shipped import ESPHOME
from edge_agent.profiling.value import Value, is_number, is_whole

_TYPES: Final[dict[str, tuple[NumberType, ByteOrder]]] = {
    "U_WORD": ("uint16", "ABCD"), "S_WORD": ("int16", "ABCD"),
    "U_DWORD": ("uint32", "ABCD"), "S_DWORD": ("int32", "ABCD"),
    "U_DWORD_R": ("uint32", "CDAB"), "S_DWORD_R": ("int32", "CDAB"),
    "U_QWORD": ("uint64", "ABCD"), "S_QWORD": ("int64", "ABCD"),
    "U_QWORD_R": ("uint64", "CDAB"), "S_QWORD_R": ("int64", "CDAB"),
    "FP32": ("float32", "ABCD"), "FP32_R": ("float32", "CDAB"),
}  # fmt: skip
_TABLES: Final[dict[str, Table]] = {
    "holding": "holding", "read": "input", "coil": "coil", "discrete_input": "discrete",
}  # fmt: skip
#: Filters that pass a value on as it is, or not at all.
_HARMLESS: Final = frozenset(
    {
        "debounce", "delta", "filter_out", "heartbeat", "round", "skip_initial", "throttle", "timeout",
        "throttle_average", "or",
    }
)  # fmt: skip
_PARITIES: Final = {"NONE": "N", "EVEN": "E", "ODD": "O"}
_CONTROLLER: Final = "modbus_controller"
_LISTS: Final = ("sensor", "binary_sensor")
_WRITTEN: Final = ("number", "output", "select", "switch", "text_sensor")
_SUBSTITUTION: Final = re.compile(r"\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))")


def drafts(text: str, file: str, given: Given) -> list[Draft]:
    """The devices in a node's file: one a controller. Raises ConfigError."""
    found = foreign_yaml.load(text, file)
    data: Mapping[str, Any] = found.data if isinstance(found.data, Mapping) else {}
    known = list(_entities(data, found, file))
    made = [_draft(number, told, data, known, file, given) for number, told in _listed(data, _CONTROLLER)]
    stray = [*found.oddities, *_makers(data, found, file), *_written(data, found, file)]
    if stray and not made:
        made.append(Draft(Path(file).stem, file))
    if made:
        made[0].caveats[:0] = stray
    return made


def _listed(data: Mapping[str, Any], key: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    told = data.get(key)
    for number, one in enumerate(told if isinstance(told, list) else [told]):
        if isinstance(one, Mapping):
            yield number, one


def _where(path: KeyPath, found: Foreign, file: str) -> str:
    return f"{Path(file).name}:{found.line_of(path)}: {dotted(path)}"


def _entities(data: Mapping[str, Any], found: Foreign, file: str) -> Iterator[Entity]:
    """The sensors of all controllers, their substitutions filled in."""
    for key in _LISTS:
        for number, told in _listed(data, key):
            if told.get("platform") == _CONTROLLER:
                where = _where((key, number), found, file)
                yield Entity(where, _filled_in(told, data.get("substitutions")), binary=key != "sensor")


def _filled_in(told: Mapping[str, Any], substitutions: object) -> dict[str, Any]:
    """The entity with `${name}` replaced, where the file says by what."""
    known = substitutions if isinstance(substitutions, Mapping) else {}

    def filled(text: str) -> Any:  # noqa: ANN401
        replaced = _SUBSTITUTION.sub(lambda one: str(known.get(one[1] or one[2], one[0]))[:80], text[:200])
        return int(replaced, 0) if re.fullmatch(r"0x[0-9a-fA-F]{1,8}|[0-9]{1,6}", replaced) else replaced

    return {key: filled(one) if isinstance(one, str) and "$" in one else one for key, one in told.items()}


def _makers(data: Mapping[str, Any], found: Foreign, file: str) -> Iterator[str]:
    for number, told in _listed(data, "sensor"):
        for name in ESPHOME.get(str(told.get("platform")), ())[:1]:
            platform = str(told["platform"])
            fitting = ", ".join(ESPHOME[platform]) or name
            where = _where(("sensor", number), found, file)
            yield said("import_model", where=where, model=platform, profile=fitting)


def _written(data: Mapping[str, Any], found: Foreign, file: str) -> Iterator[str]:
    for key in _WRITTEN:
        for number, told in _listed(data, key):
            if told.get("platform") == _CONTROLLER:
                yield said("import_written", where=_where((key, number), found, file))


def _draft(
    number: int,
    controller: Mapping[str, Any],
    data: Mapping[str, Any],
    known: list[Entity],
    file: str,
    given: Given,
) -> Draft:
    name = str(controller.get("id", Path(file).stem))
    draft = Draft(name, file, _line(data))
    address = controller.get("address", 1)
    draft.caveats.append(said("import_unit", unit=address if is_whole(address) else 1))
    # Where there is one controller, sensors need not name it.
    mine = [one for one in known if one.told.get(f"{_CONTROLLER}_id", name if number == 0 else None) == name]
    around = names.own_words([entity.name for entity in mine])
    for entity in mine:
        _take(entity, around, given, draft)
    return draft


def _line(data: Mapping[str, Any]) -> Line:
    usual = Line()
    _, uart = next(_listed(data, "uart"), (0, cast(Mapping[str, Any], {})))

    def number(key: str, otherwise: int) -> int:
        told = uart.get(key)
        return told if is_whole(told) else otherwise

    parity = _PARITIES.get(str(uart.get("parity", "NONE")).upper(), usual.parity)
    return Line(
        number("baud_rate", usual.baud),
        cast(Parity, parity),
        number("stop_bits", usual.stop_bits),
        number("data_bits", usual.data_bits),
    )


def _take(entity: Entity, around: frozenset[str], given: Given, draft: Draft) -> None:
    """Take a sensor over, or say why not."""
    found = entities.judged(entity, around, given)
    if found.meaning is None:
        draft.caveats += [found.caveat] if found.caveat else []
        return
    meant, told = found.meaning, entity.told
    table, address = _TABLES.get(str(told.get("register_type", "holding"))), told.get("address")
    if table is None or not is_whole(address):
        draft.caveats.append(said("import_register", where=entity.place, quantity=meant.quantity))
        return
    if (changing := _changing(told)) is not None:
        words = {"quantity": meant.quantity, "what": changing}
        draft.caveats.append(said("import_changed", where=entity.place, **words))
        return
    if table in ("coil", "discrete"):
        draft.add(Value(meant.quantity, table, address + _whole(told, "offset")), entity.place)
        return
    decoded = _TYPES.get(str(told.get("value_type", "U_WORD")))
    if entity.binary or decoded is None:
        word = "bitmask" if entity.binary else str(told.get("value_type"))
        draft.caveats.append(said("import_decode", where=entity.place, quantity=meant.quantity, decode=word))
        return
    draft.caveats += [found.caveat] if found.caveat else []
    kind, order = decoded
    factor = scaled(_factor(told), meant.scale)
    # `offset` counts bytes from the address.
    place = address + _whole(told, "offset") // 2
    draft.add(Value(meant.quantity, table, place, kind, order, factor, certain=meant.certain), entity.place)


def _whole(told: Mapping[str, Any], key: str) -> int:
    value = told.get(key, 0)
    return value if is_whole(value) else 0


def _filters(told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    listed = told.get("filters")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, Mapping):
            yield from ((str(key), value) for key, value in one.items())
        elif one is not None:
            yield str(one), None


def _changing(told: Mapping[str, Any]) -> str | None:
    """What of the sensor changes its value in a way no factor does."""
    for key in ("lambda", "bitmask", "custom_command"):
        if told.get(key) is not None:
            return key
    for name, value in _filters(told):
        if name == "multiply" and is_number(value) and value != 0:
            continue
        if name not in _HARMLESS and not (name == "offset" and value == 0):
            return name
    return None


def _factor(told: Mapping[str, Any]) -> float:
    factor = 1.0
    for name, value in _filters(told):
        if name == "multiply":
            factor = scaled(factor, float(value))
    return factor
