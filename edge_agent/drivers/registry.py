"""Which protocols there are: one entry each, checked against the folder by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import (
    cjt188,
    cjt188_frame,
    dlt645_decode,
    dlt645_frame,
    dsmr_p1,
    dsmr_p1_frame,
    iec62056_21,
    iec62056_21_frame,
    mbus_decode,
    mbus_frame,
    modbus_decode,
    modbus_rtu,
    osdp,
    osdp_frame,
    pn532_uart,
    rdm6300,
    uhf_r200,
    wiegand,
)
from edge_agent.drivers.cjt188 import Cjt188
from edge_agent.drivers.contract import ListeningDriver, Parity, PolledDriver
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.dlt645 import Dlt645
from edge_agent.drivers.dsmr_p1 import DsmrP1
from edge_agent.drivers.iec62056_21 import Iec62056
from edge_agent.drivers.mbus import MBus
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.drivers.mqtt import dialects, mapping
from edge_agent.drivers.mqtt.dialects import Dialect
from edge_agent.drivers.osdp import Osdp
from edge_agent.drivers.pn532_uart import Pn532Uart
from edge_agent.drivers.rdm6300 import Rdm6300
from edge_agent.drivers.uhf_r200 import UhfR200
from edge_agent.drivers.wiegand import Wiegand

#: Bytes and what is known besides, to JSON-ready fields. Raises decoding.FrameError.
Decoder = Callable[[bytes, Asked], dict[str, Any]]


def _no_word(_where: Mapping[str, Any]) -> None:
    raise ValueError("has no place here: this protocol's points are written in words of their own")


@dataclass(frozen=True, slots=True)
class Entry:
    """One protocol: a polled driver, one that listens, or a dialect of MQTT.

    One driver object serves one line. With none of the three it is a piece that only `decode` reads.
    """

    decode: Decoder
    #: The address of a device as its driver wants it. Raises ValueError, saying what an address is.
    address: Callable[[str | int], str]
    polled: Callable[..., PolledDriver] | None = None
    listening: Callable[..., ListeningDriver] | None = None
    dialect: Dialect | None = None
    #: Its messages are text: `decode` takes them as they are, not in hex.
    text: bool = False
    #: How its devices are sold.
    baud: int = 9600
    parity: Parity = "N"
    data_bits: int = 8
    #: Whether a point's `at` in a profile says which value is meant. Raises ValueError.
    check_at: Callable[[Mapping[str, Any]], None] = _no_word


TABLE: Final[dict[str, Entry]] = {
    "cjt188": Entry(
        cjt188_frame.decode,
        cjt188_frame.normal_address,
        Cjt188,
        baud=2400,
        parity="E",
        check_at=cjt188.check_at,
    ),
    # DL/T 645-2007 §4: 2400, even parity; 1997 meters have 1200.
    "dlt645": Entry(dlt645_decode.decode, dlt645_frame.normal_address, Dlt645, baud=2400, parity="E"),
    # DSMR 4 and 5; before it was 9600 7E1.
    "dsmr_p1": Entry(
        dsmr_p1_frame.decode,
        dsmr_p1_frame.normal_address,
        DsmrP1,
        baud=115_200,
        check_at=dsmr_p1.check_at,
        text=True,
    ),
    # §6.1: a conversation begins with 300 baud, 7 bits, even parity.
    "iec62056_21": Entry(
        iec62056_21_frame.decode,
        iec62056_21_frame.normal_address,
        Iec62056,
        baud=300,
        parity="E",
        data_bits=7,
        check_at=iec62056_21.check_at,
    ),
    "mbus": Entry(
        mbus_decode.decode,
        mbus_frame.normal_address,
        MBus,
        baud=2400,
        parity="E",
        check_at=mbus_decode.check_at,
    ),
    "modbus_rtu": Entry(modbus_decode.decode, modbus_rtu.normal_address, ModbusRtu),
    "osdp": Entry(osdp_frame.decode, osdp.reader_address, listening=Osdp),
    "pn532_uart": Entry(pn532_uart.decode, str, listening=Pn532Uart, baud=115_200),
    "rdm6300": Entry(rdm6300.decode, str, listening=Rdm6300),
    "uhf_r200": Entry(uhf_r200.decode, str, listening=UhfR200, baud=115_200),
    "wiegand": Entry(wiegand.decode, str, listening=Wiegand, text=True),
    "lorawan_codecs": Entry(dialects.DECODERS["lorawan_codecs"], str),
    **{
        name: Entry(
            dialects.DECODERS[name], one.normal, dialect=one, check_at=mapping.check_at, text=one.text
        )
        for name, one in dialects.DIALECTS.items()
    },
}

PROTOCOLS: Final = tuple(sorted(TABLE))
#: Protocols whose devices are asked.
POLLED: Final = {name: entry.polled for name, entry in TABLE.items() if entry.polled}
#: Protocols whose devices speak by themselves.
LISTENING: Final = {name: entry.listening for name, entry in TABLE.items() if entry.listening}
#: Dialects of devices that speak MQTT.
DIALECTS: Final = {name: entry.dialect for name, entry in TABLE.items() if entry.dialect}
DECODERS: Final = {name: entry.decode for name, entry in TABLE.items()}
ADDRESSES: Final = {name: entry.address for name, entry in TABLE.items()}


def decoded(protocol: str, data: bytes, asked: Asked) -> dict[str, Any]:
    """What `data` mean: always something. Raises FrameError for no good frame, or one that says nothing."""
    fields = DECODERS[protocol](data, asked)
    if not fields:
        raise FrameError("nothing_known", f"{len(data)} bytes of {protocol} in which nothing is known here")
    return fields
