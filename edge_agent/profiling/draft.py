"""What was found in another program's configuration, and the profile made of it.

A register becomes a point where its name says which quantity it is; what could not be taken over stands as a
caveat at the top of the profile, never silently left out.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeGuard

from edge_agent.drivers import modbus_frame
from edge_agent.drivers.contract import Parity
from edge_agent.drivers.modbus_frame import LARGEST_READ, ByteOrder, Table
from edge_agent.language import said
from edge_agent.profile import NumberType, Profile
from edge_agent.yaml_lines import ConfigError, nearest, validated
from wire.quantities import QUANTITIES

#: Names in common use for quantities of ours.
_NAMES: Final = {
    "power": "active_power",
    "energy": "active_energy_import",
    "import": "active_energy_import",
    "energy_import": "active_energy_import",
    "import_energy": "active_energy_import",
    "export": "active_energy_export",
    "energy_export": "active_energy_export",
    "export_energy": "active_energy_export",
    "freq": "frequency",
    "pf": "power_factor",
    "cos_phi": "power_factor",
    "temp": "temperature",
    "humidity": "relative_humidity",
    "rh": "relative_humidity",
    "co2": "carbon_dioxide",
    "pm25": "pm2_5",
    "noise": "sound_level",
    "moisture": "material_moisture",
    "relay": "relay_closed",
}
_PHASE: Final = re.compile(r"(.+?)_(?:l|phase_?|p)?([123abc])|(?:l|phase_?)([123abc])_(.+)")
_NUMBER_OF: Final = {"a": "1", "b": "2", "c": "3"}


@dataclass(frozen=True, slots=True)
class Line:
    """How the other program talks to the device."""

    baud: int = 9600
    parity: Parity = "N"
    stop_bits: int = 1
    data_bits: int = 8


@dataclass(frozen=True, slots=True)
class Value:
    """One value: where it stands and what it is in."""

    quantity: str
    table: Table
    address: int
    kind: NumberType = "uint16"
    order: ByteOrder = "ABCD"
    scale: float = 1.0
    invalid: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Registers or bits it takes."""
        return modbus_frame.width(self.kind) if self.table in ("holding", "input") else 1

    @property
    def plain_order(self) -> ByteOrder:
        """The byte order; in a single register there are no words to swap."""
        if self.width > 1:
            return self.order
        return "BADC" if self.order in ("BADC", "DCBA") else "ABCD"


@dataclass(slots=True)
class Draft:
    """One device of the other program's file. `name` is what it is called there, `source` the file."""

    name: str
    source: str
    line: Line = Line()
    values: list[Value] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)

    def add(self, value: Value, where: str) -> None:
        """Take a value over; a second one of the same quantity becomes a caveat."""
        if any(one.quantity == value.quantity for one in self.values):
            self.caveats.append(said("import_twice", where=where, quantity=value.quantity))
        elif not 0 <= value.address <= 0xFFFF:
            self.caveats.append(said("import_address_range", where=where, address=value.address))
        else:
            self.values.append(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is an integer: in YAML and TOML `true` is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is a number that a scale can be."""
    return is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def quantity_of(name: str) -> str | None:
    """The quantity a register's name means: of the table, or a usual name of one."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    found = _plain_quantity(plain)
    phase = _PHASE.fullmatch(plain)
    if found is not None or phase is None:
        return found
    letter = phase[2] or phase[3]
    base = _plain_quantity(phase[1] or phase[4])
    with_phase = f"{base}_l{_NUMBER_OF.get(letter, letter)}"
    return with_phase if with_phase in QUANTITIES else None


def _plain_quantity(name: str) -> str | None:
    found = _NAMES.get(name, name)
    return found if found in QUANTITIES else None


def no_quantity(where: str, name: str) -> str:
    """The caveat for a name that means no quantity."""
    close = difflib.get_close_matches(name.lower(), QUANTITIES, n=1)
    hint = said("did_you_mean", nearest=close[0]) if close else said("import_names")
    return said("import_no_quantity", where=where, name=name, nearest=hint)


def chosen(drafts: Sequence[Draft], only: str | None, file: str) -> Draft:
    """The one that is wanted. Raises ConfigError where that is not clear, or nothing of it is left."""
    names = [draft.name for draft in drafts]
    fitting = [draft for draft in drafts if only in (None, draft.name)]
    if only is not None and not fitting:
        raise ConfigError(f"{file}:1: {said('import_no_device', name=only, nearest=nearest(only, names))}")
    if len(fitting) > 1:
        raise ConfigError(f"{file}:1: {said('import_which', names=', '.join(names))}")
    if not fitting or not fitting[0].values:
        why = "; ".join(fitting[0].caveats) if fitting else ""
        raise ConfigError(f"{file}:1: {said('import_nothing', why=why)}")
    return fitting[0]


def profile_text(draft: Draft) -> str:
    """The profile, ready to be tried. Raises ConfigError where it would not load."""
    reads = _reads(draft.values)
    name = re.sub(r"[^a-z0-9]+", "-", draft.name.lower()).strip("-") or "imported"
    shown = Path(draft.source).name
    lines = [
        f"# {said('import_head', source=shown, device=draft.name)}",
        *(f"# {said('import_caveat')}: {_one_line(caveat)}" for caveat in draft.caveats),
        "schema: 1",
        f"profile: {name}",
        f"match: {{maker: MAKER, model: {_quoted(draft.name)}}}",
        f"transport: {{{_transport(draft.line)}}}",
        "reads:",
        *(_read_line(read) for read in reads),
        "points:",
        *(_point_line(value, reads) for value in draft.values),
        f"no_capture: {_quoted(said('import_no_capture', source=shown))}",
    ]
    text = "\n".join(lines) + "\n"
    try:
        validated(Profile, text, draft.source)
    except ConfigError as error:
        # Its line is one of the text made here, not of theirs.
        raise ConfigError(f"{draft.source}:1: {str(error).partition(': ')[2]}") from error
    return text


@dataclass(frozen=True, slots=True)
class _Read:
    table: Table
    address: int
    count: int

    @property
    def id(self) -> str:
        return f"{self.table}_{self.address}"

    def holds(self, value: Value) -> bool:
        end = value.address + value.width
        return (
            self.table == value.table and self.address <= value.address and end <= self.address + self.count
        )


def _reads(values: Sequence[Value]) -> list[_Read]:
    """One request for registers that stand side by side; registers nobody names are not asked for."""
    reads: list[_Read] = []
    for value in sorted(values, key=lambda one: (one.table, one.address)):
        last = reads[-1] if reads else None
        if last is not None and last.table == value.table and value.address <= last.address + last.count:
            count = max(last.count, value.address + value.width - last.address)
            if count <= LARGEST_READ[value.table]:
                reads[-1] = _Read(last.table, last.address, count)
                continue
        reads.append(_Read(value.table, value.address, value.width))
    return reads


def _transport(line: Line) -> str:
    words = [f"protocol: modbus_rtu, baud: {line.baud}, parity: {line.parity}"]
    words += [f"stop_bits: {line.stop_bits}"] if line.stop_bits != 1 else []
    words += [f"data_bits: {line.data_bits}"] if line.data_bits != 8 else []
    return ", ".join(words)


def _read_line(read: _Read) -> str:
    register = f"{{type: {read.table}, address: {read.address}, count: {read.count}}}"
    return f"  - {{id: {read.id}, register: {register}}}"


def _point_line(value: Value, reads: Sequence[_Read]) -> str:
    return f"  - {{{', '.join(_point_words(value, next(read for read in reads if read.holds(value))))}}}"


def _point_words(value: Value, read: _Read) -> Iterator[str]:
    yield f"key: {value.quantity}, read: {read.id}, offset: {value.address - read.address}"
    if value.table in ("holding", "input"):
        yield f"decode: {value.kind}"
        if value.plain_order != "ABCD":
            yield f"byte_order: {value.plain_order}"
    if value.scale != 1:
        yield f"scale: {repr(value.scale).removesuffix('.0')}"
    if value.invalid:
        yield f"invalid_raw: {list(value.invalid)}"


def _quoted(text: str) -> str:
    """A YAML scalar; JSON's strings are YAML's."""
    return json.dumps(_one_line(text), ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
