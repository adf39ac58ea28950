"""Messages of IEC 62056-21 (formerly 1107), as optical heads of electricity meters speak them. No I/O.

A reader signs on with `/?address!`, the meter answers with its identification `/AAAZtext` (Z: the speed it
offers), the reader acknowledges the speed, and the meter sends `STX data ! ETX BCC`. BCC is the exclusive or
of all after STX (or SOH) up to and including ETX (§6.3).
"""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import obis
from edge_agent.drivers.decoding import VALUES, Asked, FrameError
from edge_agent.drivers.obis import DataSet, Readout
from edge_agent.drivers.scaling import scaled

SOH: Final = 0x01
STX: Final = 0x02
ETX: Final = 0x03
ACK: Final = 0x06
#: §6.3.14: speeds offered by mode C meters, and by mode B meters (which change without being asked to).
MODE_C_BAUDS: Final = {
    "0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19200,
}  # fmt: skip
_MODE_B_BAUDS: Final = {"A": 600, "B": 1200, "C": 2400, "D": 4800, "E": 9600, "F": 19200}
#: A readout that is longer is not one: 16 KiB are 9 minutes at 300 baud.
LONGEST_READOUT_BYTES: Final = 16 * 1024
#: Of a line full of noise only the last blocks are looked at: each costs a pass over it.
_MOST_BLOCKS: Final = 8
#: §6.3.3: the protocol a reader asks for; some meters give their readout only in the one they offer
#: (`/APA5\\2…`, github:pwitab/iec62056-21#19).
NORMAL_PROTOCOL: Final = "0"
#: The error register: all noughts where the meter finds nothing wrong with itself.
_ERRORS: Final = "F.F"
#: Asks whichever meter is there.
ANY: Final = "any"

_ADDRESS = re.compile(r"[0-9A-Za-z ]{1,32}")
_REQUEST = re.compile(rb"/\?([0-9A-Za-z ]{0,32})!\r\n")
_IDENTIFICATION = re.compile(rb"/([A-Za-z]{3})([0-9A-Z])((?:\\[\x21-\x7e])?[\x20-\x2e\x30-\x7e]{0,40})\r\n")
_ACKNOWLEDGEMENT = re.compile(rb"\x06([0-9])([0-9A-F])([0-9A-F])\r\n")


@dataclass(frozen=True, slots=True)
class Identification:
    """Who the meter is and how fast it can speak. `text` is the whole line without its slash."""

    manufacturer: str
    baud_char: str
    product: str
    text: str

    @property
    def protocols(self) -> tuple[str, ...]:
        """Those to be asked for, in order: the normal one, and what stands behind a `\\` in its name."""
        offered = self.text[5:6] if self.text[4:5] == "\\" and self.text[5:6].isdecimal() else NORMAL_PROTOCOL
        return tuple(dict.fromkeys((NORMAL_PROTOCOL, offered)))

    @property
    def baud(self) -> int | None:
        """The speed it offers, None where it is to stay at 300 (mode A)."""
        return MODE_C_BAUDS.get(self.baud_char) or _MODE_B_BAUDS.get(self.baud_char)

    @property
    def waits_for_acknowledgement(self) -> bool:
        """Mode C."""
        return self.baud_char in MODE_C_BAUDS


def normal_address(text: str | int) -> str:
    """The address, or ANY. Raises ValueError where it is none."""
    address = str(text)
    if _ADDRESS.fullmatch(address) is None:
        raise ValueError(f'"{address}" is no meter address: up to 32 digits and letters, or "{ANY}"')
    return address


def sign_on(address: str) -> bytes:
    """The request that begins a conversation."""
    return f"/?{'' if address == ANY else address}!\r\n".encode()


def acknowledge(baud_char: str, protocol: str = NORMAL_PROTOCOL) -> bytes:
    """Accepts the speed and asks for the readout (mode 0)."""
    return f"\x06{protocol}{baud_char}0\r\n".encode()


def bcc(covered: bytes) -> int:
    """The exclusive or of all bytes."""
    return functools.reduce(operator.xor, covered, 0)


def identification_in(heard: bytes) -> Identification | None:
    """The first identification in what was heard."""
    found = _IDENTIFICATION.search(heard)
    return None if found is None else _identification(found)


def _identification(found: re.Match[bytes]) -> Identification:
    maker, baud_char, product = (part.decode() for part in found.groups())
    return Identification(maker, baud_char, product.removeprefix("\\"), found[0][1:-2].decode())


def readout_in(heard: bytes) -> bytes | None:
    """What stands between STX and ETX of the first block whose BCC is right, None while there is none."""
    for start, end in _blocks(heard):
        if bcc(heard[start + 1 : end + 1]) == heard[end + 1]:
            return heard[start + 1 : end]
    return None


def is_damaged(heard: bytes) -> bool:
    """Whether a whole block is there and none is good."""
    return bool(_blocks(heard)) and readout_in(heard) is None


def _blocks(heard: bytes) -> list[tuple[int, int]]:
    """Where STX and ETX of the last whole blocks stand.

    Data hold no STX, so a block begins with the last one before its ETX, whatever noise came before.
    """
    found: list[tuple[int, int]] = []
    end = heard.find(ETX)
    while 0 <= end < len(heard) - 1:
        start = heard.rfind(STX, found[-1][1] if found else 0, end)
        if start >= 0:
            found.append((start, end))
        end = heard.find(ETX, end + 1)
    return found[-_MOST_BLOCKS:]


def data_sets(readout: bytes) -> tuple[DataSet, ...]:
    """The data sets of a readout, which ends with `!`. Raises FrameError."""
    text = readout.decode("latin-1")
    body, mark, rest = text.partition("!")
    if mark and rest.strip("\r\n"):
        raise FrameError("malformed", f"{rest!r} stands behind the ! that ends the data")
    return obis.parse(body)


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of one message, told by its first byte. Raises FrameError."""
    if not data:
        raise FrameError("no_frame", "no bytes")
    fields = _message(data)
    sets = fields.pop("sets", None)
    if asked.points and sets is not None:
        fields[VALUES] = by_point(Readout(sets), asked)
    return {"frames": 1, **fields}


def _message(data: bytes) -> dict[str, Any]:
    if data.startswith(b"/?"):
        found = _whole(_REQUEST, data)
        return {"type": "request", "address": found[1].decode() or None}
    if data[0] == ACK:
        found = _whole(_ACKNOWLEDGEMENT, data)
        protocol, baud_char, mode = (part.decode() for part in found.groups())
        baud = MODE_C_BAUDS.get(baud_char)
        return {"type": "ack", "protocol": protocol, "baud_char": baud_char, "baud": baud, "mode": mode}
    if data[0] == SOH:
        return _command(data)
    if data[0] == STX:
        return _answer(data)
    if data.startswith(b"/"):
        return _identified(data)
    return _text(data)


def _whole(pattern: re.Pattern[bytes], data: bytes) -> re.Match[bytes]:
    found = pattern.fullmatch(data)
    if found is None:
        raise FrameError("malformed", f"no message of IEC 62056-21: {data[:40]!r}")
    return found


def _checked(data: bytes) -> bytes:
    """What stands between the first byte and ETX. Raises FrameError."""
    end = data.find(ETX)
    if end < 0 or len(data) < end + 2:
        raise FrameError("incomplete_frame", f"{len(data)} bytes, no ETX with a check byte behind it")
    calculated = bcc(data[1 : end + 1])
    if calculated != data[end + 1]:
        raise FrameError(
            "bcc_mismatch",
            f"message {data[1:17]!r} …: check byte {data[end + 1]:02X} in it, {calculated:02X} calculated",
            bcc_in_message=f"{data[end + 1]:02X}",
            bcc_calculated=f"{calculated:02X}",
        )
    if len(data) > end + 2:
        raise FrameError("length_mismatch", f"{len(data) - end - 2} bytes behind the check byte")
    return data[1:end]


def _command(data: bytes) -> dict[str, Any]:
    content = _checked(data)
    head, _, body = content.partition(bytes([STX]))
    if len(head) != 2:
        raise FrameError("malformed", f"no command, a letter and a digit: {head!r}")
    fields: dict[str, Any] = {
        "type": "command",
        "command": chr(head[0]),
        "command_type": chr(head[1]),
        "bcc": f"{data[-1]:02X}",
    }
    sets = obis.parse(body.decode("latin-1"))
    if sets:
        fields |= {"address": sets[0].address or None, "value": sets[0].groups[0]}
    return fields


def _answer(data: bytes) -> dict[str, Any]:
    content = _checked(data)
    sets = data_sets(content)
    return _readout(sets, "readout" if b"!" in content else "answer") | {"bcc_ok": True}


def _readout(sets: tuple[DataSet, ...], kind: str) -> dict[str, Any]:
    rows = [dict(zip(("address", "value", "unit"), (one.address, *one.last), strict=True)) for one in sets]
    fields = {"type": kind, "data": rows, "values": obis.fields(sets), "sets": sets}
    return fields | ({"error_register": errors} if (errors := error_register(Readout(sets))) else {})


def _identified(data: bytes) -> dict[str, Any]:
    found = _IDENTIFICATION.match(data)
    if found is None:
        raise FrameError("malformed", f"no identification: {data[:40]!r}")
    who = _identification(found)
    fields: dict[str, Any] = {"manufacturer": who.manufacturer, "baud_char": who.baud_char, "baud": who.baud}
    # A blank line between them is what a terminal program makes of the pause.
    rest = data[found.end() :].lstrip(b"\r\n")
    if not rest:
        return fields | {"type": "identification", "identification": who.product}
    said = _answer(rest) if rest[0] == STX else _text(rest)
    return fields | said | {"identification": who.text}


def _text(data: bytes) -> dict[str, Any]:
    """Data sets without their frame, as people paste them: nothing proves them."""
    sets = data_sets(data)
    if not sets:
        raise FrameError("no_frame", f"no message of IEC 62056-21: {data[:40]!r}")
    if b"!" in data or len(sets) > 1:
        return _readout(sets, "readout") | {"bcc_ok": None}
    text, unit = sets[0].last
    return {"type": "dataset", "address": sets[0].address, "value": text, "unit": unit, "sets": sets}


def error_register(readout: Readout) -> str | None:
    """What the meter says is wrong with itself, as it writes it; None where nothing is."""
    told = readout.get(_ERRORS)
    text = "" if told is None else told.groups[0].strip()
    return text if text.strip("0 ") else None


def by_point(readout: Readout, asked: Asked) -> dict[str, float | None]:
    """What a profile's points are among the data sets; those that are not there are left out."""
    values: dict[str, float | None] = {}
    for point in asked.points:
        try:
            value = obis.evaluate(str(point.where["obis"]), readout, point.quantity)
        except KeyError:
            continue
        values[point.quantity] = None if value is None else scaled(value, point.scale)
    return values
