"""Which protocols there are: one entry each, checked against the folder by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import (
    dlt645_decode,
    dlt645_frame,
    modbus_decode,
    modbus_rtu,
    osdp,
    osdp_frame,
    pn532_uart,
    rdm6300,
    uhf_r200,
    wiegand,
)
from edge_agent.drivers.contract import ListeningDriver, Parity, PolledDriver
from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.dlt645 import Dlt645
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
    # DL/T 645-2007 §4: 2400, even parity; 1997 meters have 1200.
    "dlt645": Entry(dlt645_decode.decode, dlt645_frame.normal_address, Dlt645, baud=2400, parity="E"),
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
