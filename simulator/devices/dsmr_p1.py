"""A smart meter's P1 port: a telegram every period, unasked (P1 Companion Standard 5.0.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from simulator.devices.bus import Silence, Transmission, never

#: What the meter shows at a moment: OBIS code -> what stands behind it, brackets and all.
ReadLines = Callable[[int], Mapping[str, str]]


def crc16(data: bytes) -> int:
    """CRC-16/ARC, bit by bit: polynomial 8005 reflected, begins with 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def telegram(identification: str, lines: Mapping[str, str]) -> bytes:
    """A whole telegram with its CRC."""
    body = "".join(f"{code}{groups}\r\n" for code, groups in lines.items())
    text = f"/{identification}\r\n\r\n{body}!".encode()
    return text + f"{crc16(text):04X}\r\n".encode()


class P1Meter:
    """One meter, which speaks every `period_ms`."""

    def __init__(
        self,
        read: ReadLines,
        period_ms: int = 1000,
        silent: Silence = never,
        identification: str = r"ISk5\2MT382-1000",
    ) -> None:
        self._read = read
        self._period_ms = period_ms
        self._silent = silent
        self._identification = identification

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:  # noqa: ARG002  # the port has no receiver
        """Nothing: the port has no receiver."""
        return []

    def next_transmission(self, after_ms: int) -> Transmission | None:
        """The telegram at the next whole period after `after_ms`."""
        due_ms = (after_ms // self._period_ms + 1) * self._period_ms
        if self._silent(due_ms):
            return None
        return Transmission(due_ms, telegram(self._identification, self._read(due_ms)))

    def spoil(self, frame: bytes) -> bytes:
        """The telegram with another digit in its CRC."""
        digit = b"1" if frame[-3:-2] == b"0" else b"0"
        return frame[:-3] + digit + frame[-2:]
