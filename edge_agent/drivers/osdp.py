"""OSDP v2 readers on RS-485, with secure channel: the control panel's side, by libosdp (the extra `osdp`).

Several readers may share a line. With a base key (SCBK) the secure channel is enforced: a reader that cannot
make it stays offline, and nothing it says in the clear is believed. libosdp is polled from the event loop: it
gets what the port has read and leaves what is to be written; it never touches the port or makes a thread.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from edge_agent.drivers.contract import CardRead, LineCounters, PermanentError, Port, ReaderState
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.wiegand import card

#: libosdp wants to be called often: it polls each reader about 20 times a second.
_TURN_S: Final = 0.02
#: What a reader may have sent and libosdp not yet taken: some frames of the longest kind.
_INPUT_BOUND_BYTES: Final = 8 * 1024
_INSTALL: Final = "OSDP needs libosdp, which is not installed: pip install 'plumbline[edge,osdp]'"
SCBK_BYTES: Final = 16


def available() -> bool:
    """Whether libosdp is installed."""
    return importlib.util.find_spec("osdp_sys") is not None


def missing() -> str | None:
    """What to do where libosdp is not installed; None where it is."""
    return None if available() else _INSTALL


def reader_address(address: str | int) -> str:
    """A reader's address, 0 to 126 (127 is everybody). Raises ValueError."""
    text = str(address)
    if not text.isascii() or not text.isdecimal() or int(text) > 126:
        raise ValueError(f'"{text}" is no OSDP address: a number from 0 to 126')
    return str(int(text))


class _Wire:
    """What libosdp takes for a channel: bytes that have come, and bytes to send."""

    def __init__(self) -> None:
        self.id = 0
        self.heard = bytearray()
        self.to_send = bytearray()

    def read(self, max_bytes: int) -> bytes:
        """For libosdp."""
        data = bytes(self.heard[:max_bytes])
        del self.heard[:max_bytes]
        return data

    def write(self, data: bytes) -> int:
        """For libosdp."""
        self.to_send += data
        return len(data)

    def flush(self) -> None:
        """For libosdp: forget what came before the next command."""
        self.heard.clear()


class Osdp:
    """One line of readers. `keys` is by address: the SCBK, or None for a reader read in the clear."""

    def __init__(self, keys: Mapping[str, bytes | None]) -> None:
        self._keys = dict(keys)

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead | ReaderState]:
        """Cards, and readers that come and go. Raises LineLost, PermanentError without libosdp."""
        if not available():
            raise PermanentError(_INSTALL, "device_error")
        wire, heard = _Wire(), list[tuple[int, dict[str, Any]]]()
        panel = self._panel(wire, heard)
        addresses = list(self._keys)
        online: list[bool | None] = [None] * len(addresses)
        while True:
            panel.refresh()
            if wire.to_send:
                counters.requests += 1
                data = bytes(wire.to_send)
                wire.to_send.clear()
                await port.write(data)
            if data := await port.read(_TURN_S):
                counters.replies += 1
                wire.heard += data
                del wire.heard[:-_INPUT_BOUND_BYTES]
            for place, event in heard:
                if (number := _card_number(event)) is not None:
                    yield CardRead(number, addresses[place])
            heard.clear()
            for place, address in enumerate(addresses):
                now = self._up(panel, place)
                if now != online[place]:
                    counters.timeouts += online[place] is True
                    online[place] = now
                    yield ReaderState(address, now)

    def _up(self, panel: Any, place: int) -> bool:  # noqa: ANN401  # libosdp has no types
        secured = self._keys[list(self._keys)[place]] is not None
        mask = panel.sc_status() if secured else panel.status()
        return bool(mask >> place & 1)

    def _panel(self, wire: _Wire, heard: list[tuple[int, dict[str, Any]]]) -> Any:  # noqa: ANN401
        library = importlib.import_module("osdp_sys")
        # libosdp writes to the terminal, and at its finer levels what cards say.
        library.set_loglevel(library.LOG_EMERG)
        panel = library.ControlPanel(
            [
                {
                    "name": f"reader-{address}",
                    "address": int(address),
                    "flags": 0 if key is None else library.FLAG_ENFORCE_SECURE,
                    "scbk": key,
                    "channel": wire,
                    **dict.fromkeys(
                        ("version", "model", "vendor_code", "serial_number", "firmware_version"), 0
                    ),
                }
                for address, key in self._keys.items()
            ]
        )

        def take(place: int, event: dict[str, Any]) -> int:
            heard.append((place, event))
            return 0

        panel.set_event_callback(take)
        return panel


def _card_number(event: Mapping[str, Any]) -> str | None:
    """The card in one of libosdp's events; None where it is another kind of event."""
    if "length" not in event or "data" not in event or "format" not in event:
        return None
    data, count = bytes(event["data"]), int(event["length"])
    bits = "".join(f"{byte:08b}" for byte in data)[:count]
    try:
        return card(bits).printed()
    except FrameError:
        # The line's own check was right: these are a card's bits in a format of its maker.
        return f"{count}:{data.hex().upper()}" if data else None
