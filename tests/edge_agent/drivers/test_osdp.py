"""OSDP: a control panel and real peripheral devices of libosdp on a pseudo-terminal, with secure channel."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import threading
import tty
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.clock.clock import utc_ms
from edge_agent.drivers import osdp, osdp_frame
from edge_agent.drivers.contract import (
    CardRead,
    LineCounters,
    LineLost,
    PermanentError,
    PortSettings,
    ReaderState,
)
from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.osdp import Osdp, base_key, reader_address
from edge_agent.drivers.osdp_session import aes128
from edge_agent.gather.collector import Collector
from edge_agent.gather.passage import Passages, Reader
from edge_agent.line.lines import Line, ListeningPlan
from edge_agent.line.serial_port import SerialPort, open_port
from edge_agent.spool.contents import Parcel
from tests.edge_agent.cloud import until

#: It has no types.
osdp_sys: Any = importlib.import_module("osdp_sys")
KEY, OTHER_KEY = bytes(range(16)), bytes(range(1, 17))
CARD_26 = bytes.fromhex("BD88EB80")
PRINTED = "123,04567"


class Device:
    """libosdp's peripheral device on the far end of a terminal, at work in a thread of its own."""

    def __init__(self, key: bytes | None, address: int = 101) -> None:
        self.id = 0
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self.path = os.ttyname(self._slave)
        #: All it has said.
        self.spoken = bytearray()
        self._lock, self._stop = threading.Lock(), threading.Event()
        osdp_sys.set_loglevel(osdp_sys.LOG_EMERG)
        self._device: Any = osdp_sys.PeripheralDevice(
            {
                "name": "reader",
                "address": address,
                "flags": 0,
                "scbk": key,
                "channel": self,
                "version": 1,
                "model": 1,
                "vendor_code": 0xCAFE,
                "serial_number": 1,
                "firmware_version": 1,
            },
            capabilities=[
                {"function_code": osdp_sys.CAP_CARD_DATA_FORMAT, "compliance_level": 1, "num_items": 1},
                {"function_code": osdp_sys.CAP_COMMUNICATION_SECURITY, "compliance_level": 1, "num_items": 1},
            ],
        )
        self._device.set_command_callback(lambda _command: (0, None))
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def read(self, max_bytes: int) -> bytes:
        """For libosdp."""
        with contextlib.suppress(OSError):
            return os.read(self.master, max_bytes)
        return b""

    def write(self, data: bytes) -> int:
        """For libosdp."""
        self.spoken += data
        with contextlib.suppress(OSError):
            return os.write(self.master, data)
        return len(data)

    def flush(self) -> None:
        """For libosdp."""

    def hold(self, data: bytes = CARD_26, bits: int = 26) -> None:
        """A card at the reader."""
        with self._lock:
            event = {"event": osdp_sys.EVENT_CARDREAD, "reader_no": 1, "direction": 0, "data": data}
            kind = osdp_sys.CARD_FMT_RAW_WIEGAND
            self._device.submit_event({**event, "format": kind, "length": bits})

    def _work(self) -> None:
        while not self._stop.wait(0.01):
            with self._lock:
                self._device.refresh()

    def stop(self) -> None:
        """It has lost its power; the line is still there."""
        self._stop.set()
        self._thread.join()

    def close(self) -> None:
        """Everything back."""
        self.stop()
        for end in (self.master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)


@contextlib.contextmanager
def device_with(key: bytes | None) -> Iterator[tuple[Device, SerialPort]]:
    one = Device(key)
    port = open_port(PortSettings(one.path))
    try:
        yield one, port
    finally:
        port.close()
        one.close()


def key_file(folder: Path, key: bytes = KEY) -> Path:
    path = folder / "scbk"
    path.write_text(key.hex() + "\n")
    return path


async def first(
    heard: AsyncIterator[CardRead | ReaderState], timeout_s: float = 60.0
) -> CardRead | ReaderState:
    async with asyncio.timeout(timeout_s):
        return await anext(heard)


async def test_a_card_comes_over_the_secure_channel(tmp_path: Path) -> None:
    counters = LineCounters()
    with device_with(KEY) as (one, port):
        heard = Osdp({"101": key_file(tmp_path)}).listen(port, counters)
        assert await first(heard) == ReaderState("101", online=True)
        one.hold()
        assert await first(heard) == CardRead(PRINTED, "101")
        one.hold(bytes.fromhex("0123456789ABCDEF"), 64)
        assert await first(heard) == CardRead("64:0123456789ABCDEF", "101")
        one.hold(bytes.fromhex("04A1B2C3D4E580"), 56)
        assert await first(heard) == CardRead("04A1B2C3D4E580", "101"), "as a PN532 says the same UID"
        one.hold(bytes.fromhex("94D8FC5F"), 32)
        assert await first(heard) == CardRead("2497248351", "101")
        one.hold(bytes.fromhex("8269186A08"), 37)
        assert await first(heard) == CardRead("37:8269186A08", "101"), "as a Wiegand reader says it"
    assert counters.replies > 0


async def test_what_goes_over_the_line_then_is_encrypted(tmp_path: Path) -> None:
    """Read by our own frames: security blocks with a MAC, and nowhere the card's bytes."""
    with device_with(KEY) as (one, port):
        heard = Osdp({"101": key_file(tmp_path)}).listen(port, LineCounters())
        await first(heard)
        one.hold()
        await first(heard)
    spoken, types = bytes(one.spoken), set()
    at = 0
    while at < len(spoken):
        frame = osdp_frame.parse(spoken[at:])
        types.add(frame.block[1] if frame.block else None)
        at += frame.end
    assert {0x12, 0x14, 0x18} <= types
    assert CARD_26 not in spoken


async def test_a_reader_with_another_key_stays_offline_and_is_not_believed(tmp_path: Path) -> None:
    with device_with(OTHER_KEY) as (one, port):
        heard = Osdp({"101": key_file(tmp_path)}, handshake_s=1.5).listen(port, LineCounters())
        one.hold()
        assert await first(heard) == ReaderState("101", online=False)


async def test_a_reader_without_a_key_is_read_in_the_clear() -> None:
    with device_with(None) as (one, port):
        heard = Osdp({"101": None}).listen(port, LineCounters())
        assert await first(heard) == ReaderState("101", online=True)
        one.hold()
        assert await first(heard) == CardRead(PRINTED, "101")


async def test_a_reader_that_lost_its_power_is_told_and_one_unplugged_is_a_line_lost() -> None:
    with device_with(None) as (one, port):
        heard = Osdp({"101": None}).listen(port, LineCounters())
        assert await first(heard) == ReaderState("101", online=True)
        one.stop()
        assert await first(heard, 25) == ReaderState("101", online=False)
        os.close(one.master)
        with pytest.raises(LineLost):
            await first(heard)


async def test_readers_share_a_line_and_each_is_its_own_device() -> None:
    """101 is there, 102 is not: its fault costs the other nothing."""
    parcels: list[Parcel] = []
    readers = (Reader("in", "101", direction="in"), Reader("out", "102", direction="out"))
    collector = Collector(b"p" * 32, 0.01, parcels.append, passages=Passages(readers))
    with device_with(None) as (one, port):
        driver = Osdp({"101": None, "102": None}, handshake_s=1.0)
        plan = ListeningPlan(PortSettings(one.path), driver, readers)
        line = asyncio.create_task(Line(plan, collector, utc_ms, lambda _: port).run())
        await until(lambda: {"in", "out"} <= collector.devices.keys(), what="both are known")
        assert collector.devices["in"].fault is None
        assert collector.devices["out"].fault == "no_reply"
        one.hold()
        await until(lambda: any(e.kind == "badge" for _, es in parcels for e in es), what="the badge")
        line.cancel()
        await asyncio.gather(line, return_exceptions=True)
    (passage,) = [event for _, events in parcels for event in events if event.kind == "badge"]
    assert (passage.device, passage.direction, passage.mark) == ("in", "in", None)


def test_a_formatted_card_is_its_text() -> None:
    """Its length counts characters: 26 of them are no 26 bits."""
    text = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    event = {"data": text, "length": len(text), "format": osdp_sys.CARD_FMT_ASCII}
    assert osdp.card_number(event) == text.decode()


@pytest.mark.parametrize("payload", ["00 04 31 32 33 34", "02 00 06 38 33 39 32 30 31", "05 00 10 00 12 AB"])
def test_data_whose_length_divides_by_three_is_what_it_says(payload: str) -> None:
    fields = osdp_frame.decode(bytes.fromhex(payload), Asked(kind="payload"))
    assert "capabilities" not in fields


@pytest.mark.parametrize("payload", ["01 01 01 01 01 01", "7F 00 00", "04 04 01 03 01 01", "00 00 00", "01"])
def test_what_are_no_functions_in_order_are_no_capabilities(payload: str) -> None:
    with pytest.raises(FrameError):
        osdp_frame.decode(bytes.fromhex(payload), Asked(kind="payload"))


@pytest.mark.parametrize("content", ["", "no hex at all", "00" * 15, "00" * 17])
def test_what_is_no_key_is_refused_without_being_repeated(tmp_path: Path, content: str) -> None:
    path = tmp_path / "scbk"
    path.write_text(content)
    with pytest.raises(PermanentError, match="OSDP key") as error:
        base_key(path)
    assert not content or content not in str(error.value)


@pytest.mark.parametrize("address", [-1, 127, 128, "x", ""])
def test_what_is_no_address_is_refused(address: str | int) -> None:
    with pytest.raises(ValueError, match="is no OSDP address"):
        reader_address(address)


def test_without_libosdp_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert osdp.missing() is None
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(__import__("sys").modules, "osdp_sys")
    assert "plumbline[edge,osdp]" in str(osdp.missing())


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
@settings(max_examples=50)
def test_our_aes_is_aes(key: bytes, block: bytes) -> None:
    made = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # one block, compared
    assert aes128(key, block) == made.update(block) + made.finalize()
