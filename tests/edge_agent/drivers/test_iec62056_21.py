"""The IEC 62056-21 driver on a real pseudo-terminal: signing on, changing the speed, reading out."""

from __future__ import annotations

import termios
import time

import pytest

from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    PortSettings,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.iec62056_21 import Iec62056, check_at
from edge_agent.drivers.iec62056_21_frame import identification_in, is_damaged, readout_in
from edge_agent.drivers.obis import Readout, evaluate, parse
from edge_agent.line.serial_port import SerialPort, open_port
from simulator.devices.iec62056_21 import readout
from tests.edge_agent.drivers.scripted_device import Answer, ScriptedDevice

ENERGY = Point("active_energy_import", {"obis": "1.8.0"})
VOLTAGE = Point("voltage_l1", {"obis": "32.7"})
WHO = b"/LGZ4ZMF100AC.M26\r\n"
VALUES = readout({"F.F": "00", "1.8.0": "061561.289*kWh", "32.7": "241*V", "C.1.0": "13647123"})
SIGN_ON = b"/?!\r\n"
ACCEPT_4800 = b"\x06040\r\n"


class Meter(ScriptedDevice):
    """Notes the speed of the line whenever it hears something."""

    def __init__(self, script: list[Answer]) -> None:
        super().__init__(script)
        self.speeds: list[int] = []

    def _hear(self) -> None:
        self.speeds.append(termios.tcgetattr(self._slave)[4])
        super()._hear()

    def speed(self) -> int:
        """The speed now."""
        return int(termios.tcgetattr(self._slave)[4])


async def _poll(
    *script: Answer, points: tuple[Point, ...] = (ENERGY,), counters: LineCounters | None = None
) -> tuple[Meter, Reply]:
    meter = Meter(list(script))
    port: SerialPort = open_port(PortSettings(meter.path, baud=300, parity="E", data_bits=7))
    try:
        target = Target("meter", "any", points, {"turnaround_s": 0.0})
        reply = await Iec62056(reaction_s=0.6).poll(port, target, counters or LineCounters(), 0.1)
        assert meter.speed() == termios.B300, "the next conversation begins with 300 baud again"
        return meter, reply
    finally:
        port.close()
        meter.close()


async def test_the_speed_changes_when_the_acknowledgement_has_left_and_back_again() -> None:
    counters = LineCounters()
    meter, reply = await _poll(WHO, VALUES, points=(ENERGY, VOLTAGE), counters=counters)
    assert reply.values == {"active_energy_import": 61_561.289, "voltage_l1": 241}
    assert meter.heard == [SIGN_ON, ACCEPT_4800]
    assert meter.speeds[0] == termios.B300
    assert counters == LineCounters(requests=2, replies=2)


async def test_the_line_is_at_the_offered_speed_while_the_meter_reads_out() -> None:
    meter = Meter([None])
    port = open_port(PortSettings(meter.path, baud=300))
    try:
        await port.set_baud(4800)
        assert meter.speed() == termios.B4800
        await port.set_baud(None)
        assert meter.speed() == termios.B300
    finally:
        port.close()
        meter.close()


async def test_a_bad_check_byte_is_asked_again_from_the_start() -> None:
    counters = LineCounters()
    broken = VALUES[:-1] + bytes([VALUES[-1] ^ 1])
    meter, reply = await _poll(WHO, broken, WHO, VALUES, counters=counters)
    assert reply.values == {"active_energy_import": 61_561.289}
    assert meter.heard == [SIGN_ON, ACCEPT_4800] * 2
    assert counters.checksum_errors == 1


async def test_a_check_byte_that_stays_bad_is_said_so() -> None:
    broken = VALUES[:-1] + bytes([VALUES[-1] ^ 1])
    with pytest.raises(TransientError) as caught:
        await _poll(WHO, broken, WHO, broken)
    assert caught.value.reason == "bad_checksum"


async def test_a_meter_of_another_mode_is_refused_with_its_name() -> None:
    with pytest.raises(PermanentError, match=r"mode A or B \(ABBCxyz\)"):
        await _poll(b"/ABBCxyz\r\n")


async def test_a_meter_that_signs_on_and_sends_nothing_is_no_reply() -> None:
    with pytest.raises(TransientError, match=r"LGZ4ZMF100AC\.M26.*no data") as caught:
        await _poll(WHO)
    assert caught.value.reason == "no_reply"


async def test_a_value_the_meter_does_not_send_fails_alone() -> None:
    _, reply = await _poll(WHO, VALUES, points=(ENERGY, Point("frequency", {"obis": "14.7"})))
    assert reply == Reply(
        {"active_energy_import": 61_561.289, "frequency": None}, {"frequency": "device_error"}
    )


async def test_a_meter_that_sends_none_of_it_is_a_permanent_error() -> None:
    with pytest.raises(PermanentError, match="none of what its profile names"):
        await _poll(WHO, VALUES, points=(Point("frequency", {"obis": "14.7"}),))


async def test_a_text_where_a_number_should_be_is_null() -> None:
    _, reply = await _poll(WHO, readout({"1.8.0": "------*kWh"}))
    assert reply == Reply({"active_energy_import": None}, {"active_energy_import": "not_a_number"})


def test_an_optical_heads_reflection_is_no_identification() -> None:
    assert identification_in(SIGN_ON) is None
    found = identification_in(b"\x00" + SIGN_ON + WHO)
    assert found is not None
    assert found.text == "LGZ4ZMF100AC.M26"


def test_noise_full_of_beginnings_does_not_hide_the_readout_nor_cost_a_second() -> None:
    noise = b"\x02\x00" * 4_000
    began_s = time.process_time()
    assert readout_in(noise + VALUES) == VALUES[1:-2]
    assert is_damaged(noise + VALUES[:-1] + b"\x00")
    assert time.process_time() - began_s < 1.0


@pytest.mark.parametrize(
    ("quantity", "expression", "value"),
    [
        ("active_energy_import", "1.8.1 + 1.8.2", 6.825),
        ("active_energy_import", "1.8.2 - 1.8.1", -2.027),
        ("active_energy_import", "-1.8.1", -4.426),
        ("active_energy_import", "1-0:1.8.1", 4.426),
        ("active_energy_import", "1.8.T", 6.825),
        ("active_energy_import", "1.8.0 | 1.8.T", 6.825),
        ("active_power", "16.7.0 | 1.7.0", 244.0),
        ("active_power", "1-0:1.7", 244.0),
        ("power_factor", "13.7.0", 0.95),
    ],
)
def test_a_point_is_an_address_a_sum_or_the_first_there_is_in_the_tables_unit(
    quantity: str, expression: str, value: float
) -> None:
    said = parse(
        "1-0:1.8.1*255(000004.426*kWh)\r\n1-0:1.8.2(2399*Wh)\r\n1-0:1.7.0(00.244*kW)\r\n1-0:13.7.0(0.95)"
    )
    assert evaluate(expression, Readout(said), quantity) == value


@pytest.mark.parametrize(
    "text",
    [
        "1.8.0*01(000100.0*kWh)1.8.0*02(000090.0*kWh)",
        "1.8.0&04(000100.0*kWh)",
        "1-0:1.8.0*101(000100.0*kWh)",
        "1.8.0*126(000100.0*kWh)",
        "6-0:1.8.0(000100.0*kWh)",
        "1.6.0(000100.0*kW)",
    ],
)
def test_a_past_period_or_another_medium_stands_in_for_nothing(text: str) -> None:
    with pytest.raises(KeyError):
        evaluate("1.8.0 | 1.8.T", Readout(parse(text)), "active_energy_import")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.8.0*01(90*kWh)1.8.0*255(100*kWh)", 100.0),
        ("1.8.0*01(90*kWh)1.8.0(100*kWh)", 100.0),
        ("1-1:1.8.0(90*kWh)1-0:1.8.0(100*kWh)", 100.0),
        ("1-1:1.8.0(90*kWh)", 90.0),
        ("1-1:1.8.0(90*kWh)1-2:1.8.0(100*kWh)", None),
        ("1.8.0(90*kWh)1.8.0(100*kWh)", None),
        ("1.8.0(100*kW)", None),
        ("1.8.0(100*furlong)", None),
        ("1.8.0(------*kWh)", None),
        ("1.8.0(100*KWH)", 100.0),
        ("1.8.0(0,1*MWh )", 100.0),
    ],
)
def test_the_present_value_of_one_channel_in_a_unit_of_energy_is_believed(
    text: str, value: float | None
) -> None:
    assert evaluate("1.8.0", Readout(parse(text)), "active_energy_import") == value


async def test_a_meter_silent_in_the_normal_protocol_is_asked_in_the_one_it_offers_and_remembered() -> None:
    who = b"/APA5\\2NORAX30\r\n"
    meter, reply = await _poll(who, None, who, VALUES)
    assert reply.values == {"active_energy_import": 61_561.289}
    assert meter.heard == [SIGN_ON, b"\x06050\r\n", SIGN_ON, b"\x06250\r\n"]


async def test_a_meter_that_finds_an_error_in_itself_is_read_with_doubt() -> None:
    _, sound = await _poll(WHO, VALUES)
    _, sick = await _poll(WHO, readout({"F.F": "00000080", "1.8.0": "061561.289*kWh"}))
    assert sound.values == sick.values
    assert (sound.doubt, sick.doubt) == (None, "device_error")


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"di": "9010"},
        {"obis": ""},
        {"obis": "1.8.1 1.8.2"},
        {"obis": "+ +"},
        {"obis": "1.8.0*01"},
        {"obis": "1.8.0 | 1.8.1 + 1-0:1.8.2*0"},
    ],
)
def test_a_profile_names_a_code(where: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"1\.8"):
        check_at(where)


def test_a_block_of_brackets_is_refused_in_a_moment() -> None:
    """Found by fuzzing: a grammar with two ways to read a text took minutes over this."""
    began_s = time.process_time()
    with pytest.raises(ValueError, match="no data sets"):
        parse("0-0:98.1.0" + "(1)" * 200 + "(")
    assert time.process_time() - began_s < 0.5
