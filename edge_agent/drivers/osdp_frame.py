"""Frames of OSDP v2 (SIA OSDP 2.2 §5): parsing, checking, and what their data means.

`53`, address (bit 7: a reply), length (two bytes, low first, of all but a leading mark FF), control (bits 0-1
sequence, bit 2 CRC instead of checksum, bit 3 security block), [security block], code, data, [MAC, 4 bytes],
CRC-16 or checksum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError, spaced
from edge_agent.drivers.osdp_session import session

_START: Final = 0x53
_REPLY: Final = 0x80
_CRC: Final = 0x04
_SECURE: Final = 0x08
_MAC_BYTES: Final = 4
_POLL: Final = 0x60
#: SIA OSDP 2.2 §5.9: 1440 bytes is the most a device takes.
_LONGEST: Final = 1440
#: Security block types (§D.1.3): 11-14 make the channel, 15-16 carry a MAC, 17-18 a MAC and encrypted data.
_HANDSHAKE: Final = range(0x11, 0x15)
_WITH_MAC: Final = range(0x15, 0x19)
#: SIA OSDP 2.2 §6 and §7.
COMMANDS: Final = {
    _POLL: "POLL",
    0x61: "ID",
    0x62: "CAP",
    0x64: "LSTAT",
    0x65: "ISTAT",
    0x66: "OSTAT",
    0x67: "RSTAT",
    0x68: "OUT",
    0x69: "LED",
    0x6A: "BUZ",
    0x6B: "TEXT",
    0x6D: "TDSET",
    0x6E: "COMSET",
    0x75: "KEYSET",
    0x76: "CHLNG",
    0x77: "SCRYPT",
    0x7B: "ACURXSIZE",
    0x7C: "FILETRANSFER",
    0x80: "MFG",
    0xA1: "XWR",
    0xA2: "ABORT",
    0xA7: "KEEPACTIVE",
}
REPLIES: Final = {
    0x40: "ACK",
    0x41: "NAK",
    0x45: "PDID",
    0x46: "PDCAP",
    0x48: "LSTATR",
    0x49: "ISTATR",
    0x4A: "OSTATR",
    0x4B: "RSTATR",
    0x50: "RAW",
    0x51: "FMT",
    0x53: "KEYPAD",
    0x54: "COM",
    0x76: "CCRYPT",
    0x78: "RMAC_I",
    0x79: "BUSY",
    0x7A: "FTSTAT",
    0x90: "MFGREP",
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame whose integrity is right. `code` and `data` are empty where they are encrypted."""

    address: int
    reply: bool
    length: int
    control: int
    block: bytes
    body: bytes
    start: int
    end: int
    mac: bytes = b""

    @property
    def code(self) -> int:
        """The command or reply."""
        return self.body[0]

    @property
    def name(self) -> str:
        """Its name in the standard."""
        return (REPLIES if self.reply else COMMANDS).get(self.code, f"{self.code:02X}")

    def fields(self) -> dict[str, Any]:
        """What the head says."""
        head = _head(self.address | (_REPLY if self.reply else 0), self.length, self.control)
        if self.block:
            head["scs_type"] = f"{self.block[1]:02X}"
        if not self.encrypted:
            head |= {"code": f"{self.code:02X}", "name": self.name}
        return head

    @property
    def encrypted(self) -> bool:
        """Whether the data cannot be read without the session's keys."""
        return bool(self.block) and self.block[1] in (0x17, 0x18)


def _head(address: int, length: int, control: int) -> dict[str, Any]:
    """Whose frame it is, and how it is proved."""
    return {
        "address": address & ~_REPLY,
        "direction": "reply" if address & _REPLY else "command",
        "length": length,
        "sequence": control & 3,
        "integrity": "crc16" if control & _CRC else "checksum",
        "secure_block": bool(control & _SECURE),
    }


def crc16(data: bytes) -> int:
    """CRC-16 of OSDP: polynomial 1021, preset 1D0F (SIA OSDP 2.2 annex C)."""
    crc = 0x1D0F
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return crc


def checksum(data: bytes) -> int:
    """Two's complement of the sum."""
    return -sum(data) & 0xFF


def poll(address: int) -> bytes:
    """Asks a reader, in the clear and as its first command (sequence 0), whether it is there."""
    frame = bytes([_START, address, 8, 0, _CRC, _POLL])
    return frame + crc16(frame).to_bytes(2, "little")


def parse(data: bytes) -> Frame:
    """The first good frame in `data`. Raises FrameError: of the first start byte where none is good."""
    return scan(data)[0]


def scan(data: bytes) -> list[Frame]:
    """All good frames in `data`. Raises FrameError: of the first start byte where none is good."""
    found: list[Frame] = []
    fault: FrameError | None = None
    at = data.find(_START)
    while at >= 0:
        try:
            found.append(_frame_at(data, at))
            at = data.find(_START, found[-1].end)
        except FrameError as error:
            fault = fault or error
            at = data.find(_START, at + 1)
    if not found:
        raise fault or FrameError("no_frame", f"no frame in {len(data)} bytes: no 53")
    return found


def _frame_at(data: bytes, start: int) -> Frame:
    if len(data) < start + 5:
        raise FrameError("incomplete_frame", f"the frame breaks off after {len(data) - start} bytes")
    length = int.from_bytes(data[start + 2 : start + 4], "little")
    control = data[start + 4]
    head = _head(data[start + 1], length, control)
    tail = 2 if control & _CRC else 1
    if not 6 + tail <= length <= _LONGEST:
        raise FrameError("length_mismatch", f"a frame of {length} bytes", **head)
    frame = data[start : start + length]
    if len(frame) < length:
        raise FrameError("incomplete_frame", f"{length} bytes announced, {len(frame)} came", **head)
    _check(frame, tail, head)
    block, content, mac = _inside(control, frame[5:-tail], head)
    address = frame[1]
    return Frame(
        address & ~_REPLY, bool(address & _REPLY), length, control, block, content, start, start + length, mac
    )


def _check(frame: bytes, tail: int, head: dict[str, Any]) -> None:
    content, got = frame[:-tail], int.from_bytes(frame[-tail:], "little")
    kind, wanted = ("crc", crc16(content)) if tail == 2 else ("checksum", checksum(content))
    if got != wanted:
        raise FrameError(
            f"{kind}_mismatch",
            f"{kind} {got:0{2 * tail}X} in the frame, {wanted:0{2 * tail}X} calculated",
            **head,
            checksum_in_frame=f"{got:0{2 * tail}X}",
            checksum_calculated=f"{wanted:0{2 * tail}X}",
        )


def _inside(control: int, content: bytes, head: dict[str, Any]) -> tuple[bytes, bytes, bytes]:
    """Security block, code with data, MAC. Raises FrameError with what is known of the frame."""
    if not control & _SECURE:
        return b"", content, b""
    size = content[0] if content else 0
    if not 2 <= size < len(content):
        raise FrameError("secure_channel_condition", f"a security block of {size} bytes", **head)
    block, content = content[:size], content[size:]
    if block[1] not in _WITH_MAC:
        return block, content, b""
    if len(content) <= _MAC_BYTES:
        kind = f"{block[1]:02X}"
        raise FrameError("length_mismatch", "no room for a code and a MAC", **head, scs_type=kind)
    return block, content[:-_MAC_BYTES], content[-_MAC_BYTES:]


def refuse_insecure(frame: Frame) -> None:
    """Raise FrameError for what a frame outside its session cannot prove, or what no channel has."""
    if not frame.block:
        return
    kind = frame.block[1]
    head = frame.fields()
    if kind in _WITH_MAC:
        raise FrameError("mac_mismatch", "the MAC cannot be checked outside its secure channel", **head)
    if kind not in _HANDSHAKE:
        raise FrameError("secure_channel_condition", f"{kind:02X} is no security block type", **head)


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the first frame; of its data alone (`payload`), its check (`crc`), a session (`crypto`).

    Raises FrameError.
    """
    if asked.kind == "crc":
        return _check_fields(data)
    if asked.kind == "payload":
        return _payload_fields(data)
    if asked.kind == "crypto":
        return _session_fields(asked)
    frames = scan(data)
    frame = frames[0]
    refuse_insecure(frame)
    around = {"frames": len(frames), "frame_offset": frame.start}
    return _data_fields(frame) | frame.fields() | around


def _check_fields(data: bytes) -> dict[str, Any]:
    if len(data) < 5:
        raise FrameError("incomplete_frame", f"{len(data)} bytes are no head of a frame")
    if data[4] & _CRC:
        return {"crc16_on_wire": spaced(crc16(data).to_bytes(2, "little"))}
    return {"checksum": f"{checksum(data):02X}"}


def _session_fields(asked: Asked) -> dict[str, Any]:
    try:
        given = [bytes.fromhex(str(asked.inputs[key])) for key in ("scbk", "cp_random", "pd_random")]
        made = session(*given)
    except (KeyError, ValueError) as error:
        raise FrameError("malformed", f"a session needs scbk, cp_random and pd_random: {error}") from error
    return {
        "s_mac1": made.s_mac1.hex().upper(),
        "s_mac2": made.s_mac2.hex().upper(),
        "s_enc": made.s_enc.hex().upper(),
        "cp_cryptogram": made.cp_cryptogram.hex().upper(),
        "pd_cryptogram": made.pd_cryptogram.hex().upper(),
        "r_mac_i": made.r_mac_i.hex().upper(),
    }


def _payload_fields(data: bytes) -> dict[str, Any]:
    """Data without its frame, by what it says of itself.

    That is a count that fits what follows (card, formatted card, digits), or PDCAP's functions in order.
    """
    if _is_card(data):
        fields = card_fields(data)
        bits = "".join(f"{byte:08b}" for byte in data[4:])[: fields["bit_count"]]
        return fields | {"bits": bits}
    for read in (_formatted, _keypad, _pdcap):
        try:
            return read(data)
        except (FrameError, UnicodeDecodeError):
            continue
    raise FrameError("malformed", "neither a card, a formatted card, digits nor capabilities")


def _is_card(data: bytes) -> bool:
    count = int.from_bytes(data[2:4], "little")
    return len(data) >= 5 and count > 0 and (count + 7) // 8 == len(data) - 4


def card_fields(data: bytes) -> dict[str, Any]:
    """RAW: reader, format, bits. Raises FrameError."""
    if not _is_card(data):
        raise FrameError("length_mismatch", "the count of bits does not fit the card's data")
    return {
        "reader": data[0],
        "format": data[1],
        "bit_count": int.from_bytes(data[2:4], "little"),
        "card_data_hex": spaced(data[4:]),
    }


#: Function codes of PDCAP (SIA OSDP 2.2 annex B) whose two bytes are level and number.
_PAIRS: Final = {
    1: "contact_status",
    2: "output_control",
    3: "card_data_format",
    4: "led",
    5: "buzzer",
    6: "text",
    7: "time",
    8: "crc_supported",
    12: "smart_card",
    13: "readers",
    14: "biometrics",
    15: "secure_pin",
    16: "osdp_version",
}
#: Keys of a keypad (osdp_KEYPAD): `*` is sent as 7F, `#` as 0D.
_KEYS: Final = frozenset(b"0123456789ABCD*#\x7f\r")
_SIZES: Final = {10: "receive_buffer", 11: "largest_message"}
_SECURITY: Final = 9
_FUNCTIONS: Final = {*_PAIRS, *_SIZES, _SECURITY}


def _pdcap(data: bytes) -> dict[str, Any]:
    """PDCAP: three bytes a function, each function once and in order. Raises FrameError."""
    functions = data[::3]
    if not data or len(data) % 3 or list(functions) != sorted(set(functions)):
        raise FrameError("length_mismatch", "capabilities are three bytes a function, in order")
    if unknown := [one for one in functions if one not in _FUNCTIONS]:
        raise FrameError("malformed", f"{unknown[0]} is no function of OSDP")
    return {"capabilities": _capabilities(data)}


def _capabilities(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for function, level, number in zip(*[iter(data)] * 3, strict=True):
        if function in _PAIRS:
            found[_PAIRS[function]] = [level, number]
        elif function in _SIZES:
            found[_SIZES[function]] = level | number << 8
        elif function == _SECURITY:
            found |= {"secure_aes128": bool(level & 1), "default_key": bool(number & 1)}
    return found


def _data_fields(frame: Frame) -> dict[str, Any]:
    """The data of the codes that say something to a gateway."""
    read = _DATA.get((frame.reply, frame.code))
    if read is None:
        return {}
    least, fields = read
    data = frame.body[1:]
    if len(data) < least:
        raise FrameError("length_mismatch", f"{frame.name} has {len(data)} bytes of data, needs {least}")
    try:
        found: dict[str, Any] = fields(data)
    except UnicodeDecodeError as error:
        raise FrameError("malformed", f"{frame.name}: no text") from error
    return found


def _pdid(data: bytes) -> dict[str, Any]:
    return {
        "vendor": spaced(data[:3]),
        "model": data[3],
        "version": data[4],
        "serial_le": int.from_bytes(data[5:9], "little"),
        "firmware": ".".join(str(byte) for byte in data[9:12]),
    }


def _keypad(data: bytes) -> dict[str, Any]:
    if len(data) < 2 or len(data) != 2 + data[1] or not data[1]:
        raise FrameError("length_mismatch", f"digits: their count does not fit {len(data)} bytes")
    if not set(data[2:]) <= _KEYS:
        raise FrameError("malformed", "digits: no key of a keypad")
    return {"reader": data[0], "digits": data[2:].decode("ascii")}


def _formatted(data: bytes) -> dict[str, Any]:
    """FMT: reader, direction, count, characters."""
    if len(data) < 4 or len(data) != 3 + data[2]:
        raise FrameError("length_mismatch", f"characters: their count does not fit {len(data)} bytes")
    text = data[3:].decode("ascii")
    if not text.isprintable():
        raise FrameError("malformed", "characters: not printable")
    return {"reader": data[0], "direction": data[1], "text": text}


def _pdcap_reply(data: bytes) -> dict[str, Any]:
    """PDCAP in its frame: the code says what it is, so functions of later versions are passed over."""
    if len(data) % 3:
        raise FrameError("length_mismatch", f"capabilities of {len(data)} bytes: three a function")
    return {"capabilities": _capabilities(data)}


def _local_status(data: bytes) -> dict[str, Any]:
    """LSTATR: whether the reader was opened, and whether its power fails."""
    return {"tamper": bool(data[0]), "power_failure": bool(data[1])}


def _time(data: bytes) -> dict[str, Any]:
    year, (month, day, hour, minute, second) = int.from_bytes(data[:2], "little"), data[2:7]
    return {"datetime": f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"}


_DATA: Final[dict[tuple[bool, int], tuple[int, Any]]] = {
    (True, 0x41): (1, lambda data: {"nak_code": data[0]}),
    (True, 0x45): (12, _pdid),
    (True, 0x46): (3, _pdcap_reply),
    (True, 0x48): (2, _local_status),
    (True, 0x50): (5, card_fields),
    (True, 0x51): (4, _formatted),
    (True, 0x53): (2, _keypad),
    (False, 0x6D): (7, _time),
    (False, 0x6E): (
        5,
        lambda data: {"new_address": data[0], "baud": int.from_bytes(data[1:5], "little")},
    ),
}
