"""Which protocols there are: one entry each, checked against the folder by a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import dlt645_decode, dlt645_frame, modbus_decode, modbus_rtu, rdm6300
from edge_agent.drivers.contract import ListeningDriver, Parity, PolledDriver
from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.dlt645 import Dlt645
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.drivers.rdm6300 import Rdm6300

#: Bytes and what is known besides, to JSON-ready fields. Raises decoding.FrameError.
Decoder = Callable[[bytes, Asked], dict[str, Any]]


def _no_word(_where: Mapping[str, Any]) -> None:
    raise ValueError("has no place here: this protocol's points are written in words of their own")


@dataclass(frozen=True, slots=True)
class Entry:
    """One protocol: a polled driver, or one that listens. One driver object serves one line."""

    decode: Decoder
    #: The address of a device as its driver wants it. Raises ValueError, saying what an address is.
    address: Callable[[str | int], str]
    polled: Callable[..., PolledDriver] | None = None
    listening: Callable[..., ListeningDriver] | None = None
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
    "rdm6300": Entry(rdm6300.decode, str, listening=Rdm6300),
}

PROTOCOLS: Final = tuple(sorted(TABLE))
#: Protocols whose devices are asked.
POLLED: Final = {name: entry.polled for name, entry in TABLE.items() if entry.polled}
#: Protocols whose devices speak by themselves.
LISTENING: Final = {name: entry.listening for name, entry in TABLE.items() if entry.listening}
DECODERS: Final = {name: entry.decode for name, entry in TABLE.items()}
ADDRESSES: Final = {name: entry.address for name, entry in TABLE.items()}
