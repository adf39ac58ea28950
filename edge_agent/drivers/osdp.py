"""OSDP v2 readers on RS-485, with secure channel: the control panel's side, by libosdp (the extra `osdp`).

Several readers may share a line. With a base key (SCBK) the secure channel is enforced: a reader that cannot
make it stays offline, and nothing it says in the clear is believed. libosdp is polled from the event loop: it
gets what the port has read and leaves what is to be written; it never touches the port or makes a thread.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

from edge_agent.drivers.card import card_of_uid
from edge_agent.drivers.contract import CardRead, LineCounters, PermanentError, Port, ReaderState
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.wiegand import card

#: libosdp wants to be called often: it polls each reader about 20 times a second.
_TURN_S: Final = 0.02
#: What a reader may have sent and libosdp not yet taken: some frames of the longest kind.
_INPUT_BOUND_BYTES: Final = 8 * 1024
_INSTALL: Final = "OSDP needs libosdp, which is not installed: pip install 'plumbline[edge,osdp]'"
SCBK_BYTES: Final = 16
#: Double and triple size UIDs (ISO 14443-3 §6.5.4); those of single size are 32 bare bits.
_UID_BITS: Final = (56, 80)
HANDSHAKE_S: Final = 5.0


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
    """One line of readers. `key_files` by address: the file of the SCBK, None for a reader in the clear."""

    def __init__(self, key_files: Mapping[str, Path | None], handshake_s: float = HANDSHAKE_S) -> None:
        self._key_files = dict(key_files)
        self._handshake_s = handshake_s

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead | ReaderState]:
        """Cards, and readers that come and go. Raises LineLost, PermanentError without libosdp or a key."""
        if not available():
            raise PermanentError(_INSTALL, "device_error")
        keys = {address: base_key(path) if path else None for address, path in self._key_files.items()}
        wire, heard = _Wire(), list[tuple[int, dict[str, Any]]]()
        panel = _panel(keys, wire, heard)
        addresses = list(keys)
        online: list[bool | None] = [None] * len(addresses)
        started_s = time.monotonic()
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
                if (number := card_number(event)) is not None:
                    yield CardRead(number, addresses[place])
            heard.clear()
            for place, address in enumerate(addresses):
                secured = keys[address] is not None
                now = bool((panel.sc_status() if secured else panel.status()) >> place & 1)
                # A handshake takes its time: a reader is not called away before it could have come.
                late = time.monotonic() - started_s > self._handshake_s
                if now != online[place] and (now or online[place] or late):
                    counters.timeouts += online[place] is True
                    online[place] = now
                    yield ReaderState(address, now)


def base_key(path: Path) -> bytes:
    """The SCBK in a file: 32 hex digits. Raises PermanentError, which does not repeat what stands there."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "no hex"
        raise PermanentError(f"{path}: cannot be used as OSDP key: {why}", "device_error") from None
    if len(key) != SCBK_BYTES:
        raise PermanentError(f"{path}: an OSDP key has {SCBK_BYTES} bytes, not {len(key)}", "device_error")
    return key


def _panel(keys: Mapping[str, bytes | None], wire: _Wire, heard: list[tuple[int, dict[str, Any]]]) -> Any:  # noqa: ANN401
    """libosdp's control panel over `wire`; its events go to `heard` with the reader's place."""
    library = importlib.import_module("osdp_sys")
    # libosdp writes to the terminal, and at its finer levels what cards say.
    library.set_loglevel(library.LOG_EMERG)
    unknown = ("version", "model", "vendor_code", "serial_number", "firmware_version")
    panel = library.ControlPanel(
        [
            {
                "name": f"reader-{address}",
                "address": int(address),
                "flags": 0 if key is None else library.FLAG_ENFORCE_SECURE,
                "scbk": key,
                "channel": wire,
                **dict.fromkeys(unknown, 0),
            }
            for address, key in keys.items()
        ]
    )

    def take(place: int, event: dict[str, Any]) -> int:
        heard.append((place, event))
        return 0

    panel.set_event_callback(take)
    return panel


def card_number(event: Mapping[str, Any]) -> str | None:
    """The card in one of libosdp's events; None where it is another kind of event."""
    if "length" not in event or "data" not in event or "format" not in event:
        return None
    data, count = bytes(event["data"]), int(event["length"])
    if event["format"] == importlib.import_module("osdp_sys").CARD_FMT_ASCII:
        # The reader has made a text of the card: its length counts characters, not bits.
        return data[:count].decode("ascii", errors="replace") or None
    bits = "".join(f"{byte:08b}" for byte in data)[:count]
    try:
        return card(bits).printed()
    except FrameError:
        return _unknown_format(data, count)


def _unknown_format(data: bytes, count: int) -> str | None:
    """The line's own check was right: these are a card's bits in a format of its maker, or a longer UID."""
    if count in _UID_BITS and len(data) * 8 == count:
        return card_of_uid(data)
    return f"{count}:{data.hex().upper()}" if data else None
