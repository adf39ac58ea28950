"""The questions that make devices show themselves, asked of simulated devices without a line."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from edge_agent.drivers import osdp_frame
from edge_agent.scan import probes, search
from edge_agent.scan.probe import Probe, Setting
from simulator.devices import cjt188, dlt645, mbus, modbus_rtu
from simulator.devices.bus import Bus
from simulator.devices.iec62056_21 import IecMeter

NOW_MS = 1_764_000_000_000
METER = "201000000012"
WATER = "78330011223344"
BUSES: dict[str, tuple[Bus, list[str]]] = {
    "dlt645": (dlt645.Dlt645Bus([dlt645.Dlt645Meter(METER, lambda _: {})]), [METER]),
    "cjt188": (cjt188.Cjt188Bus([cjt188.Cjt188Meter(WATER, lambda _: 1, identifier=b"\x1f\x90")]), [WATER]),
    "mbus": (mbus.MBusBus([mbus.MBusMeter(7, "12345678", lambda _: (b"",))]), ["7"]),
    "iec62056_21": (IecMeter("12345678", lambda _: {"F.F": "00"}), ["any"]),
    "modbus_rtu": (
        modbus_rtu.ModbusBus(
            [
                modbus_rtu.ModbusSlave(address, modbus_rtu.climate_registers(address, lambda _: (20.0, 50.0)))
                for address in (3, 16)
            ]
        ),
        ["3", "16"],
    ),
}


def probe_of(protocol: str) -> Probe:
    return next(probe for probe in probes.likely() if probe.protocol == protocol)


def answered(probe: Probe, bus: Bus) -> Iterable[str]:
    for question in probe.questions:
        yield from question.answers(b"".join(bus.hear(question.request, NOW_MS)))


@pytest.mark.parametrize("protocol", sorted(BUSES))
def test_a_device_shows_itself_with_its_address(protocol: str) -> None:
    bus, addresses = BUSES[protocol]
    assert list(dict.fromkeys(answered(probe_of(protocol), bus))) == addresses


@pytest.mark.parametrize("probe", probes.thorough(), ids=lambda probe: probe.protocol)
def test_neither_silence_nor_an_echo_nor_noise_is_a_device(probe: Probe) -> None:
    for question in probe.questions[:40]:
        for heard in (b"", question.request, b"\x00\xff\x68\x10\x02/\xfe\x01" * 40):
            assert list(question.answers(heard)) == []


def test_an_osdp_reader_is_known_by_its_reply_behind_the_echo_of_the_question() -> None:
    request = osdp_frame.poll(1)
    # SIA OSDP 2.2 §7.1: ACK (40), address with bit 7 set
    body = bytes([0x53, 0x81, 8, 0, 4, 0x40])
    reply = body + osdp_frame.crc16(body).to_bytes(2, "little")
    question = probe_of("osdp").questions[1]
    assert question.request == request
    assert list(question.answers(request + reply)) == ["1"]
    assert list(probe_of("osdp").questions[0].answers(request + reply)) == []


def test_badge_readers_and_p1_ports_are_known_by_what_they_say_of_themselves() -> None:
    rdm, wiegand = (probe_of(name).questions[0] for name in ("rdm6300", "wiegand"))
    # tag 010A2B3C4D, exclusive or 51
    assert list(rdm.answers(b"\x02010A2B3C4D51\x03")) == [""]
    assert list(wiegand.answers(b"\xff10000000000000000000000000\r\n")) == []
    assert list(wiegand.answers(b"00000000000000000000000001\r\n")) == [""]


def test_the_usual_search_ends_within_a_minute_and_listens_only_once_at_a_speed() -> None:
    assert search.seconds(probes.likely()) <= 60
    listening = [(setting, asked) for setting, asked in search.steps(probes.likely()) if len(asked) > 1]
    assert [(setting, [probe.protocol for probe in asked]) for setting, asked in listening] == [
        (Setting(9600), ["rdm6300", "wiegand"])
    ]
