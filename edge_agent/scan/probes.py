"""Whom to ask what, the likeliest first. Pure: requests out, addresses in.

Speeds are those the devices are sold with: DL/T 645-2007 §4 and CJ/T 188 (2400 8E1, many are set to 9600),
MODBUS over Serial Line V1.02 §2.5 (19200 8E1 is its default; what is sold in China leaves the factory with
9600 or 4800 8N1), EN 13757-2 (2400 8E1), IEC 62056-21 (300 7E1), SIA OSDP (9600 8N1), DSMR P1 (115200 8N1).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from edge_agent.drivers import (
    cjt188_frame,
    dlt645_frame,
    dsmr_p1_frame,
    iec62056_21_frame,
    mbus_frame,
    modbus_frame,
    osdp_frame,
    pn532_uart,
    rdm6300,
    uhf_r200,
    wiegand,
)
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.modbus_frame import Table
from edge_agent.scan.probe import Answers, Probe, Question, Setting

_TABLES: Final[tuple[Table, ...]] = ("holding", "input")
#: Modbus devices answer within some tens of milliseconds; meters, by their standards, within half a second.
_MODBUS_WAIT_S: Final = 0.12
_REST_WAIT_S: Final = 0.08
_METER_WAIT_S: Final = 0.5
_OSDP_WAIT_S: Final = 0.2
_READER_WAIT_S: Final = 0.25
#: IEC 62056-21 §6: a meter takes up to 1.5 s to answer.
_IEC_WAIT_S: Final = 1.7
_LISTEN_S: Final = 2.0
#: DSMR 4 speaks every ten seconds.
_LISTEN_LONG_S: Final = 11.0

#: Addresses that Modbus devices leave the factory with or are given first; and the rest.
LIKELY_UNITS: Final = range(1, 17)
OTHER_UNITS: Final = range(17, 248)
_OSDP_ADDRESSES: Final = range(4)

_MODBUS_SETTINGS: Final = (
    Setting(9600),
    Setting(4800),
    Setting(2400),
    Setting(19_200),
    Setting(9600, "E"),
    Setting(19_200, "E"),
)
_RARE_MODBUS_SETTINGS: Final = (Setting(1200), Setting(38_400), Setting(57_600), Setting(115_200))
_METER_SETTINGS: Final = (Setting(2400, "E"), Setting(9600, "E"), Setting(1200, "E"), Setting(4800, "E"))
_WATER_SETTINGS: Final = (Setting(2400, "E"), Setting(9600, "E"), Setting(9600))
_UART: Final = Setting(115_200)

#: Total active energy, asked as 2007 and as 1997 has it.
_ENERGY_2007: Final = "00010000"
_ENERGY_1997: Final = "9010"


def modbus(units: Iterable[int], settings: tuple[Setting, ...] = _MODBUS_SETTINGS) -> Probe:
    """Each unit by a holding and an input register: some are silent for a table they do not have."""
    questions = tuple(_modbus_question(unit, table) for unit in units for table in _TABLES)
    return Probe("modbus_rtu", settings, questions)


def rest_of_modbus(settings: tuple[Setting, ...]) -> Probe:
    """The addresses that are not likely, once each, by the table nearly all devices answer for."""
    questions = tuple(_modbus_question(unit, "holding", _REST_WAIT_S) for unit in OTHER_UNITS)
    return Probe("modbus_rtu", settings, questions)


def _modbus_question(unit: int, table: Table, wait_s: float = _MODBUS_WAIT_S) -> Question:
    request = modbus_frame.read_request(unit, table, 1, 1)
    return Question(request, wait_s, _modbus_answers(unit, request[1]), str(unit))


def _modbus_answers(unit: int, function: int) -> Answers:
    def answers(heard: bytes) -> Iterator[str]:
        for start in range(len(heard) - 4):
            # A refusal is an answer, too.
            ours = heard[start] == unit and heard[start + 1] & 0x7F == function
            if ours and modbus_frame.frame_at(heard, start, "response") is not None:
                yield str(unit)
                return

    return answers


def _dlt645() -> Probe:
    everybody = dlt645_frame.WILDCARD
    requests = (
        dlt645_frame.encode(everybody, dlt645_frame.READ_ADDRESS_2007),
        dlt645_frame.read_request(everybody, _ENERGY_2007),
        dlt645_frame.read_request(everybody, _ENERGY_1997),
    )
    return Probe("dlt645", _METER_SETTINGS, _asked(requests, _METER_WAIT_S, _dlt645_answers))


def _dlt645_answers(heard: bytes) -> Iterator[str]:
    for frame in dlt645_frame.scan(heard).frames:
        if frame.is_reply and frame.address != dlt645_frame.WILDCARD:
            yield frame.address


def _cjt188() -> Probe:
    everybody = cjt188_frame.WILDCARD
    requests = [cjt188_frame.read_request(0x10, everybody, high_first) for high_first in (True, False)]
    return Probe("cjt188", _WATER_SETTINGS, _asked(requests, _METER_WAIT_S, _cjt188_answers))


def _cjt188_answers(heard: bytes) -> Iterator[str]:
    for frame in cjt188_frame.scan(heard).frames:
        if frame.is_reply and frame.address != cjt188_frame.WILDCARD:
            yield frame.address


def _mbus() -> Probe:
    request = mbus_frame.short(mbus_frame.REQ_UD2[0], mbus_frame.ANY)
    settings = (Setting(2400, "E"), Setting(9600, "E"))
    return Probe("mbus", settings, _asked([request], _METER_WAIT_S, _mbus_answers))


def _mbus_answers(heard: bytes) -> Iterator[str]:
    """The primary address; of a meter that was never given one, the eight digits on it."""
    for frame in mbus_frame.scan(heard).frames:
        digits = frame.data[3::-1].hex()
        if frame.is_reply and frame.address != 0:
            yield str(frame.address)
        elif frame.is_reply and len(digits) == 8 and digits.isdecimal():
            yield digits


def _iec62056_21() -> Probe:
    request = iec62056_21_frame.sign_on(iec62056_21_frame.ANY)
    return Probe("iec62056_21", (Setting(300, "E", 7),), _asked([request], _IEC_WAIT_S, _iec_answers))


def _iec_answers(heard: bytes) -> Iterator[str]:
    if iec62056_21_frame.identification_in(heard) is not None:
        yield iec62056_21_frame.ANY


def _osdp() -> Probe:
    questions = tuple(
        Question(osdp_frame.poll(address), _OSDP_WAIT_S, _osdp_answers(address), str(address))
        for address in _OSDP_ADDRESSES
    )
    return Probe("osdp", (Setting(9600), Setting(115_200)), questions)


def _osdp_answers(address: int) -> Answers:
    def answers(heard: bytes) -> Iterator[str]:
        with contextlib.suppress(FrameError):
            frame = osdp_frame.parse(heard.replace(osdp_frame.poll(address), b""))
            if frame.reply and frame.address == address:
                yield str(address)

    return answers


def _asked(requests: Iterable[bytes], wait_s: float, answers: Answers) -> tuple[Question, ...]:
    return tuple(Question(request, wait_s, answers) for request in requests)


def _one(heard_one: Callable[[bytes], bool]) -> Answers:
    """The only reader of its line: it has no address."""
    return lambda heard: [""] if heard_one(heard) else []


def _wiegand_heard(heard: bytes) -> bool:
    for line in re.split(rb"[\r\n]+", heard):
        with contextlib.suppress(FrameError):
            wiegand.card(line.decode("ascii", errors="replace").strip())
            return True
    return False


def _p1_answers(heard: bytes) -> list[str]:
    return [dsmr_p1_frame.ANY] if dsmr_p1_frame.scan(heard).telegrams else []


def _listeners(p1_s: float) -> list[Probe]:
    """Those that speak of themselves."""
    rdm = _one(lambda heard: bool(rdm6300.scan(heard).cards))
    return [
        Probe("rdm6300", (Setting(9600),), _asked([b""], _LISTEN_S, rdm)),
        Probe("wiegand", (Setting(9600),), _asked([b""], _LISTEN_S, _one(_wiegand_heard))),
        Probe("dsmr_p1", (_UART,), _asked([b""], p1_s, _p1_answers)),
    ]  # fmt: skip


def _uart_readers() -> list[Probe]:
    """Badge readers that are asked, without an address."""
    # An echo of the question is a frame, too.
    r200 = _one(lambda heard: any(frame.type != uhf_r200.COMMAND for frame in uhf_r200.scan(heard).frames))
    pn532 = _one(lambda heard: any(frame.kind == "response" for frame in pn532_uart.scan(heard).frames))
    return [
        Probe("uhf_r200", (_UART,), _asked([uhf_r200.command(uhf_r200.POLL_ONCE)], _READER_WAIT_S, r200)),
        Probe("pn532_uart", (_UART,), _asked([pn532_uart.WAKE_UP + pn532_uart.START], _READER_WAIT_S, pn532)),
    ]


def likely() -> list[Probe]:
    """What a site is likely to have, within a minute."""
    return [
        *_listeners(_LISTEN_S), _dlt645(), modbus(LIKELY_UNITS), _cjt188(), _mbus(), _osdp(),
        *_uart_readers(), _iec62056_21(),
    ]  # fmt: skip


def thorough() -> list[Probe]:
    """Everything there is a driver for, at every speed it is sold with."""
    everywhere = _MODBUS_SETTINGS + _RARE_MODBUS_SETTINGS
    every_unit = (*LIKELY_UNITS, *OTHER_UNITS)
    return [
        *_listeners(_LISTEN_LONG_S), _dlt645(), modbus(every_unit, everywhere), _cjt188(), _mbus(), _osdp(),
        *_uart_readers(), _iec62056_21(),
    ]  # fmt: skip
