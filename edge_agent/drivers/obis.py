"""Data sets as IEC 62056-21 and DSMR P1 meters write them: `1.8.0(001234.5*kWh)`. No I/O.

The address is an OBIS code (IEC 62056-61), whole (`1-0:1.8.0*255`: medium, channel, value, period) or
shortened; behind it one group in brackets or several. A group may end with `*` and a unit.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.printed_units import dimension_of_quantity, unit_of
from edge_agent.drivers.scaling import scaled

_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_DATA_SET = re.compile(r"([^()]*)((?:\([^()]*\))+)")
#: One way only to read any text: with a group of groups in it a broken telegram took minutes.
_BLOCK = re.compile(r"(?:[^()]*\([^()]*\))*")
_CONTROL = re.compile(r"[^\x20-\x7e\xb3]")
_TERM = re.compile(r"([+-])\s*([0-9A-Za-z]\S*)")
_CODE = re.compile(
    r"(?:([0-9]{1,3})-([0-9]{1,3}):)?([0-9A-Z]{1,3}\.[0-9A-Z]{1,3})(?:\.([0-9A-Z]{1,3}))?(?:[*&.]([0-9]{1,3}))?"
)
#: IEC 62056-61: the period of a value as it is now; 0 to 126 are those of past periods.
_NOW: Final = "255"
_ELECTRICITY: Final = "1"
#: In a profile's expression, in place of the tariff: all tariffs the meter has, added.
_ALL_TARIFFS: Final = "T"


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
                return text, unit.strip()
        apart = self.groups[-2].strip() if len(self.groups) > 1 else ""
        return self.groups[-1], apart if unit_of(apart) is not None else None


@dataclass(frozen=True, slots=True)
class Code:
    """An OBIS code. `medium` and `channel` are None where they are not printed."""

    medium: str | None
    channel: str | None
    #: What is measured, and how: groups C and D.
    what: str
    tariff: str
    period: str

    def means(self, wanted: Code) -> bool:
        """Whether this printed code is the one wanted; what is not printed is electricity's channel 0."""
        if (self.what, self.period) != (wanted.what, wanted.period):
            return False
        medium, channel = self.medium or _ELECTRICITY, self.channel or "0"
        if wanted.medium is None:
            return medium == _ELECTRICITY
        return (medium, channel) == (wanted.medium, wanted.channel)


@dataclass(frozen=True, slots=True)
class Term:
    """One code of a sum, or the sum of all its tariffs."""

    sign: float
    code: Code

    @property
    def all_tariffs(self) -> bool:
        """Whether every tariff is meant."""
        return self.code.tariff == _ALL_TARIFFS


def code_of(address: str) -> Code | None:
    """The code in an address, None where it is none."""
    found = _CODE.fullmatch(address)
    if found is None:
        return None
    medium, channel, what, tariff, period = found.groups()
    return Code(medium, channel, what, tariff or "0", period or _NOW)


class Readout:
    """What a meter has said, to be found by code."""

    def __init__(self, sets: Iterable[DataSet]) -> None:
        self.sets: Final = tuple(sets)
        self._coded: dict[str, list[tuple[Code, DataSet]]] = {}
        for one in self.sets:
            code = code_of(one.address)
            if code is not None:
                self._coded.setdefault(code.what, []).append((code, one))

    def find(self, wanted: Code) -> DataSet | None:
        """The data set of a code; None where several contradict each other. Raises KeyError for none."""
        return _the_one([pair for pair in self._meant(wanted) if pair[0].tariff == wanted.tariff])

    def tariffs(self, wanted: Code) -> list[DataSet | None]:
        """Those of all tariffs (1 to 63), as `find` gives them. Raises KeyError for none."""
        meant = list(self._meant(wanted))
        numbers = sorted({code.tariff for code, _ in meant if code.tariff.isdecimal() and code.tariff != "0"})
        if not numbers:
            raise KeyError(wanted)
        return [_the_one([pair for pair in meant if pair[0].tariff == number]) for number in numbers]

    def get(self, address: str) -> DataSet | None:
        """The first data set of a whole address, None where there is none."""
        return next((one for one in self.sets if one.address.partition("*")[0] == address), None)

    def _meant(self, wanted: Code) -> Iterator[tuple[Code, DataSet]]:
        return (pair for pair in self._coded.get(wanted.what, ()) if pair[0].means(wanted))


def _the_one(found: list[tuple[Code, DataSet]]) -> DataSet | None:
    """Of channel 0 where several channels are there; None where what is left says different things."""
    if not found:
        raise KeyError
    own = [one for code, one in found if (code.channel or "0") == "0"] or [one for _, one in found]
    return own[0] if all(one.groups == own[0].groups for one in own) else None


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


def parse_proved(text: str) -> tuple[tuple[DataSet, ...], tuple[str, ...]]:
    """The data sets of a text that a CRC has proved, and the lines that are none: they cost themselves."""
    sets: list[DataSet] = []
    strange: list[str] = []
    # A line that begins with a bracket goes on with the one before.
    for line in re.split(r"\r?\n(?!\()", text):
        try:
            sets += parse(line)
        except FrameError:
            strange.append(line)
    return tuple(sets), tuple(strange)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def number(text: str) -> float | None:
    """The number in `text`, None where it is none."""
    stripped = text.strip()
    return float(stripped.replace(",", ".")) if _NUMBER.fullmatch(stripped) else None


def fields(sets: tuple[DataSet, ...]) -> dict[str, dict[str, Any]]:
    """By address, `value` and `unit`: numbers where there is a unit, else text."""
    found: dict[str, dict[str, Any]] = {}
    for one in sets:
        text, unit = one.last
        found.setdefault(one.address, {"value": text if unit is None else number(text), "unit": unit})
    return found


def in_table_unit(one: DataSet, quantity: str) -> float | None:
    """The number of a data set in the table's unit (m³ for litres); None where it is none, or its unit is
    unknown or another quantity's. A meter may leave the unit away: then the number is taken as it is."""
    text, printed = one.last
    value = number(text)
    if value is None or printed is None:
        return value
    unit, wanted = unit_of(printed), dimension_of_quantity(quantity)
    if unit is None or wanted not in (None, unit.dimension):
        return None
    return scaled(value, unit.factor)


@functools.cache
def alternatives(expression: str) -> tuple[tuple[Term, ...], ...]:
    """`1.8.0 | 1.8.1 + 1.8.2` as sums of codes, the first that the meter has counting; `1.8.T` is the sum of
    all tariffs. Raises ValueError where it is none."""
    return tuple(_terms(part.strip(), expression) for part in expression.split("|"))


def check_now(expression: str) -> None:
    """Raises ValueError where it is no expression, or names the value of a past period."""
    for terms in alternatives(expression):
        past = next((term.code for term in terms if term.code.period != _NOW), None)
        if past is not None:
            told = f"{past.what}.{past.tariff}*{past.period}"
            raise ValueError(f"{told} is of a past period: {past.what}.{past.tariff} is the value of now")


def _terms(text: str, whole: str) -> tuple[Term, ...]:
    signed = text if text[:1] in "+-" and text else f"+ {text}"
    found = _TERM.findall(signed)
    codes = [(sign, code_of(address)) for sign, address in found]
    rest = "".join(signed.split()) == "".join(sign + address for sign, address in found)
    if not found or not rest or any(code is None for _, code in codes):
        raise ValueError(f'"{whole}" is no OBIS code and no sum of some: 1.8.1 + 1.8.2')
    return tuple(Term(-1.0 if sign == "-" else 1.0, code) for sign, code in codes if code is not None)


def evaluate(expression: str, readout: Readout, quantity: str) -> float | None:
    """The value in the table's unit of the first alternative that is there whole; None where a part of it is
    no number. Raises KeyError where none is there.

    A code without its medium and channel (`1.8.0`) finds `1-0:1.8.0` as well, and one with `*255` too, but
    never a past period's (`1.8.0*01`).
    """
    for terms in alternatives(expression):
        try:
            return _sum(terms, readout, quantity)
        except KeyError:
            continue
    raise KeyError(expression)


def _sum(terms: tuple[Term, ...], readout: Readout, quantity: str) -> float | None:
    parts = [
        (term.sign, one)
        for term in terms
        for one in (readout.tariffs(term.code) if term.all_tariffs else [readout.find(term.code)])
    ]
    values = [(sign, None if one is None else in_table_unit(one, quantity)) for sign, one in parts]
    if any(value is None for _, value in values):
        return None
    return scaled(sum(sign * value for sign, value in values if value is not None), 1.0)
