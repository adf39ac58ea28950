"""What is a good frame of a badge reader, said again without the drivers' code: for `fuzz_drivers`."""

from __future__ import annotations

import binascii
from collections.abc import Iterator
from typing import Final

#: Digits of a card, and how many of them each parity covers.
_WIEGAND: Final = {26: 13, 34: 17, 37: 19}


def wiegand_spans(data: bytes) -> Iterator[bytes]:
    """Digits of 0 and 1: an even number of ones in the first part, an odd one in the last; 32 are bare."""
    text = data.decode("latin-1").strip()
    if not set(text) <= {"0", "1"}:
        return
    covered = _WIEGAND.get(len(text), 0)
    if len(text) == 32 or (
        covered and text[:covered].count("1") % 2 == 0 and text[-covered:].count("1") % 2 == 1
    ):
        yield text.encode()


def wiegand_repaired(data: bytearray) -> bytes | None:
    """Digits only, as many as a card has, parity made right."""
    text = "".join("01"[byte & 1] for byte in data)
    width = next((one for one in sorted(_WIEGAND, reverse=True) if len(text) >= one), None)
    if width is None:
        return None
    covered, inner = _WIEGAND[width], text[1 : width - 1]
    first, last = inner[: covered - 1], inner[1 - covered :]
    return f"{first.count('1') % 2}{inner}{1 - last.count('1') % 2}".encode()


def pn532_spans(data: bytes) -> Iterator[bytes]:
    """00 FF, a length and its complement, as many bytes and theirs; an acknowledgement."""
    for at in range(len(data) - 3):
        length = data[at + 2]
        body = data[at + 4 : at + 5 + length]
        if data[at : at + 2] != b"\x00\xff":
            continue
        if data[at + 2 : at + 4] == b"\x00\xff":
            yield data[at : at + 4] + b"\x00"
        elif length and length + data[at + 3] == 256 and len(body) == length + 1 and sum(body) % 256 == 0:
            yield data[at : at + 5 + length] + b"\x00"


def pn532_repaired(data: bytearray) -> bytes | None:
    """The last frame's length and sums made right."""
    at = data.rfind(b"\x00\xff")
    body = data[at + 4 : -2]
    if at < 0 or not body or len(body) > 254:
        return None
    sums = bytes([(256 - sum(body) % 256) % 256, 0])
    return bytes(data[: at + 2]) + bytes([len(body), 256 - len(body)]) + bytes(body) + sums


def uhf_spans(data: bytes) -> Iterator[bytes]:
    """BB to 7E by the length inside, the sum right; of a tag, its own CRC as well."""
    for at in range(len(data) - 6):
        end = at + 7 + int.from_bytes(data[at + 3 : at + 5], "big")
        piece = data[at:end]
        if data[at] != 0xBB or end > len(data) or piece[-1] != 0x7E:
            continue
        if sum(piece[1:-2]) % 256 == piece[-2] and (piece[1:3] != b"\x02\x22" or _tag_is_whole(piece[5:-2])):
            yield piece


def _tag_is_whole(notice: bytes) -> bool:
    return len(notice) > 4 and binascii.crc_hqx(notice[1:-2], 0xFFFF) ^ 0xFFFF == int.from_bytes(
        notice[-2:], "big"
    )


def uhf_repaired(data: bytearray) -> bytes | None:
    """Length, CRC and sum made right."""
    at = data.find(0xBB)
    notice = data[at + 5 : -2]
    if at < 0 or len(data) < at + 7 or len(notice) > 127:
        return None
    if bytes(data[at + 1 : at + 3]) == b"\x02\x22" and len(notice) > 6:
        notice[1] = (len(notice) - 5) // 2 << 3
        notice[-2:] = (binascii.crc_hqx(notice[1:-2], 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
    inside = bytes(data[at + 1 : at + 3]) + len(notice).to_bytes(2, "big") + bytes(notice)
    return b"\xbb" + inside + bytes([sum(inside) % 256, 0x7E])


def osdp_spans(data: bytes) -> Iterator[bytes]:
    """53 and as many bytes as it says, with a right CRC or sum, as its control byte says."""
    for at in range(len(data) - 6):
        end = at + int.from_bytes(data[at + 2 : at + 4], "little")
        piece = data[at:end]
        if data[at] != 0x53 or end > len(data) or len(piece) < 7:
            continue
        if _osdp_check(piece[: -2 if piece[4] & 4 else -1]) == piece[-2 if piece[4] & 4 else -1 :]:
            yield piece


def _osdp_check(covered: bytes) -> bytes:
    if covered[4] & 4:
        return binascii.crc_hqx(covered, 0x1D0F).to_bytes(2, "little")
    return bytes([(256 - sum(covered) % 256) % 256])


def osdp_repaired(data: bytearray) -> bytes | None:
    """Length and check made right."""
    at = data.find(0x53)
    if at < 0 or len(data) < at + 8:
        return None
    data[at + 2 : at + 4] = (len(data) - at).to_bytes(2, "little")
    covered = bytes(data[at : -2 if data[at + 4] & 4 else -1])
    return bytes(data[:at]) + covered + _osdp_check(covered)
