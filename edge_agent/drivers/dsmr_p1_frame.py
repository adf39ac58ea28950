"""Telegrams of a P1 port (DSMR 2.2 to 5.0, Fluvius, Luxembourg, Sweden, Hungary), sent unasked. No I/O.

`/identification CRLF CRLF data sets ! CRC CRLF`. The CRC is CRC-16/ARC of all from `/` to `!`, as four hex
digits (P1 Companion Standard 5.0.2 §5.12); meters before DSMR 4 send none. Also in use: CRC-16/X-25
(Holley, github:ndokter/dsmr_parser#91), and either without leading zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import obis
from edge_agent.drivers.contract import Point
from edge_agent.drivers.decoding import VALUES, Asked, FrameError, together
from edge_agent.drivers.dsmr_sub_meters import sub_meter_value
from edge_agent.drivers.obis import DataSet, Readout
from edge_agent.drivers.scaling import scaled

#: The longest telegram kept while it comes: DSMR 5 meters with four sub-meters send 2 KiB.
LONGEST_TELEGRAM_BYTES: Final = 8 * 1024
#: Asks whichever meter is there.
ANY: Final = "any"
_TIMESTAMP: Final = "0-0:1.0.0"
_EQUIPMENT: Final = ("0-0:96.1.1", "0-0:96.1.0", "0-0:42.0.0")

#: The maker's three letters, and whatever printable the meter has behind them, even nothing.
_START = re.compile(rb"/[A-Za-z0-9]{3}[\x20-\x7e\r]")
_TAIL = re.compile(rb"([0-9A-Fa-f]{1,4})?\r?\n")
_ADDRESS = re.compile(r"[0-9A-Za-z]{1,96}")


@dataclass(frozen=True, slots=True)
class Telegram:
    """One telegram whose CRC is right, or that carries none (`crc` is None)."""

    identification: str
    sets: tuple[DataSet, ...]
    #: As sent.
    crc: str | None
    #: Which check it passed: `ARC`, `X-25`; empty where it carries none.
    crc_kind: str = ""
    #: Lines that are no data sets.
    strange: tuple[str, ...] = ()

    def readout(self) -> Readout:
        """The data sets, to be found by OBIS code."""
        return Readout(self.sets)

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


def _crc_table(polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ polynomial if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_ARC_TABLE: Final = _crc_table(0xA001)
_X25_TABLE: Final = _crc_table(0x8408)


def _reflected(data: bytes, table: tuple[int, ...], crc: int) -> int:
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


def crc16(data: bytes) -> int:
    """CRC-16/ARC: polynomial x^16 + x^15 + x^2 + 1, reflected, begins with 0."""
    return _reflected(data, _ARC_TABLE, 0)


def crc16_x25(data: bytes) -> int:
    """CRC-16/X-25 (ISO/IEC 13239): x^16 + x^12 + x^5 + 1, reflected, begins with FFFF and ends inverted."""
    return _reflected(data, _X25_TABLE, 0xFFFF) ^ 0xFFFF


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
    sent = None if tail[1] is None else tail[1].decode().upper()
    kind = "" if sent is None else _crc_kind(text, int(sent, 16), sent)
    head, _, body = text[1:-1].partition(b"\n")
    name, lines = head.rstrip(b"\r").decode("latin-1"), body.decode("latin-1")
    if sent is None:
        return Telegram(name, obis.parse(lines), None)
    sets, strange = obis.parse_proved(lines)
    return Telegram(name, sets, sent, kind, strange)


def _crc_kind(text: bytes, sent: int, printed: str) -> str:
    """Which check is right. Raises FrameError where none is."""
    if crc16(text) == sent:
        return "ARC"
    if crc16_x25(text) == sent:
        return "X-25"
    name = text[1 : text.find(b"\n")].decode("latin-1").strip()
    raise FrameError(
        "crc_mismatch",
        f"telegram of {name[:40]}: CRC {printed} in the telegram, {crc16(text):04X} calculated",
        identification=name,
        crc_in_telegram=printed,
        crc_calculated=f"{crc16(text):04X}",
    )


def normal_address(text: str | int) -> str:
    """`any`, or the equipment identifier a telegram must carry. Raises ValueError where it is neither."""
    address = str(text)
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError(f'"{address}" is no equipment identifier: digits and letters, or "{ANY}"')
    return address


def value_of(point: Point, readout: Readout) -> float | None:
    """A point's value in the table's unit; None where it is no number, or nothing says that it holds.

    Raises KeyError where the telegram has nothing of it.
    """
    if "sub_meter" in point.where:
        return sub_meter_value(point, readout)
    return obis.evaluate(str(point.where["obis"]), readout, point.quantity)


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the telegrams in `data`, and how many there are. Raises FrameError."""
    found = scan(data)
    if not found.telegrams:
        raise _why_none(data, found)
    fields = together([fields_of(telegram, asked) for telegram in found.telegrams], found.faults)
    return fields | {"telegrams": fields["frames"]}


def _why_none(data: bytes, found: Scan) -> FrameError:
    if found.faults:
        return found.faults[0]
    if not found.rest:
        return FrameError("no_frame", f"no telegram in {len(data)} bytes: none begins / and three letters")
    head = found.rest[:40].partition(b"\r")[0].decode("latin-1")
    return FrameError(
        "incomplete_frame", f"telegram {head} breaks off: no ! and end of the line in {len(found.rest)} bytes"
    )


def fields_of(telegram: Telegram, asked: Asked) -> dict[str, Any]:
    """All a single telegram says."""
    readout = telegram.readout()
    fields: dict[str, Any] = {
        "identification": telegram.identification,
        "crc_in_telegram": telegram.crc,
        "crc_ok": None if telegram.crc is None else True,
        "values": obis.fields(telegram.sets),
    }
    if telegram.crc_kind:
        fields["crc_kind"] = telegram.crc_kind
    if telegram.strange:
        fields["set_aside"] = list(telegram.strange)
    stamped = readout.get(_TIMESTAMP)
    if stamped is not None:
        fields["timestamp_raw"] = stamped.groups[0]
    if asked.points:
        fields[VALUES] = dict(by_point(asked.points, readout))
    return fields


def by_point(points: Iterable[Point], readout: Readout) -> Iterable[tuple[str, float | None]]:
    """What points are in a telegram; those that are not there are left out."""
    for point in points:
        try:
            value = value_of(point, readout)
        except KeyError:
            continue
        yield point.quantity, None if value is None else scaled(value, point.scale)
