"""What was found in another program's configuration, and the profile made of it.

A register becomes a point where its name says which quantity it is; what could not be taken over stands as a
caveat at the top of the profile, never silently left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from checked_yaml.lines import ConfigError
from checked_yaml.model import validated
from edge_agent.drivers.contract import Parity
from edge_agent.drivers.modbus_frame import LARGEST_READ, Table
from edge_agent.language import nearest, said
from edge_agent.profile import Profile
from edge_agent.profiling import names, shipped
from edge_agent.profiling.value import Value

#: Reasons of one device that are told where nothing is left of it.
_MOST_REASONS: Final = 20


@dataclass(frozen=True, slots=True)
class Line:
    """How the other program talks to the device."""

    baud: int = 9600
    parity: Parity = "N"
    stop_bits: int = 1
    data_bits: int = 8


@dataclass(slots=True)
class Draft:
    """One device of the other program's file. `name` is what it is called there, `source` the file."""

    name: str
    source: str
    line: Line = Line()
    values: list[Value] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)

    def add(self, value: Value, where: str) -> None:
        """Take a value over; a second one of the same quantity becomes a caveat.

        Of two the one counts whose quantity the file says: `energy drawn` before `energy`.
        """
        if not 0 <= value.address <= 0xFFFF:
            self.caveats.append(said("import_address_range", where=where, address=value.address))
            return
        before = next((one for one in self.values if one.quantity == value.quantity), None)
        if before is not None and (before.certain or not value.certain):
            self.caveats.append(said("import_twice", where=where, quantity=value.quantity))
            return
        if before is not None:
            there = f"{before.table} {before.address}"
            self.caveats.append(said("import_twice", where=there, quantity=value.quantity))
            self.values.remove(before)
        self.values.append(value)


def no_quantity(where: str, name: str) -> str:
    """The caveat for a name that means no quantity."""
    if (word := names.other_value(name)) is not None:
        return said("import_other_value", where=where, name=name, word=word)
    close = names.suggestion(name)
    hint = said("import_field", name=name, quantity=close) if close else said("import_names")
    return said("import_no_quantity", where=where, name=name, nearest=hint)


def chosen(drafts: Sequence[Draft], only: str | None, file: str) -> Draft:
    """The one that is wanted. Raises ConfigError where that is not clear, or nothing of it is left."""
    known = [draft.name for draft in drafts]
    fitting = [draft for draft in drafts if only in (None, draft.name)]
    if only is not None and not fitting:
        raise ConfigError(f"{file}:1: {said('import_no_device', name=only, nearest=nearest(only, known))}")
    useful = [draft for draft in fitting if draft.values]
    if len(useful) > 1:
        listed = ", ".join(draft.name for draft in useful)
        raise ConfigError(f"{file}:1: {said('import_which', names=listed)}")
    if not useful:
        why = "; ".join(caveat for draft in fitting for caveat in draft.caveats[:_MOST_REASONS])
        raise ConfigError(_one_line(f"{file}:1: {said('import_nothing', why=why)}"))
    for other in fitting:
        if other is not useful[0]:
            useful[0].caveats += other.caveats
    return useful[0]


def profile_text(draft: Draft) -> str:
    """The profile, ready to be tried. Raises ConfigError where it would not load."""
    reads = _reads(draft.values)
    found = shipped.recognised(draft.values)
    told = (
        []
        if found is None
        else [
            said(
                "import_shipped",
                profiles=", ".join(found.names),
                profile=found.names[0],
                hits=found.hits,
                values=found.values,
            )
        ]
    )
    name = re.sub(r"[^a-z0-9]+", "-", draft.name.lower()).strip("-") or "imported"
    shown = Path(draft.source).name
    lines = [
        f"# {said('import_head', source=shown, device=draft.name)}",
        *(f"# {said('import_caveat')}: {_one_line(caveat)}" for caveat in [*told, *draft.caveats]),
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
