"""Which protocols there are: one line each, checked against the folder by a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from edge_agent.drivers import dlt645_decode, dlt645_frame, modbus_decode, modbus_rtu, rdm6300
from edge_agent.drivers.contract import ListeningDriver, PolledDriver
from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.dlt645 import Dlt645
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.drivers.rdm6300 import Rdm6300

#: Bytes and what is known besides, to JSON-ready fields. Raises decoding.FrameError.
Decoder = Callable[[bytes, Asked], dict[str, Any]]

#: Protocols whose devices are asked. One driver object serves one line.
POLLED: Final[dict[str, Callable[..., PolledDriver]]] = {"dlt645": Dlt645, "modbus_rtu": ModbusRtu}
#: Protocols whose devices speak by themselves.
LISTENING: Final[dict[str, Callable[..., ListeningDriver]]] = {"rdm6300": Rdm6300}
DECODERS: Final[dict[str, Decoder]] = {
    "dlt645": dlt645_decode.decode,
    "modbus_rtu": modbus_decode.decode,
    "rdm6300": rdm6300.decode,
}
#: The address of a device as its driver wants it. Raises ValueError, saying what an address is.
ADDRESSES: Final[dict[str, Callable[[str | int], str]]] = {
    "dlt645": dlt645_frame.normal_address,
    "modbus_rtu": lambda address: str(modbus_rtu.unit_id(address)),
    "rdm6300": str,
}
PROTOCOLS: Final = tuple(sorted(DECODERS))
