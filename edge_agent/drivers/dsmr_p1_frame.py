"""Telegrams of a P1 port (DSMR 2.2 to 5.0, Fluvius, Luxembourg, Hungary), sent unasked. No I/O.

`/identification CRLF CRLF data sets ! CRC CRLF`. The CRC is CRC-16/ARC of all from `/` to `!`, as four hex
digits (P1 Companion Standard 5.0.2 §5.12); meters before DSMR 4 send none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import obis
from edge_agent.drivers.contract import Point
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.obis import DataSet
from edge_agent.drivers.scaling import scaled

#: The longest telegram kept while it comes: DSMR 5 meters with four sub-meters send 2 KiB.
LONGEST_TELEGRAM_BYTES: Final = 8 * 1024
#: Asks whichever meter is there.
ANY: Final = "any"
#: What hangs on a meter's M-Bus, by the number of its kind (EN 13757-3), and where its reading stands.
SUB_METERS: Final = {"gas": 3, "water": 7}
_SUB_METER_READINGS: Final = ("24.2.1", "24.2.3", "24.3.0")
_TIMESTAMP: Final = "0-0:1.0.0"
_EQUIPMENT: Final = ("0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0")

_START = re.compile(rb"/[A-Za-z0-9]{3}[0-9A-Za-z]")
_TAIL = re.compile(rb"([0-9A-Fa-f]{4})?\r?\n")
_ADDRESS = re.compile(r"[0-9A-Za-z]{1,96}")


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram whose CRC is right, or that carries none (`crc` is None)."""

    identification: str
    sets: tuple[DataSet, ...]
    crc: str | None

    def by_address(self) -> dict[str, DataSet]:
        """The data sets by OBIS code."""
        return obis.by_address(self.sets)

    @property
    def equipment(self) -> tuple[str, ...]:
        """The numbers on the meter, as sent (hex of their ASCII)."""
        return tuple(one.groups[0] for one in self.sets if one.address in _EQUIPMENT)


@dataclass(frozen=True, slots=True)
class Scan:
    """Telegrams and broken ones in a buffer; `rest` is the beginning of one that is still coming."""

    telegrams: tuple[Telegram, ...]
    faults: tuple[FrameError, ...]
    rest: bytes


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial x^16 + x^15 + x^2 + 1, reflected, begins with 0."""
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def scan(buffer: bytes) -> Scan:
    """Everything in `buffer`. A telegram that breaks off before the next begins is passed over."""
    telegrams: list[Telegram] = []
    faults: list[FrameError] = []
    at = 0
    while True:
        found = _START.search(buffer, at)
        if found is None:
            # A slash at the very end may be the beginning of a telegram.
            cut = buffer.rfind(b"/", max(at, len(buffer) - 4))
            return Scan(tuple(telegrams), tuple(faults), buffer[cut:] if cut >= 0 else b"")
        start = found.start()
        mark = buffer.find(b"!", start)
        later = _START.search(buffer, start + 1, mark if mark >= 0 else len(buffer))
        if later is not None and buffer[later.start() - 1 : later.start()] == b"\n":
            at = later.start()
            continue
        tail = _TAIL.match(buffer, mark + 1) if mark >= 0 else None
        if tail is None and (mark < 0 or len(buffer) - mark - 1 < 6):
            return Scan(tuple(telegrams), tuple(faults), buffer[start:])
        try:
            telegrams.append(_telegram(buffer[start : mark + 1], tail))
        except FrameError as fault:
            faults.append(fault)
            # A whole one may begin inside of what looked like one; only the last beginning is tried, so that
            # noise full of them costs no more than two sums.
            at = _last_start(buffer, start + 1, mark)
        else:
            at = mark + 1


def _last_start(buffer: bytes, after: int, before: int) -> int:
    """Where the last beginning of a telegram in [after, before) stands, `before` + 1 where there is none."""
    at = buffer.rfind(b"/", after, before)
    while at >= 0 and _START.match(buffer, at) is None:
        at = buffer.rfind(b"/", after, at)
    return at if at >= 0 else before + 1


def _telegram(text: bytes, tail: re.Match[bytes] | None) -> Telegram:
    """Raises FrameError."""
    if tail is None:
        raise FrameError("malformed", "behind the ! stand neither four hex digits nor the end of the line")
    sent = tail[1].decode().upper() if tail[1] is not None else None
    if sent is not None and crc16(text) != int(sent, 16):
        raise FrameError(
            "crc_mismatch",
            f"CRC {sent} in the telegram, {crc16(text):04X} calculated",
            crc_in_telegram=sent,
            crc_calculated=f"{crc16(text):04X}",
        )
    head, _, body = text[1:-1].partition(b"\n")
    return Telegram(head.rstrip(b"\r").decode("latin-1"), obis.parse(body.decode("latin-1")), sent)


def normal_address(text: str | int) -> str:
    """`any`, or the equipment identifier a telegram must carry. Raises ValueError where it is neither."""
    address = str(text)
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError(f'"{address}" is no equipment identifier: digits and letters, or "{ANY}"')
    return address


def value_of(where: Mapping[str, Any], sets: Mapping[str, DataSet]) -> float | None:
    """A point's value in the table's unit; None where it is no number. Raises KeyError for none."""
    if "sub_meter" in where:
        return obis.in_table_unit(_of_sub_meter(SUB_METERS[where["sub_meter"]], sets))
    return obis.evaluate(str(where["obis"]), sets)


def _of_sub_meter(kind: int, sets: Mapping[str, DataSet]) -> DataSet:
    for channel in range(1, 5):
        sort = sets.get(f"0-{channel}:24.1.0")
        if sort is None or obis.number(sort.groups[0]) != kind:
            continue
        for reading in _SUB_METER_READINGS:
            found = sets.get(f"0-{channel}:{reading}")
            if found is not None:
                return found
    raise KeyError(kind)


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the first telegram in `data`, and how many there are. Raises FrameError."""
    found = scan(data)
    if not found.telegrams:
        if found.faults:
            raise found.faults[0]
        kind = "incomplete_frame" if found.rest else "no_frame"
        raise FrameError(kind, f"no whole telegram in {len(data)} bytes: none from / to ! and the line's end")
    first = found.telegrams[0]
    sets = first.by_address()
    fields: dict[str, Any] = {
        "frames": len(found.telegrams),
        "telegrams": len(found.telegrams),
        "identification": first.identification,
        "crc_in_telegram": first.crc,
        "crc_ok": None if first.crc is None else True,
        "values": obis.fields(first.sets),
    }
    if _TIMESTAMP in sets:
        fields["timestamp_raw"] = sets[_TIMESTAMP].groups[0]
    if asked.points:
        fields["values_by_quantity"] = dict(by_point(asked.points, sets))
    return fields


def by_point(points: Iterable[Point], sets: Mapping[str, DataSet]) -> Iterable[tuple[str, float | None]]:
    """What points are in a telegram; those that are not there are left out."""
    for point in points:
        try:
            value = value_of(point.where, sets)
        except KeyError:
            continue
        yield point.quantity, None if value is None else scaled(value, point.scale)
