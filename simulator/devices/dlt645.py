"""DL/T 645-2007 meters: frames, data items and their binary-coded decimals.

A frame is 68, address (6 bytes BCD, low byte first), 68, control, length, data (each byte + 33H), the sum of
all these modulo 256, 16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from simulator.devices.bus import Bus, Heard, Silence, bits_turned, never
from simulator.model.electricity import MeterReading

#: Data items of a meter: identifier (DI3..DI0 as one number) -> data bytes as sent, low byte first.
ReadItems = Callable[[int], Mapping[int, bytes]]

_READ: Final = 0x11
_READ_ADDRESS: Final = 0x13
_REPLY: Final = 0x80
_ERROR: Final = 0xC0
_NO_SUCH_DATA: Final = 0x02
_WILDCARD: Final = 0xAA
_HEAD: Final = 10
_FORGET_AFTER_MS: Final = 500


def bcd(value: int, size: int, *, signed: bool = False) -> bytes:
    """A whole number as `size` bytes of BCD, low byte first; the sign is the top bit of the last byte.

    Raises ValueError where it does not fit.
    """
    digits = f"{abs(value):0{2 * size}d}"
    if len(digits) > 2 * size or (signed and digits[0] >= "8") or (value < 0 and not signed):
        raise ValueError(f"{value} does not fit {size} bytes of BCD")
    data = bytearray(bytes.fromhex(digits)[::-1])
    if value < 0:
        data[-1] |= 0x80
    return bytes(data)


def frame(address: bytes, control: int, data: bytes = b"") -> bytes:
    """A frame; `address` in wire order, `data` without the 33H."""
    body = (
        b"\x68"
        + address
        + b"\x68"
        + bytes([control, len(data)])
        + bytes((byte + 0x33) & 0xFF for byte in data)
    )
    return body + bytes([sum(body) & 0xFF, 0x16])


def wire_address(address: str) -> bytes:
    """Twelve digits as they stand on the meter, low byte first. Raises ValueError for anything else."""
    if len(address) != 12 or not address.isdecimal():
        raise ValueError(f"{address!r} is no meter address: 12 digits")
    return bytes.fromhex(address)[::-1]


def identifier(number: int) -> bytes:
    """A data identifier, DI0 first."""
    return number.to_bytes(4, "little")


def _with_block(first: int, parts: Sequence[bytes], block: int) -> dict[int, bytes]:
    """Items `first`, `first` + 100H, …, and all of them under the block identifier."""
    items = {first + 0x100 * index: part for index, part in enumerate(parts)}
    items[block] = b"".join(parts)
    return items


def three_phase_items(reading: MeterReading) -> dict[int, bytes]:
    """What a three-phase meter says (DL/T 645-2007 annex A).

    Steps of the data: 0.1 V, 0.001 A, 0.0001 kW and kvar, 0.01 Hz, 0.01 kWh.
    """
    tenths_w = [10 * watts for watts in (sum(reading.power), *reading.power)]
    tenths_var = [10 * reactive for reactive in (sum(reading.reactive_power), *reading.reactive_power)]
    factors = [round(1000 * factor) for factor in (reading.power_factor, *reading.power_factors)]
    energy = bcd(round(100 * reading.energy_kwh), 4)
    nothing = bytes(4)
    return {
        **_with_block(0x02010100, [bcd(round(10 * v), 2) for v in reading.voltage], 0x0201FF00),
        **_with_block(
            0x02020100, [bcd(round(1000 * a), 3, signed=True) for a in reading.current], 0x0202FF00
        ),
        **_with_block(0x02030000, [bcd(tenths, 3, signed=True) for tenths in tenths_w], 0x0203FF00),
        **_with_block(0x02040000, [bcd(tenths, 3, signed=True) for tenths in tenths_var], 0x0204FF00),
        **_with_block(0x02060000, [bcd(factor, 2, signed=True) for factor in factors], 0x0206FF00),
        0x02800002: bcd(round(100 * reading.frequency), 2),
        0x00000000: energy,
        # Everything in the first of four tariffs.
        **_with_block(0x00010000, [energy, energy, nothing, nothing, nothing], 0x0001FF00),
        **_with_block(0x00020000, [nothing] * 5, 0x0002FF00),
    }


class Dlt645Meter:
    """A meter with twelve digits on it. `preamble` is how many FE it sends ahead of a reply (0 to 4)."""

    def __init__(self, address: str, read: ReadItems, silent: Silence = never, preamble: int = 0) -> None:
        self._address = wire_address(address)
        self._read = read
        self._silent = silent
        self._preamble = b"\xfe" * preamble

    def answer(self, asked: bytes, control: int, data: bytes, now_ms: int) -> bytes | None:
        """The reply to a whole request, None when it is not for us."""
        if not self._is_for_us(asked) or self._silent(now_ms):
            return None
        if control == _READ_ADDRESS:
            return self._preamble + frame(self._address, _READ_ADDRESS | _REPLY, self._address)
        found = self._read(now_ms).get(int.from_bytes(data[:4], "little")) if control == _READ else None
        if found is None:
            return self._preamble + frame(self._address, control | _ERROR, bytes([_NO_SUCH_DATA]))
        return self._preamble + frame(self._address, control | _REPLY, data[:4] + found)

    def _is_for_us(self, asked: bytes) -> bool:
        """An AA byte stands for any; the broadcast address 99… is never answered."""
        return all(theirs in (ours, _WILDCARD) for theirs, ours in zip(asked, self._address, strict=True))


class Dlt645Bus(Bus):
    """Meters on one line. A wildcard asked of several is answered by all of them, as on a real pair."""

    def __init__(self, meters: Sequence[Dlt645Meter]) -> None:
        self._meters = tuple(meters)
        self._heard = Heard(_FORGET_AFTER_MS)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Replies to the requests that `data` completes."""
        self._heard.add(data, now_ms)
        answers = []
        for request in self._requests():
            payload = bytes((byte - 0x33) & 0xFF for byte in request[_HEAD:-2])
            answers += [meter.answer(request[1:7], request[8], payload, now_ms) for meter in self._meters]
        return [answer for answer in answers if answer is not None]

    def spoil(self, frame: bytes) -> bytes:
        """The frame with its checksum byte changed."""
        return bits_turned(frame, -2)

    def _requests(self) -> Iterator[bytes]:
        """Whole requests in the buffer; what precedes them (FE, noise) is dropped."""
        buffer = self._heard.buffer
        while (start := buffer.find(0x68)) >= 0:
            del buffer[:start]
            if len(buffer) < _HEAD:
                return
            length = _HEAD + buffer[9] + 2
            if buffer[7] == 0x68 and len(buffer) < length:
                return
            request = bytes(buffer[:length])
            whole = request[7] == 0x68 and request[-1] == 0x16 and sum(request[:-2]) & 0xFF == request[-2]
            del buffer[: length if whole else 1]
            # A reply is not a request: with local echo a meter hears its neighbours.
            if whole and not request[8] & _REPLY:
                yield request
        buffer.clear()
