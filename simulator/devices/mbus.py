"""Wired M-Bus meters (EN 13757-2 and -3): link reset, selection by number, answers of several telegrams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from simulator.devices.bus import Bus, Heard, Silence, bits_turned, never
from simulator.devices.dlt645 import bcd

#: What a meter says at a moment: the records of each of its telegrams.
ReadTelegrams = Callable[[int], Sequence[bytes]]

_YES: Final = b"\xe5"
_SND_NKE: Final = 0x40
_SND_UD: Final = (0x53, 0x73)
_REQ_UD2: Final = (0x5B, 0x7B)
_RSP_UD: Final = 0x08
_SELECT: Final = 0x52
_VARIABLE: Final = 0x72
_SELECTED: Final = 253
_ANY: Final = 254
_MORE_FOLLOW: Final = b"\x1f"
_FORGET_AFTER_MS: Final = 500


def long_frame(control: int, address: int, ci: int, data: bytes) -> bytes:
    """A frame with data."""
    body = bytes([control, address, ci]) + data
    return b"\x68" + bytes([len(body), len(body)]) + b"\x68" + body + bytes([sum(body) & 0xFF, 0x16])


def integer_record(dif: bytes, vif: bytes, value: int) -> bytes:
    """A record of four bytes, lowest first; the low digit of the first DIF must be 4."""
    return dif + vif + value.to_bytes(4, "little", signed=True)


class MBusMeter:
    """A meter at a primary address, with eight digits on it. `medium` is the standard's code (7: water)."""

    def __init__(
        self,
        address: int,
        number: str,
        read: ReadTelegrams,
        silent: Silence = never,
        maker: bytes = b"\x77\x04",
        medium: int = 0x07,
    ) -> None:
        self.address = address
        self._number = bcd(int(number), 4)
        self._read = read
        self._silent = silent
        self._identity = maker + bytes([1, medium])
        self._selected = False
        self._bit: int | None = None
        self._place = 0

    def reset(self, address: int, now_ms: int) -> bytes | None:
        """SND_NKE: the next request brings the first telegram; nobody stays selected."""
        ours = self._is_meant(address)
        if address == _SELECTED:
            self._selected = False
        self._bit, self._place = None, 0
        return _YES if ours and not self._silent(now_ms) else None

    def select(self, digits: bytes, now_ms: int) -> bytes | None:
        """Whether these digits (number, maker, version, medium; F: any) are ours."""
        wanted, ours = digits.hex(), (self._number + self._identity).hex()
        self._selected = all(one in (other, "f") for one, other in zip(wanted, ours, strict=True))
        return _YES if self._selected and not self._silent(now_ms) else None

    def answer(self, address: int, control: int, now_ms: int) -> bytes | None:
        """The telegram that is due: the same again while the frame count bit stays."""
        if not self._is_meant(address) or self._silent(now_ms):
            return None
        telegrams = self._read(now_ms)
        if self._bit is not None and control != self._bit:
            self._place = (self._place + 1) % len(telegrams)
        self._bit = control
        more = _MORE_FOLLOW if self._place + 1 < len(telegrams) else b""
        header = self._number + self._identity + bytes([self._place, 0, 0, 0])
        return long_frame(_RSP_UD, self.address, _VARIABLE, header + telegrams[self._place] + more)

    def _is_meant(self, address: int) -> bool:
        return address in (self.address, _ANY) or (address == _SELECTED and self._selected)


class MBusBus(Bus):
    """Meters on one pair."""

    def __init__(self, meters: Sequence[MBusMeter]) -> None:
        self._meters = tuple(meters)
        self._heard = Heard(_FORGET_AFTER_MS)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Replies to the requests that `data` completes; several meters' E5 come as one."""
        self._heard.add(data, now_ms)
        found: list[bytes] = []
        for request in self._requests():
            answers = {answer for meter in self._meters if (answer := _answer(meter, request, now_ms))}
            found += sorted(answers)
        return found

    def spoil(self, frame: bytes) -> bytes:
        """The frame with its checksum byte changed; a single E5 has none."""
        return frame if frame == _YES else bits_turned(frame, -2)

    def _requests(self) -> Iterator[bytes]:
        buffer = self._heard.buffer
        while buffer:
            length = {0x10: 5, 0x68: buffer[1] + 6 if len(buffer) > 1 else 6}.get(buffer[0], 0)
            if length > len(buffer):
                return
            request = bytes(buffer[:length])
            start = 1 if length == 5 else 4
            whole = length > 0 and request[-1] == 0x16 and sum(request[start:-2]) & 0xFF == request[-2]
            del buffer[: length if whole else 1]
            if whole:
                yield request


def _answer(meter: MBusMeter, request: bytes, now_ms: int) -> bytes | None:
    if request[0] == 0x68:
        selects = request[4] in _SND_UD and request[5] == _SELECTED and request[6] == _SELECT
        return meter.select(request[7:15], now_ms) if selects else None
    control, address = request[1], request[2]
    if control == _SND_NKE:
        return meter.reset(address, now_ms)
    return meter.answer(address, control, now_ms) if control in _REQ_UD2 else None
