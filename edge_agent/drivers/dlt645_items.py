"""What DL/T 645 data identifiers mean: DL/T 645-2007 Annex A, DL/T 645-1997 Annex A. No I/O.

Values are BCD, lowest byte first. Where an item is signed the top bit of its highest byte is the sign
(2007 Table A.3, note). A meter fills an item it does not have (a phase that is not there) with FF.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.drivers.numbers import Number, bcd

Meaning = Literal["number", "date", "time", "address", "text"]


@dataclass(frozen=True, slots=True)
class Item:
    """How one value is written: `size` bytes, `decimals` behind the point, in `unit` (empty: none)."""

    size: int
    decimals: int
    unit: str
    signed: bool = False
    meaning: Meaning = "number"
    #: In a block (FF in the identifier) as many as the data holds, one after another.
    block: bool = False


def item(di: str) -> Item | None:
    """The item of a data identifier in hex, most significant byte first; None where it is not known here."""
    if len(di) == 8:
        return _item_2007(bytes.fromhex(di))
    return _item_1997(int(di, 16))


def is_past(di: str) -> bool:
    """Whether an item is what the meter showed at a settlement (2007: the lowest byte of energies, 1 to 12
    back; 1997: last month and the month before), or a month's highest demand.

    >>> is_past("00010001"), is_past("00010000"), is_past("9410"), is_past("9010")
    (True, False, True, False)
    """
    if len(di) == 8:
        return di.startswith("00") and di not in _SINGLE and di[6:] != "00"
    return di[0] == "A" or (di[0] == "9" and int(di[1], 16) & 0x0C != 0)


#: 2007, class 02 (Table A.3), by its second byte; the third is 00 total, 01-03 phase A-C, FF all of them.
_INSTANT: Final = {
    0x01: Item(2, 1, "V"),
    0x02: Item(3, 3, "A", signed=True),
    0x03: Item(3, 4, "kW", signed=True),
    0x04: Item(3, 4, "kvar", signed=True),
    0x05: Item(3, 4, "kVA"),
    0x06: Item(2, 3, "", signed=True),
    0x07: Item(2, 1, "°"),
    0x08: Item(2, 2, "%"),
    0x09: Item(2, 2, "%"),
}
#: Those with a total before the phases (third byte 00).
_WITH_TOTAL: Final = frozenset({0x03, 0x04, 0x05, 0x06})
#: 2007, the rest of what a meter knows of itself: whole identifiers (Tables A.1, A.3, A.4, A.5).
_SINGLE: Final = {
    "00900100": Item(4, 2, "kWh"),
    "00900101": Item(4, 2, "kWh"),
    "00900200": Item(4, 2, "CNY"),
    "00900201": Item(4, 2, "CNY"),
    "02800001": Item(3, 3, "A"),
    "02800002": Item(2, 2, "Hz"),
    "02800003": Item(3, 4, "kW", signed=True),
    "02800004": Item(3, 4, "kW", signed=True),
    "02800005": Item(3, 4, "kvar", signed=True),
    "02800006": Item(3, 4, "kVA", signed=True),
    "02800007": Item(2, 1, "°C", signed=True),
    "02800008": Item(2, 2, "V"),
    "02800009": Item(2, 2, "V"),
    "0280000A": Item(4, 0, "min"),
    "03300000": Item(3, 0, ""),
    "03300D00": Item(3, 0, ""),
    "03300E00": Item(3, 0, ""),
    "04000101": Item(4, 0, "", meaning="date"),
    "04000102": Item(3, 0, "", meaning="time"),
    "04000401": Item(6, 0, "", meaning="address"),
    "04000402": Item(6, 0, "", meaning="address"),
    # The nameplate (Table A.5): asset, rated voltage, rated and highest current, classes, constants, model, …
    "04000403": Item(32, 0, "", meaning="text"),
    "04000404": Item(6, 0, "", meaning="text"),
    "04000405": Item(6, 0, "", meaning="text"),
    "04000406": Item(6, 0, "", meaning="text"),
    "04000407": Item(4, 0, "", meaning="text"),
    "04000408": Item(4, 0, "", meaning="text"),
    "04000409": Item(3, 0, "imp/kWh"),
    "0400040A": Item(3, 0, "imp/kvarh"),
    "0400040B": Item(10, 0, "", meaning="text"),
    "0400040C": Item(10, 0, "", meaning="text"),
    "0400040D": Item(16, 0, "", meaning="text"),
}
#: 2007, class 00 (Table A.1), by its second byte: 00 combined active, 01 import, 02 export, 03/04 combined
#: reactive, 05-08 reactive by quadrant, 09/0A apparent. The same again per phase, from these on.
_ENERGY_UNIT: Final = {
    **dict.fromkeys(range(0x03), "kWh"),
    **dict.fromkeys(range(0x03, 0x09), "kvarh"),
    **dict.fromkeys(range(0x09, 0x0B), "kVAh"),
}
_ENERGY_PHASES: Final = {0x14: range(0x15, 0x1F), 0x28: range(0x29, 0x33), 0x3C: range(0x3D, 0x47)}
#: Combined energies may be negative.
_SIGNED_ENERGY: Final = frozenset({0x00, 0x03, 0x04})

#: 1997: whole identifiers; FFs and tariffs of the energies below.
_ITEMS_1997: Final = {
    **{di: Item(2, 0, "V") for di in (0xB611, 0xB612, 0xB613)},
    **{di: Item(2, 2, "A") for di in (0xB621, 0xB622, 0xB623)},
    **{di: Item(3, 4, "kW") for di in (0xB630, 0xB631, 0xB632, 0xB633)},
    **{di: Item(2, 2, "kvar") for di in (0xB640, 0xB641, 0xB642, 0xB643)},
    **{di: Item(2, 3, "") for di in (0xB650, 0xB651, 0xB652, 0xB653)},
    0xB634: Item(2, 2, "kW"),
    0xB635: Item(2, 2, "kW"),
    0xC010: Item(4, 0, "", meaning="date"),
    0xC011: Item(3, 0, "", meaning="time"),
    0xC030: Item(3, 0, "imp/kWh"),
    0xC031: Item(3, 0, "imp/kvarh"),
    0xC032: Item(6, 0, "", meaning="address"),
}


def _item_2007(di: bytes) -> Item | None:
    kind, what, which, when = di
    single = _SINGLE.get(di.hex().upper())
    if single is not None:
        return single
    if kind == 0x00:
        return _energy(what, which, when)
    if (
        kind == 0x02
        and when == 0
        and what in _INSTANT
        and (which in (1, 2, 3, 0xFF) or _is_total(what, which))
    ):
        found = _INSTANT[what]
        return _as_block(found) if which == 0xFF else found
    return None


def _is_total(what: int, which: int) -> bool:
    return which == 0 and what in _WITH_TOTAL


def _energy(what: int, tariff: int, settlement: int) -> Item | None:
    for base, phase in _ENERGY_PHASES.items():
        if what in phase:
            what -= base
    unit = _ENERGY_UNIT.get(what)
    if unit is None or (tariff > 63 and tariff != 0xFF) or (settlement > 12 and settlement != 0xFF):
        return None
    return Item(4, 2, unit, signed=what in _SIGNED_ENERGY, block=0xFF in (tariff, settlement))


def _as_block(found: Item) -> Item:
    return Item(found.size, found.decimals, found.unit, found.signed, found.meaning, block=True)


def _item_1997(di: int) -> Item | None:
    # Energies: 90 active, 91 reactive; 94/95 those of last month, 98/99 of the month before. Of the low byte
    # the high digit is the direction (1 import, 2 export; reactive also quadrants 3-6), the low one the
    # tariff, F all of them. Demands: A0 active, A1 reactive and so on, in the same way.
    what, direction, tariff = di >> 8, di >> 4 & 0xF, di & 0xF
    reactive = bool(what & 1)
    if what & ~0x0D in (0x90, 0xA0) and what & 0x0C != 0x0C and 1 <= direction <= (6 if reactive else 2):
        if what >> 4 == 0x9:
            return Item(4, 2, "kvarh" if reactive else "kWh", block=tariff == 0xF)
        return Item(3, 4, "kvar" if reactive else "kW", block=tariff == 0xF)
    return _ITEMS_1997.get(di)


def text(found: Item, data: bytes) -> str | None:
    """A text of the nameplate: ASCII, last character first, filled up with NUL; None where it is none.

    >>> text(Item(6, 0, "", meaning="text"), bytes.fromhex("000056303833"))
    '380V'
    """
    if len(data) != found.size:
        return None
    letters = data[::-1].strip(b"\x00 \xff")
    return letters.decode() if letters.isascii() and letters.decode().isprintable() else None


def block_of(di: str) -> tuple[str, int] | None:
    """The block that holds a phase's value and its place there; None where there is none.

    >>> block_of("02010200")
    ('0201FF00', 1)
    """
    if len(di) != 8 or not di.startswith("02") or di[6:] != "00":
        return None
    what, which = int(di[2:4], 16), int(di[4:6], 16)
    if what not in _INSTANT or which > 3 or (which == 0 and what not in _WITH_TOTAL):
        return None
    return f"02{di[2:4]}FF00", which if what in _WITH_TOTAL else which - 1


def numbers(found: Item, data: bytes) -> list[Number]:
    """The values in the data of an item (without its identifier): one, or a block's all. Short data: none."""
    count = len(data) // found.size if found.block else min(1, len(data) // found.size)
    return [
        bcd(data[at * found.size : (at + 1) * found.size], found.decimals, found.signed)
        for at in range(count)
    ]
