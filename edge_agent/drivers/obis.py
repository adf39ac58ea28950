"""Data sets as IEC 62056-21 and DSMR P1 meters write them: `1.8.0(001234.5*kWh)`. No I/O.

The address is an OBIS code (IEC 62056-61), whole or shortened; behind it one group in brackets or several. A
group may end with `*` and a unit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.scaling import scaled

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_DATA_SET = re.compile(r"([^()]*)((?:\([^()]*\))+)")
#: One way only to read any text: with a group of groups in it a broken telegram took minutes.
_BLOCK = re.compile(r"(?:[^()]*\([^()]*\))*")
_CONTROL = re.compile(r"[^\x20-\x7e]")
_TERM = re.compile(r"([+-])\s*([0-9A-Za-z]\S*)")
#: A printed unit times this is the unit of the table of quantities (W, var, kWh, kvarh, V, A, Hz, m³).
_TO_TABLE: Final = {
    "W": 1.0, "kW": 1e3, "MW": 1e6, "var": 1.0, "kvar": 1e3, "VA": 1.0, "kVA": 1e3,
    "Wh": 1e-3, "kWh": 1.0, "MWh": 1e3, "varh": 1e-3, "kvarh": 1.0, "VAh": 1e-3, "kVAh": 1.0,
    "V": 1.0, "A": 1.0, "mA": 1e-3, "Hz": 1.0, "m3": 1.0, "l": 1e-3,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataSet:
    """An address and what stands in its brackets, one text a group."""

    address: str
    groups: tuple[str, ...]

    @property
    def last(self) -> tuple[str, str | None]:
        """The text and the unit of the last group with a unit, else of the last group.

        DSMR 2 writes a gas meter's unit in a group of its own, before the number.
        """
        for group in reversed(self.groups):
            text, star, unit = group.rpartition("*")
            if star:
                return text, unit
        apart = self.groups[-2] if len(self.groups) > 1 else None
        return self.groups[-1], apart if apart in _TO_TABLE else None


def parse(text: str) -> tuple[DataSet, ...]:
    """The data sets in `text`; ends of lines do not matter. Raises FrameError where anything else stands."""
    joined = text.replace("\r", "").replace("\n", "")
    strange = _CONTROL.search(joined)
    if strange is not None:
        raise FrameError("malformed", f"byte {ord(strange[0]):02X} in a data set: {_shown(joined)}")
    if _BLOCK.fullmatch(joined) is None:
        raise FrameError("malformed", f"no data sets, address(value*unit): {_shown(joined)}")
    return tuple(
        DataSet(found[1].strip(), tuple(found[2][1:-1].split(")("))) for found in _DATA_SET.finditer(joined)
    )


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def number(text: str) -> float | None:
    """The number in `text`, None where it is none."""
    return float(text) if _NUMBER.fullmatch(text.strip()) else None


def fields(sets: tuple[DataSet, ...]) -> dict[str, dict[str, Any]]:
    """By address, `value` and `unit`: numbers where there is a unit, else text."""
    found: dict[str, dict[str, Any]] = {}
    for one in sets:
        text, unit = one.last
        found.setdefault(one.address, {"value": text if unit is None else number(text), "unit": unit})
    return found


def in_table_unit(one: DataSet) -> float | None:
    """The number of a data set in the table's unit, None where it is none or its unit is unknown."""
    text, unit = one.last
    value = number(text)
    if value is None or unit is None:
        return value
    factor = _TO_TABLE.get(unit)
    return None if factor is None else scaled(value, factor)


def terms(expression: str) -> list[tuple[float, str]]:
    """`1.8.1 + 1.8.2` as signs and addresses. Raises ValueError where it is no such sum."""
    text = expression.strip()
    signed = text if text[:1] in "+-" and text else f"+ {text}"
    found = [(-1.0 if sign == "-" else 1.0, address) for sign, address in _TERM.findall(signed)]
    if not found or "".join(signed.split()) != "".join(
        ("-" if sign < 0 else "+") + address for sign, address in found
    ):
        raise ValueError(f'"{expression}" is no OBIS code and no sum of some: 1.8.1 + 1.8.2')
    return found


def evaluate(expression: str, sets: Mapping[str, DataSet]) -> float | None:
    """The sum's value in the table's unit; None where a part is no number. Raises KeyError: no such address.

    An address without its medium and channel (`1.8.0`) finds `1-0:1.8.0` as well, and one with `*255` too.
    """
    total = 0.0
    for sign, address in terms(expression):
        value = in_table_unit(sets[address])
        if value is None:
            return None
        total += sign * value
    return scaled(total, 1.0)


def by_address(sets: tuple[DataSet, ...]) -> dict[str, DataSet]:
    """Data sets by address, the first of each, and by its short form (`1-0:1.8.0*255` as `1.8.0`)."""
    found: dict[str, DataSet] = {}
    for one in sets:
        found.setdefault(one.address, one)
    for one in sets:
        plain = one.address.partition("*")[0]
        found.setdefault(plain, one)
        found.setdefault(plain.rpartition(":")[2], one)
    return found
