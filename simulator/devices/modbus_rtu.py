"""Modbus RTU slaves that can be read (MODBUS over serial line V1.02, application protocol V1.1b3)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal

from simulator.devices.bus import Bus, Heard, Silence, bits_turned, never
from simulator.model.electricity import MeterReading

Table = Literal["holding", "input"]
#: Registers of a table at a moment: address -> 16-bit word.
ReadRegisters = Callable[[Table, int], Mapping[int, int]]

_READ_TABLES: Final[dict[int, Table]] = {3: "holding", 4: "input"}
_ILLEGAL_FUNCTION: Final = 1
_ILLEGAL_ADDRESS: Final = 2
_ILLEGAL_VALUE: Final = 3
_MOST_REGISTERS: Final = 125
#: Functions whose request is 8 bytes: address, function, two words, CRC.
_SHORT_FUNCTIONS: Final = range(1, 7)
_WRITE_MANY: Final = (15, 16)
#: A pause this long ends a request that never became whole. The standard's 3.5 characters are 4 ms at 9600
#: baud; a pseudo-terminal has no such discipline.
_FORGET_AFTER_MS: Final = 200
_LONGEST_REQUEST: Final = 256


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS as it stands on the wire, low byte first (over serial line V1.02, §6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc.to_bytes(2, "little")


def words(value: int, count: int = 2) -> list[int]:
    """An unsigned number as 16-bit registers, high word first (byte order ABCD)."""
    return list(struct.unpack(f">{count}H", value.to_bytes(2 * count, "big")))


def read_reply(address: int, function: int, registers: Sequence[int]) -> bytes:
    """The answer to functions 03 and 04."""
    body = bytes([address, function, 2 * len(registers)]) + struct.pack(f">{len(registers)}H", *registers)
    return body + crc16(body)


def exception_reply(address: int, function: int, code: int) -> bytes:
    """The refusal of a request."""
    body = bytes([address, function | 0x80, code])
    return body + crc16(body)


class ModbusSlave:
    """A slave at `address` whose registers are what `read` gives at the moment of the request."""

    def __init__(self, address: int, read: ReadRegisters, silent: Silence = never) -> None:
        self.address = address
        self._read = read
        self._silent = silent

    def answer(self, request: bytes, now_ms: int) -> bytes | None:
        """The reply to a whole request with a right CRC, None when it is not for us."""
        if request[0] != self.address or self._silent(now_ms):
            return None
        function = request[1]
        table = _READ_TABLES.get(function)
        if table is None:
            return exception_reply(self.address, function, _ILLEGAL_FUNCTION)
        first, count = struct.unpack(">HH", request[2:6])
        if not 1 <= count <= _MOST_REGISTERS:
            return exception_reply(self.address, function, _ILLEGAL_VALUE)
        registers = self._read(table, now_ms)
        wanted = range(first, first + count)
        if any(register not in registers for register in wanted):
            return exception_reply(self.address, function, _ILLEGAL_ADDRESS)
        return read_reply(self.address, function, [registers[register] for register in wanted])


class ModbusBus(Bus):
    """Slaves on one RS-485 pair: all hear, the addressed one answers."""

    def __init__(self, slaves: Sequence[ModbusSlave]) -> None:
        self._slaves = tuple(slaves)
        self._heard = Heard(_FORGET_AFTER_MS)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Replies to the requests that `data` completes."""
        self._heard.add(data, now_ms)
        answers = (slave.answer(request, now_ms) for request in self._requests() for slave in self._slaves)
        return [answer for answer in answers if answer is not None]

    def spoil(self, frame: bytes) -> bytes:
        """The frame with its last CRC byte changed."""
        return bits_turned(frame, -1)

    def _requests(self) -> Iterator[bytes]:
        """Whole requests in the buffer; bytes before them that fit none are dropped."""
        buffer = self._heard.buffer
        while len(buffer) >= 4:
            length = _request_length(buffer)
            if len(buffer) < length <= _LONGEST_REQUEST:
                return
            request = bytes(buffer[:length])
            if length <= _LONGEST_REQUEST and crc16(request[:-2]) == request[-2:]:
                del buffer[:length]
                yield request
            else:
                del buffer[0]


def _request_length(buffer: bytearray) -> int:
    """Bytes of the request that begins the buffer; an unknown function takes all there is."""
    function = buffer[1]
    if function in _SHORT_FUNCTIONS:
        return 8
    if function in _WRITE_MANY:
        return 9 + buffer[6] if len(buffer) > 6 else 9
    return len(buffer)


def climate_registers(
    address: int, reading: Callable[[int], tuple[float, float]]
) -> Callable[[Table, int], Mapping[int, int]]:
    """XY-MD02: input 1 temperature (int16, 0.1 °C), input 2 humidity (0.1 %), holding 0x0101 its address."""

    def read(table: Table, now_ms: int) -> Mapping[int, int]:
        if table == "holding":
            return {0x0101: address}
        temperature, humidity = reading(now_ms)
        return {1: round(temperature * 10) & 0xFFFF, 2: round(humidity * 10)}

    return read


def pulse_counter_registers(litres: Callable[[int], int]) -> Callable[[Table, int], Mapping[int, int]]:
    """A pulse counter on a water meter: holding 0-1, litres as uint32, high word first."""

    def read(table: Table, now_ms: int) -> Mapping[int, int]:
        if table == "input":
            return {}
        return dict(enumerate(words(litres(now_ms) & 0xFFFF_FFFF)))

    return read


def sdm630_registers(
    reading: Callable[[int], MeterReading],
) -> Callable[[Table, int], Mapping[int, int]]:
    """An Eastron SDM630: input registers as float32, high word first (its Modbus protocol, V2.0)."""

    def read(table: Table, now_ms: int) -> Mapping[int, int]:
        if table == "holding":
            return {}
        now = reading(now_ms)
        apparent = sum(volts * amperes for volts, amperes in zip(now.voltage, now.current, strict=True))
        values = dict.fromkeys(range(0, 100, 2), 0.0)
        for first, phases in ((0, now.voltage), (6, now.current), (12, now.power)):
            values |= {first + 2 * place: float(value) for place, value in enumerate(phases)}
        values |= {52: float(now.total_power), 56: apparent, 60: float(sum(now.reactive_power))}
        values |= {62: now.power_factor, 70: now.frequency, 72: now.energy_kwh}
        return {
            first + place: word
            for first, value in values.items()
            for place, word in enumerate(struct.unpack(">2H", struct.pack(">f", value)))
        }

    return read
