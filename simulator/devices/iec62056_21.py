"""A meter under an optical head: IEC 62056-21 mode C, signed on to and read out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor
from typing import Final

from simulator.devices.bus import Bus, Heard, Silence, bits_turned, never

#: What the meter shows at a moment: OBIS code -> text in the brackets.
ReadValues = Callable[[int], Mapping[str, str]]

_FORGET_AFTER_MS: Final = 3_000
_STX: Final = b"\x02"
_ETX: Final = b"\x03"


def readout(values: Mapping[str, str]) -> bytes:
    """The data block: STX, a line a value, !, ETX, and the exclusive or of all behind STX."""
    lines = "".join(f"{code}({text})\r\n" for code, text in values.items())
    covered = lines.encode() + b"!\r\n" + _ETX
    return _STX + covered + bytes([reduce(xor, covered, 0)])


class IecMeter(Bus):
    """One meter; it answers when called by its address or by none, and reads out when told its speed."""

    def __init__(
        self,
        address: str,
        read: ReadValues,
        silent: Silence = never,
        identification: str = "LGZ4ZMF100AC.M26",
    ) -> None:
        self._calls = (b"/?!\r\n", f"/?{address}!\r\n".encode())
        self._identification = f"/{identification}\r\n".encode()
        self._accepted = b"\x060" + identification[3:4].encode() + b"0\r\n"
        self._read = read
        self._silent = silent
        self._signed_on = False
        self._heard = Heard(_FORGET_AFTER_MS)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """The reply to the line that `data` completes."""
        self._heard.add(data, now_ms)
        answers: list[bytes] = []
        while (end := self._heard.buffer.find(b"\n")) >= 0:
            line = bytes(self._heard.buffer[: end + 1])
            del self._heard.buffer[: end + 1]
            answer = self._answer(line, now_ms)
            if answer is not None and not self._silent(now_ms):
                answers.append(answer)
        return answers

    def _answer(self, line: bytes, now_ms: int) -> bytes | None:
        if line.endswith(self._calls):
            self._signed_on = True
            return self._identification
        if self._signed_on and line.endswith(self._accepted):
            self._signed_on = False
            return readout(self._read(now_ms))
        return None

    def spoil(self, frame: bytes) -> bytes:
        """A data block with another check byte; an identification has none."""
        return bits_turned(frame, -1) if frame.startswith(_STX) else frame
