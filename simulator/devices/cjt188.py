"""CJ/T 188 water meters: frames, the two orders of the identifier, and a total in hundredths of a m³.

A frame is 68, kind, address (7 bytes BCD, low byte first), control, length, data, the sum of all these modulo
256, 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from simulator.devices.bus import Bus, Heard, Silence, bits_turned, never
from simulator.devices.dlt645 import bcd

_HEAD: Final = 11
_COLD_WATER: Final = 0x10
_READ: Final = 0x01
_REPLY: Final = 0x80
_ERROR: Final = 0xC0
_CUBIC_METRES: Final = 0x2C
_NO_TIME: Final = bytes(7)
_GOOD: Final = bytes(2)
_WILDCARD: Final = 0xAA
_FORGET_AFTER_MS: Final = 500


def frame(kind: int, address: bytes, control: int, data: bytes) -> bytes:
    """A frame; `address` in wire order."""
    body = b"\x68" + bytes([kind]) + address + bytes([control, len(data)]) + data
    return body + bytes([sum(body) & 0xFF, 0x16])


class Cjt188Meter:
    """A cold water meter with fourteen digits on it; `hundredths` is what it has counted, in 0.01 m³.

    It knows the identifier in one order (`90 1F` or `1F 90`) and does not answer to the other.
    """

    def __init__(
        self,
        address: str,
        hundredths: Callable[[int], int],
        silent: Silence = never,
        identifier: bytes = b"\x90\x1f",
        preamble: int = 3,
    ) -> None:
        if len(address) != 14 or not address.isdecimal():
            raise ValueError(f"{address!r} is no meter address: 14 digits")
        self._address = bytes.fromhex(address)[::-1]
        self._hundredths = hundredths
        self._silent = silent
        self._identifier = identifier
        self._preamble = b"\xfe" * preamble

    def answer(self, asked: bytes, control: int, data: bytes, now_ms: int) -> bytes | None:
        """The reply to a whole request, None when it is not for us or not understood."""
        for_us = all(one in (other, _WILDCARD) for one, other in zip(asked, self._address, strict=True))
        if not for_us or self._silent(now_ms) or data[:2] != self._identifier:
            return None
        if control != _READ:
            return self._preamble + frame(_COLD_WATER, self._address, control | _ERROR, data[2:3] + _GOOD)
        total = bcd(self._hundredths(now_ms), 4) + bytes([_CUBIC_METRES])
        content = data[:3] + total + total + _NO_TIME + _GOOD
        return self._preamble + frame(_COLD_WATER, self._address, _READ | _REPLY, content)


class Cjt188Bus(Bus):
    """Meters on one line."""

    def __init__(self, meters: Sequence[Cjt188Meter]) -> None:
        self._meters = tuple(meters)
        self._heard = Heard(_FORGET_AFTER_MS)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Replies to the requests that `data` completes."""
        self._heard.add(data, now_ms)
        answers = [
            meter.answer(request[2:9], request[9], request[_HEAD:-2], now_ms)
            for request in self._requests()
            for meter in self._meters
        ]
        return [answer for answer in answers if answer is not None]

    def spoil(self, frame: bytes) -> bytes:
        """The frame with its checksum byte changed."""
        return bits_turned(frame, -2)

    def _requests(self) -> Iterator[bytes]:
        buffer = self._heard.buffer
        while (start := buffer.find(0x68)) >= 0:
            del buffer[:start]
            if len(buffer) < _HEAD or len(buffer) < _HEAD + buffer[10] + 2:
                return
            request = bytes(buffer[: _HEAD + buffer[10] + 2])
            whole = request[-1] == 0x16 and sum(request[:-2]) & 0xFF == request[-2]
            del buffer[: len(request) if whole else 1]
            if whole and not request[9] & _REPLY:
                yield request
        buffer.clear()
