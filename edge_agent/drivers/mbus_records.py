"""The variable data structure of M-Bus (EN 13757-3 §6): a header and records, each with its meaning. No I/O.

A record is DIF, DIFEs, VIF, VIFEs and data, all lowest byte first: how the data are coded, which storage,
tariff and subunit they belong to, what they measure, and the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn

from edge_agent.drivers import mbus_values
from edge_agent.drivers.decoding import FrameError, spaced
from edge_agent.drivers.mbus_units import (
    EXTENSION_FB,
    EXTENSION_FD,
    MANUFACTURER_SPECIFIC,
    MEDIA,
    PRIMARY,
    Meaning,
)

#: CI field of an answer in this structure, lowest byte first.
VARIABLE: Final = 0x72
_HEADER_BYTES: Final = 12
#: Modes of AES in the configuration word (§5.12); old meters have a signature of their own there.
_ENCRYPTED: Final = frozenset({5, 7, 13})
#: §6.3.5 and 6.4.4: not more.
_MOST_EXTENSIONS: Final = 10
_FUNCTIONS: Final = ("Instantaneous value", "Maximum value", "Minimum value", "Value during error state")
INSTANTANEOUS: Final = _FUNCTIONS[0]
MANUFACTURER_DATA: Final = "Manufacturer specific"
MORE_FOLLOWS: Final = "More records follow"
#: DIFs that are no record's: what follows is the maker's own; so, and the next telegram goes on; nothing.
_OWN_DATA: Final = 0x0F
_OWN_DATA_AND_MORE: Final = 0x1F
_FILLER: Final = 0x2F
_SPECIAL: Final = 0x0F
#: Bits of the status: a permanent and a temporary error.
_STATUS_ERRORS: Final = 0x18
NOT_UNDERSTOOD: Final = "Not understood"


@dataclass(frozen=True, slots=True)
class Header:
    """Who answers. `id` is the number on the meter, eight digits."""

    id: str
    manufacturer: str
    version: int
    medium: str
    access_number: int
    status: int
    #: All that tells this meter from others: number, maker, version, medium as 16 digits.
    secondary: str = ""

    @property
    def doubts(self) -> bool:
        """Whether the meter says that something is wrong with it (§5.10: an error now or for good)."""
        return bool(self.status & _STATUS_ERRORS)


@dataclass(frozen=True, slots=True)
class Record:
    """One value. `value` is a number in `unit`, a text, or None where the device has none."""

    function: str
    quantity: str = ""
    unit: str = ""
    value: float | str | None = ""
    storage: int = 0
    tariff: int = 0
    subunit: int = 0
    #: Whether storage, tariff or subunit stand in the record (it has a DIFE).
    extended: bool = False
    #: What the maker or the standard adds to the meaning, in hex: a phase, say (`mbus_values.qualifiers`).
    modifiers: str = ""


@dataclass(frozen=True, slots=True)
class Telegram:
    """A whole answer."""

    header: Header
    records: tuple[Record, ...]

    @property
    def more_follows(self) -> bool:
        """The next request brings further records."""
        return bool(self.records) and self.records[-1].function == MORE_FOLLOWS


def parse(data: bytes) -> Telegram:
    """What stands behind CI 72. Raises FrameError."""
    if len(data) < _HEADER_BYTES:
        raise FrameError("too_short_header", f"{len(data)} bytes of header, {_HEADER_BYTES} are needed")
    mode = data[11] & 0x1F
    if mode in _ENCRYPTED:
        raise FrameError("encrypted", f"the records are encrypted (mode {mode}): no key is known")
    return Telegram(_header(data), tuple(_Reader(data[_HEADER_BYTES:]).records()))


def _header(data: bytes) -> Header:
    maker = int.from_bytes(data[4:6], "little")
    letters = "".join(chr((maker >> shift & 0x1F) + 64) for shift in (10, 5, 0))
    medium = MEDIA.get(data[7], f"medium {data[7]:02X}")
    number = data[3::-1].hex().upper()
    return Header(number, letters, data[6], medium, data[8], data[9], number + data[4:8].hex().upper())


class _UnknownSizeError(Exception):
    """A length byte that is none of the standard's."""


class _Reader:
    """Takes records off the front of the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def records(self) -> list[Record]:
        found: list[Record] = []
        while self._at < len(self._data):
            dif = self._take(1, "dif")[0]
            if dif == _FILLER:
                continue
            if dif in (_OWN_DATA, _OWN_DATA_AND_MORE):
                rest = spaced(self._data[self._at :])
                found.append(Record(MANUFACTURER_DATA if dif == _OWN_DATA else MORE_FOLLOWS, value=rest))
                break
            if dif & 0x0F == _SPECIAL:
                raise FrameError("malformed", f"DIF {dif:02X} is none of the standard's")
            begins = self._at - 1
            try:
                found.append(self._record(dif))
            except _UnknownSizeError:
                # Where the next record begins nobody can say; those before stand.
                found.append(Record(NOT_UNDERSTOOD, value=spaced(self._data[begins:])))
                break
        return found

    def _record(self, dif: int) -> Record:
        difes = self._extensions(dif, "dif")
        storage, tariff, subunit = dif >> 6 & 1, 0, 0
        for place, dife in enumerate(difes):
            storage |= (dife & 0x0F) << 1 + 4 * place
            tariff |= (dife >> 4 & 3) << 2 * place
            subunit |= (dife >> 6 & 1) << place
        meaning, modifiers = self._meaning()
        value = mbus_values.value(dif & 0x0F, self._value_bytes(dif & 0x0F), meaning, modifiers)
        return Record(
            _FUNCTIONS[dif >> 4 & 3],
            meaning.quantity,
            meaning.unit,
            value,
            storage,
            tariff,
            subunit,
            bool(difes),
            mbus_values.qualifiers(modifiers).hex().upper(),
        )

    def _meaning(self) -> tuple[Meaning, bytes]:
        """What the VIF and its VIFEs say, and those VIFEs that only modify it."""
        vif = self._take(1, "vif")[0]
        code = vif & 0x7F
        if code == 0x7C:
            text = self._take(self._take(1, "vif")[0], "vif")[::-1].decode("latin-1").strip()
            return Meaning(text, "-"), self._extensions(vif, "vif")
        vifes = self._extensions(vif, "vif")
        if vif in (0xFB, 0xFD):
            table, name = (EXTENSION_FD, "FD") if vif == 0xFD else (EXTENSION_FB, "FB")
            meaning = table.get(vifes[0] & 0x7F, Meaning(f"VIF {name} {vifes[0] & 0x7F:02X}"))
            return meaning, vifes[1:]
        if code == 0x7F:
            return MANUFACTURER_SPECIFIC, vifes
        return PRIMARY.get(code, Meaning(f"VIF {code:02X}")), vifes

    def _extensions(self, first: int, what: str) -> bytes:
        """The bytes that follow `first` while the top bit says that another does."""
        found = bytearray()
        last = first
        while last & 0x80:
            if len(found) == _MOST_EXTENSIONS:
                raise FrameError(f"too_many_{what}e", f"more than {_MOST_EXTENSIONS} {what.upper()}Es")
            last = self._take(1, what)[0]
            found.append(last)
        return bytes(found)

    def _value_bytes(self, coding: int) -> bytes:
        if coding != mbus_values.VARIABLE_LENGTH:
            return self._take(mbus_values.SIZES[coding], "data")
        length = self._take(1, "data")[0]
        size = mbus_values.variable_size(length)
        if size is None:
            raise _UnknownSizeError
        return bytes([length]) + self._take(size, "data")

    def _take(self, count: int, what: str) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            self._breaks_off(what)
        self._at += count
        return taken

    def _breaks_off(self, what: str) -> NoReturn:
        raise FrameError(f"premature_end_of_{what}", f"the records end in the middle of a {what}")
