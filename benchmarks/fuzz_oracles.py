"""What is a good frame, said again without the drivers' code: for `fuzz_drivers`.

`spans` finds every piece of some bytes that is a whole frame with a right checksum; `repaired` gives bytes
whose checksum is made right again, so that the decoders behind the checksum meet content nobody ever sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from benchmarks import fuzz_oracles_badges as badges

Spans = Callable[[bytes], Iterator[bytes]]
Repair = Callable[[bytearray], bytes | None]


@dataclass(frozen=True, slots=True)
class Oracle:
    """One protocol's checksum."""

    spans: Spans
    repaired: Repair


def _table() -> list[int]:
    found = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)  # noqa: PLW2901  # one register
        found.append(value)
    return found


_CRC: Final = _table()


def _crc16(data: bytes, begin: int) -> int:
    return reduce(lambda crc, byte: crc >> 8 ^ _CRC[(crc ^ byte) & 0xFF], data, begin)


def _x25(data: bytes) -> int:
    """CRC-16/X-25, bit by bit."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def _summed(start: int, head: int, length_at: int, covered_from: int, extra: int) -> Spans:
    """Frames `start … length … sum 16`: the sum is of all from `covered_from` on, modulo 256."""

    def spans(data: bytes) -> Iterator[bytes]:
        for at in range(len(data) - head):
            if data[at] != start:
                continue
            end = at + extra + data[at + length_at]
            piece = data[at:end]
            good = len(data) >= end and len(piece) > covered_from + 2 and piece[-1] == 0x16
            if good and sum(piece[covered_from:-2]) & 0xFF == piece[-2]:
                yield piece

    return spans


def _resummed(start: int, length_at: int, covered_from: int, extra: int) -> Repair:
    def repaired(data: bytearray) -> bytes | None:
        at = data.find(start)
        if at < 0 or len(data) < at + extra:
            return None
        # The frame may have become longer or shorter: its length is made right as well.
        length = len(data) - at - extra
        if length > 255:
            return None
        data[at + length_at] = length
        if start == 0x68 and length_at == 1:
            data[at + 2], data[at + 3] = length, 0x68
        data[-2], data[-1] = sum(data[at + covered_from : -2]) & 0xFF, 0x16
        return bytes(data)

    return repaired


def _modbus_spans(data: bytes) -> Iterator[bytes]:
    for at in range(len(data)):
        crc = 0xFFFF
        for end in range(at, min(len(data), at + 260)):
            crc = crc >> 8 ^ _CRC[(crc ^ data[end]) & 0xFF]
            if crc == 0 and end - at >= 3:
                yield data[at : end + 1]


def _modbus_repaired(data: bytearray) -> bytes | None:
    if len(data) < 4:
        return None
    if len(data) > 5 and data[1] in (1, 2, 3, 4):
        data[2] = (len(data) - 5) & 0xFF
    data[-2:] = _crc16(bytes(data[:-2]), 0xFFFF).to_bytes(2, "little")
    return bytes(data)


def _block_spans(data: bytes) -> Iterator[bytes]:
    """IEC 62056-21: STX or SOH to ETX and the exclusive or of what lies between."""
    for at, byte in enumerate(data):
        end = data.find(3, at)
        if byte in (1, 2) and 0 <= end < len(data) - 1:
            piece = data[at : end + 2]
            if reduce(xor, piece[1:-1], 0) == piece[-1]:
                yield piece


def _block_repaired(data: bytearray) -> bytes | None:
    start = next((at for at, byte in enumerate(data) if byte in (1, 2)), None)
    end = data.find(3, start or 0)
    if start is None or end < 0:
        return None
    return bytes(data[: end + 1]) + bytes([reduce(xor, data[start + 1 : end + 1], 0)])


def _telegram_spans(data: bytes) -> Iterator[bytes]:
    for at, byte in enumerate(data):
        mark = data.find(b"!", at)
        if byte != 0x2F or mark < 0:
            continue
        line = data.find(b"\n", mark)
        sent = data[mark + 1 : max(line, 0)].decode("latin-1").removesuffix("\r")
        hexadecimal = 1 <= len(sent) <= 4 and all(digit in "0123456789abcdefABCDEF" for digit in sent)
        if hexadecimal and int(sent, 16) in (_crc16(data[at : mark + 1], 0), _x25(data[at : mark + 1])):
            yield data[at : line + 1]


def _telegram_repaired(data: bytearray) -> bytes | None:
    at, mark = data.find(b"/"), data.find(b"!")
    if at < 0 or mark < at:
        return None
    return bytes(data[: mark + 1]) + f"{_crc16(bytes(data[at : mark + 1]), 0):04X}\r\n".encode()


def _card_spans(data: bytes) -> Iterator[bytes]:
    for at in range(len(data) - 13):
        digits = data[at + 1 : at + 13]
        end = at + 16 if data[at + 13 : at + 15] == b"\r\n" else at + 14
        piece = data[at:end]
        if piece[0] != 2 or piece[-1] != 3 or not all(one in b"0123456789abcdefABCDEF" for one in digits):
            continue
        content = bytes.fromhex(digits.decode())
        if reduce(xor, content[:5], 0) == content[5]:
            yield piece


def _card_repaired(data: bytearray) -> bytes | None:
    if len(data) not in (14, 16):
        return None
    content = bytes(data[1:6])
    tail = b"\x03" if len(data) == 14 else b"\r\n\x03"
    return b"\x02" + content.hex().upper().encode() + f"{reduce(xor, content, 0):02X}".encode() + tail


#: By protocol; the others are only asked not to crash and not to hang.
ORACLES: Final[dict[str, Oracle]] = {
    "dlt645": Oracle(_summed(0x68, 10, 9, 0, 12), _resummed(0x68, 9, 0, 12)),
    "cjt188": Oracle(_summed(0x68, 11, 10, 0, 13), _resummed(0x68, 10, 0, 13)),
    "mbus": Oracle(_summed(0x68, 4, 1, 4, 6), _resummed(0x68, 1, 4, 6)),
    "modbus_rtu": Oracle(_modbus_spans, _modbus_repaired),
    "iec62056_21": Oracle(_block_spans, _block_repaired),
    "dsmr_p1": Oracle(_telegram_spans, _telegram_repaired),
    "rdm6300": Oracle(_card_spans, _card_repaired),
    "wiegand": Oracle(badges.wiegand_spans, badges.wiegand_repaired),
    "pn532_uart": Oracle(badges.pn532_spans, badges.pn532_repaired),
    "uhf_r200": Oracle(badges.uhf_spans, badges.uhf_repaired),
    "osdp": Oracle(badges.osdp_spans, badges.osdp_repaired),
}
