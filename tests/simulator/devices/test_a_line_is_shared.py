"""Several devices on one pair of wires: requests come in pieces, with noise, for one of them."""

from __future__ import annotations

from functools import partial

from simulator.devices.bus import LineFaults, Spoiler, Transmission
from simulator.devices.counting import CountingSlave
from simulator.devices.dlt645 import Dlt645Bus, Dlt645Meter, frame
from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave, crc16, pulse_counter_registers
from simulator.devices.rdm6300 import BadgeReader, card_frame
from simulator.model.people import Swipe

NOW = 1_764_000_000_000


def request(address: int, first: int = 0, count: int = 2, function: int = 3) -> bytes:
    body = bytes([address, function]) + first.to_bytes(2, "big") + count.to_bytes(2, "big")
    return body + crc16(body)


def water(address: int, litres: int) -> ModbusSlave:
    return ModbusSlave(address, pulse_counter_registers(lambda _: litres))


def test_only_the_addressed_slave_answers() -> None:
    bus = ModbusBus([water(1, 100), water(2, 70_000)])
    (reply,) = bus.hear(request(2), NOW)
    assert reply[:7] == bytes([2, 3, 4, 0, 1, 0x11, 0x70])
    assert bus.hear(request(3), NOW) == []


def test_a_request_may_come_byte_by_byte() -> None:
    bus = ModbusBus([water(1, 5)])
    replies = [reply for byte in request(1) for reply in bus.hear(bytes([byte]), NOW)]
    assert len(replies) == 1


def test_noise_before_a_request_is_passed_over() -> None:
    bus = ModbusBus([water(1, 5)])
    assert len(bus.hear(b"\x00\xff\x17" + request(1), NOW)) == 1


def test_half_a_request_is_forgotten_after_a_pause() -> None:
    bus = ModbusBus([water(1, 5)])
    assert bus.hear(request(1)[:5], NOW) == []
    assert len(bus.hear(request(1), NOW + 1000)) == 1


def test_a_request_with_a_wrong_crc_is_not_answered() -> None:
    bus = ModbusBus([water(1, 5)])
    assert bus.hear(request(1)[:-1] + b"\x00", NOW) == []


def test_writing_is_an_illegal_function() -> None:
    bus = ModbusBus([water(1, 5)])
    (reply,) = bus.hear(request(1, function=6), NOW)
    assert reply[:3] == bytes([1, 0x86, 1])


def test_a_silent_slave_says_nothing() -> None:
    slave = ModbusSlave(1, pulse_counter_registers(lambda _: 1), silent=lambda now_ms: now_ms >= NOW)
    bus = ModbusBus([slave])
    assert len(bus.hear(request(1), NOW - 1)) == 1
    assert bus.hear(request(1), NOW) == []


def test_two_meters_on_one_line_answer_for_themselves() -> None:
    bus = Dlt645Bus([Dlt645Meter(address, lambda _: {}) for address in ("000000000001", "000000000002")])
    asked = frame(bytes.fromhex("020000000000"), 0x13)
    assert bus.hear(b"\xfe\xfe\x68\x01" + asked, NOW) == [
        frame(bytes.fromhex("020000000000"), 0x93, bytes.fromhex("020000000000"))
    ]


def test_a_meter_does_not_take_a_reply_for_a_request() -> None:
    bus = Dlt645Bus([Dlt645Meter("000000000001", lambda _: {})])
    assert bus.hear(frame(bytes.fromhex("010000000000"), 0x93, bytes(6)), NOW) == []


def test_every_poll_counts_one_further_in_all_counters() -> None:
    slave = CountingSlave(1, 3)
    bus = ModbusBus([slave])
    for expected in (1, 2, 3):
        (reply,) = bus.hear(request(1, count=6), NOW)
        assert reply[3:15] == expected.to_bytes(4, "big") * 3
    assert slave.last == 3


def test_a_refused_request_does_not_count() -> None:
    slave = CountingSlave(1, 1)
    bus = ModbusBus([slave])
    bus.hear(request(1, count=0), NOW)
    bus.hear(request(1, function=4), NOW)
    bus.hear(request(1, first=5), NOW)
    assert slave.last == 0


def held_once(swipe: Swipe, *_: int) -> list[Swipe]:
    return [swipe]


def test_a_card_is_sent_two_to_four_times_while_it_is_held() -> None:
    swipes = [Swipe("gate-in", NOW + 1000 + n, "67003B51C6", "in") for n in range(3)]
    for swipe in swipes:
        reader = BadgeReader(partial(held_once, swipe))
        sent: list[Transmission] = []
        after_ms = NOW
        while (due := reader.next_transmission(after_ms)) is not None:
            sent.append(due)
            after_ms = due.time_ms
        assert {due.frame for due in sent} == {card_frame("67003B51C6")}
        assert 2 <= len(sent) <= 4
        assert sent[0].time_ms == swipe.time_ms
        assert sent[-1].time_ms < swipe.time_ms + 300


def test_faults_hit_every_nth_frame() -> None:
    bus = ModbusBus([])
    good = request(1)
    spoiler = Spoiler(bus, LineFaults(bad_checksum_every=2, noise_every=3, lost_every=5, noise=b"\xaa"))
    wire = [spoiler.on_the_wire(good) for _ in range(5)]
    assert wire == [good, bus.spoil(good), b"\xaa" + good, bus.spoil(good), b""]
    assert crc16(bus.spoil(good)[:-2]) != bus.spoil(good)[-2:]


def test_a_spoiled_frame_keeps_its_shape() -> None:
    card = card_frame("67003B51C6")
    spoiled = BadgeReader(lambda *_: []).spoil(card)
    assert len(spoiled) == 14
    assert spoiled != card
    assert spoiled[-1:] == b"\x03"
    meter = frame(bytes(6), 0x91, b"\x01")
    assert Dlt645Bus([]).spoil(meter)[-1] == 0x16
