"""The simulator's own encoders give, for the same values, the bytes that real devices sent.

Frames: ../shared/vectors/{dlt645,modbus_rtu,rdm6300}.json, where each names its source.
"""

from __future__ import annotations

import pytest

from simulator.devices.dlt645 import Dlt645Bus, Dlt645Meter, bcd
from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave, Table, climate_registers, words
from simulator.devices.rdm6300 import card_frame

NOW = 1_764_000_000_000

#: (data identifier, its data, FE before the reply, address, request, reply)
CAPTURED_645 = [
    (
        "00010000",
        bcd(26, 4),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 33 34 33 14 16",
        "68 61 01 00 00 00 00 68 91 08 33 33 34 33 59 33 33 33 8A 16",
    ),
    (
        "02010100",
        bcd(1001, 2),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 34 34 35 17 16",
        "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16",
    ),
    (
        "02020100",
        bcd(4999, 3, signed=True),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 34 35 35 18 16",
        "68 61 01 00 00 00 00 68 91 07 33 34 35 35 CC 7C 33 16 16",
    ),
    (
        "02030000",
        bcd(2512, 3, signed=True),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 33 36 35 18 16",
        "68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 33 6B 16",
    ),
    (
        "02030000",
        bcd(-2512, 3, signed=True),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 33 36 35 18 16",
        "68 61 01 00 00 00 00 68 91 07 33 33 36 35 45 58 B3 EB 16",
    ),
    (
        "02060000",
        bcd(501, 2, signed=True),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 33 33 39 35 1B 16",
        "68 61 01 00 00 00 00 68 91 06 33 33 39 35 34 38 09 16",
    ),
    (
        "02800002",
        bcd(5000, 2),
        0,
        "161",
        "68 61 01 00 00 00 00 68 11 04 35 33 B3 35 97 16",
        "68 61 01 00 00 00 00 68 91 06 35 33 B3 35 33 83 CF 16",
    ),
    (
        "00010000",
        bcd(123456, 4),
        2,
        "123456789012",
        "FE FE FE FE 68 12 90 78 56 34 12 68 11 04 33 33 34 33 68 16",
        "FE FE 68 12 90 78 56 34 12 68 91 08 33 33 34 33 89 67 45 33 54 16",
    ),
    (
        "0001FF00",
        b"".join(bcd(cent, 4) for cent in (129, 62, 60, 3, 2)),
        0,
        "201000000012",
        "68 12 00 00 00 10 20 68 11 04 33 32 34 33 F3 16",
        "68 12 00 00 00 10 20 68 91 18 33 32 34 33 5C343333 95333333 93333333 36333333 35333333 74 16",
    ),
]


def meter_bus(address: str, items: dict[int, bytes], preamble: int = 0) -> Dlt645Bus:
    return Dlt645Bus([Dlt645Meter(address.zfill(12), lambda _: items, preamble=preamble)])


@pytest.mark.parametrize(
    ("item", "data", "preamble", "address", "request_hex", "reply_hex"),
    CAPTURED_645,
    ids=[f"{row[0]}-{row[3]}-{row[1].hex()}" for row in CAPTURED_645],
)
def test_a_dlt645_meter_answers_as_captured(
    item: str, data: bytes, preamble: int, address: str, request_hex: str, reply_hex: str
) -> None:
    bus = meter_bus(address, {int(item, 16): data}, preamble)
    assert bus.hear(bytes.fromhex(request_hex), NOW) == [bytes.fromhex(reply_hex)]


def test_a_dlt645_meter_tells_its_address_to_whoever_does_not_know_it() -> None:
    bus = meter_bus("201000000012", {})
    asked = bytes.fromhex("68AAAAAAAAAAAA681300DF16")
    assert bus.hear(asked, NOW) == [bytes.fromhex("681200000010206893064533333343531F16")]


def test_a_dlt645_meter_refuses_an_item_it_does_not_have() -> None:
    bus = meter_bus("201000000012", {})
    asked = bytes.fromhex("6812000000102068110433333436F716")
    assert bus.hear(asked, NOW) == [bytes.fromhex("68 12 00 00 00 10 20 68 D1 01 35 19 16")]


def test_a_wildcard_address_reads_any_meter() -> None:
    bus = meter_bus("000072007201", {0x00010000: bytes(4)})
    asked = bytes.fromhex("68AAAAAAAAAAAA68110433333433AE16")
    assert bus.hear(asked, NOW) == [bytes.fromhex("680172007200006891083333343333333333E716")]


@pytest.mark.parametrize(("value", "size", "signed"), [(10_000, 2, False), (-1, 2, False), (8000, 2, True)])
def test_a_number_without_room_is_refused_not_cut(value: int, size: int, signed: bool) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        bcd(value, size, signed=signed)


def registers_bus(address: int, registers: dict[int, int]) -> ModbusBus:
    def read(table: Table, now_ms: int) -> dict[int, int]:
        return registers

    return ModbusBus([ModbusSlave(address, read)])


@pytest.mark.parametrize(
    ("registers", "request_hex", "reply_hex"),
    [
        ({0: 0x4366, 1: 0x3334}, "01 04 00 00 00 02 71 CB", "01 04 04 43 66 33 34 1B 38"),
        ({0: 0x3F80, 1: 0}, "01 03 00 00 00 02 C4 0B", "01 03 04 3F 80 00 00 F7 CF"),
        (
            dict(enumerate((658, -101 & 0xFFFF, 1000, 56))),
            "01 03 00 00 00 04 44 09",
            "01 03 08 02 92 FF 9B 03 E8 00 38 57 B6",
        ),
        (dict(enumerate(words(1000), start=4)), "01 03 00 04 00 02 85 CA", "01 03 04 00 00 03 E8 FA 8D"),
        ({101: -5 & 0xFFFF}, "01 03 00 65 00 01 94 15", "01 03 02 FF FB B8 37"),
        ({14: 880}, "01 04 00 0E 00 01 50 09", "01 04 02 03 70 B8 24"),
        (
            dict(enumerate((16, 32, 64), start=105)),
            "01 03 00 69 00 03 D5 D7",
            "01 03 06 00 10 00 20 00 40 E0 8C",
        ),
    ],
)
def test_a_modbus_slave_answers_as_captured(
    registers: dict[int, int], request_hex: str, reply_hex: str
) -> None:
    assert registers_bus(1, registers).hear(bytes.fromhex(request_hex), NOW) == [bytes.fromhex(reply_hex)]


@pytest.mark.parametrize(
    ("request_hex", "reply_hex"),
    [
        ("01 04 00 01 00 01 60 0A", "01 04 02 01 31 79 74"),
        ("01 04 00 02 00 01 90 0A", "01 04 02 02 22 38 49"),
        ("01 04 00 01 00 02 20 0B", "01 04 04 01 31 02 22 2A CE"),
        ("01 03 01 01 00 01 D4 36", "01 03 02 00 01 79 84"),
    ],
)
def test_a_climate_sensor_answers_as_an_xy_md02(request_hex: str, reply_hex: str) -> None:
    bus = ModbusBus([ModbusSlave(1, climate_registers(1, lambda _: (30.5, 54.6)))])
    assert bus.hear(bytes.fromhex(request_hex), NOW) == [bytes.fromhex(reply_hex)]


def test_a_modbus_slave_refuses_registers_it_does_not_have() -> None:
    asked = bytes.fromhex("11 03 00 7C 00 02 07 43")
    assert registers_bus(17, {0: 1}).hear(asked, NOW) == [bytes.fromhex("11 83 02 C1 34")]


@pytest.mark.parametrize(
    ("card", "frame_hex"),
    [
        ("62E3086CED", "02 36 32 45 33 30 38 36 43 45 44 30 38 03"),
        ("01000734E0", "02 30 31 30 30 30 37 33 34 45 30 44 32 03"),
        ("67003B51C6", "02 36 37 30 30 33 42 35 31 43 36 43 42 03"),
        ("67003BA86C", "02 36 37 30 30 33 42 41 38 36 43 39 38 03"),
    ],
)
def test_a_badge_reader_sends_the_frame_of_the_card(card: str, frame_hex: str) -> None:
    assert card_frame(card) == bytes.fromhex(frame_hex)
