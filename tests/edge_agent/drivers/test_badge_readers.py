"""Badge readers on pseudo-terminals: every card is heard, and nothing that is not a card."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_agent.clock.clock import utc_ms
from edge_agent.drivers.contract import (
    CardRead,
    LineCounters,
    LineLost,
    ListeningDriver,
    PortSettings,
    TransientError,
)
from edge_agent.drivers.pn532_uart import Pn532Uart
from edge_agent.drivers.rdm6300 import Rdm6300
from edge_agent.drivers.registry import LISTENING
from edge_agent.drivers.uhf_r200 import UhfR200
from edge_agent.drivers.wiegand import Wiegand
from edge_agent.line.serial_port import SerialPort, open_port
from simulator.devices.bus import Bus, LineFaults
from simulator.devices.pn532 import Pn532
from simulator.devices.rdm6300 import BadgeReader
from simulator.devices.uhf_r200 import UhfGate
from simulator.devices.wiegand import WiegandBridge
from simulator.line import SimulatedLine
from simulator.model.people import Swipe
from tests.edge_agent.drivers.scripted_device import device_on_port

ANNA, BEN = "0100BC614E", "01B0864D25"


@dataclass
class Cards:
    """Cards to be held to a reader, each so many milliseconds after the first look."""

    swipes: list[Swipe] = field(default_factory=list)

    def hold(self, card: str, after_ms: int) -> None:
        self.swipes.append(Swipe("gate", utc_ms() + after_ms, card, "in"))

    def __call__(self, start_ms: int, end_ms: int) -> Sequence[Swipe]:
        return [one for one in self.swipes if start_ms <= one.time_ms < end_ms]


@dataclass(frozen=True)
class Kind:
    """A reader as it is simulated, its driver, and what the driver calls the two cards."""

    bus: Callable[[Cards], Bus]
    driver: Callable[[], ListeningDriver]
    anna: str
    ben: str


KINDS = {
    "rdm6300": Kind(BadgeReader, Rdm6300, "0012345678", "2961591589"),
    "wiegand 26": Kind(WiegandBridge, Wiegand, "188,24910", "134,19749"),
    "wiegand 34": Kind(lambda cards: WiegandBridge(cards, 34), Wiegand, "0012345678", "2961591589"),
    "wiegand 34 swapped": Kind(
        lambda cards: WiegandBridge(cards, 34), lambda: Wiegand("swapped"), "1315027968", "0625837744"
    ),
    "pn532": Kind(Pn532, Pn532Uart, "0012345678", "2961591589"),
    "uhf_r200": Kind(UhfGate, UhfR200, "E28068940000000100BC614E", "E28068940000000" + BEN[1:]),
}


def test_every_protocol_whose_readers_speak_of_themselves_is_here() -> None:
    named = {name.split()[0] for name in KINDS} - {"pn532"} | {"pn532_uart"}
    assert named | {"osdp"} == set(LISTENING), "add its simulated reader; OSDP has test_osdp.py"


@contextlib.contextmanager
def reader(
    folder: Path, bus: Bus, faults: LineFaults | None = None
) -> Iterator[tuple[SimulatedLine, SerialPort]]:
    line = SimulatedLine(folder / "reader", bus, utc_ms, faults)
    line.plug()
    port = open_port(PortSettings(str(folder / "reader"), baud=115_200))
    try:
        yield line, port
    finally:
        port.close()
        line.unplug()


async def different(heard: AsyncIterator[object], count: int) -> list[str]:
    """So many cards, repeats left out."""
    found: list[str] = []
    async with asyncio.timeout(10):
        async for read in heard:
            assert isinstance(read, CardRead)
            if read.card not in found:
                found.append(read.card)
            if len(found) == count:
                break
    return found


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_each_card_is_heard_by_its_number(kind: Kind, tmp_path: Path) -> None:
    cards, counters = Cards(), LineCounters()
    cards.hold(ANNA, 60)
    cards.hold(BEN, 600)
    with reader(tmp_path, kind.bus(cards)) as (_, port):
        assert await different(kind.driver().listen(port, counters), 2) == [kind.anna, kind.ben]
    assert counters.replies >= 2
    assert counters.checksum_errors == 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_spoilt_frame_is_counted_and_never_a_card(kind: Kind, tmp_path: Path) -> None:
    cards, counters = Cards(), LineCounters()
    for number in range(6):
        cards.hold(ANNA, 60 + 100 * number)
    with reader(tmp_path, kind.bus(cards), LineFaults(bad_checksum_every=3)) as (_, port):
        assert await different(kind.driver().listen(port, counters), 1) == [kind.anna]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_where_every_frame_is_spoilt_no_card_is_heard(kind: Kind, tmp_path: Path) -> None:
    cards, counters = Cards(), LineCounters()
    for number in range(8):
        cards.hold(ANNA, 60 + 100 * number)
    heard: list[str] = []
    spoilt = reader(tmp_path, kind.bus(cards), LineFaults(bad_checksum_every=1))
    with contextlib.suppress(TimeoutError, TransientError), spoilt as (_, port):
        async with asyncio.timeout(0.7):
            heard += await different(kind.driver().listen(port, counters), 1)
    assert heard == []
    assert counters.checksum_errors + counters.timeouts > 0


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_noise_between_frames_costs_no_card(kind: Kind, tmp_path: Path) -> None:
    cards = Cards()
    cards.hold(ANNA, 60)
    cards.hold(BEN, 600)
    noise = LineFaults(noise=b"\x00\xff\r\n\x07", noise_every=1)
    with reader(tmp_path, kind.bus(cards), noise) as (_, port):
        assert await different(kind.driver().listen(port, LineCounters()), 2) == [kind.anna, kind.ben]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_reader_pulled_out_is_a_line_lost(kind: Kind, tmp_path: Path) -> None:
    cards = Cards()
    cards.hold(ANNA, 60)
    with reader(tmp_path, kind.bus(cards)) as (line, port):
        heard = kind.driver().listen(port, LineCounters())
        assert await different(heard, 1) == [kind.anna]
        line.unplug()
        with pytest.raises(LineLost):
            await different(kind.driver().listen(port, LineCounters()), 1)


async def test_a_pn532_that_is_not_there_is_told_as_no_reply() -> None:
    with device_on_port() as (_, port):
        counters = LineCounters()
        with pytest.raises(TransientError, match="switched to HSU") as error:
            await different(Pn532Uart().listen(port, counters), 1)
    assert (error.value.reason, counters.timeouts) == ("no_reply", 3)


async def test_a_pn532_that_lost_power_is_woken_again(tmp_path: Path) -> None:
    cards, counters = Cards(), LineCounters()
    module = Pn532(cards)
    cards.hold(ANNA, 60)
    with reader(tmp_path, module) as (_, port):
        heard = aiter(Pn532Uart().listen(port, counters))
        assert await anext(heard) == CardRead("0012345678")
        cards.swipes.clear()
        module.lose_power()
        cards.hold(BEN, 2_500)
        async with asyncio.timeout(10):
            assert await anext(heard) == CardRead("2961591589")
    assert counters.timeouts == 1


async def test_a_tag_whose_own_crc_is_wrong_is_no_tag() -> None:
    """The frame's checksum is a sum: two bytes changed places, and it is right still."""
    good = bytes.fromhex("BB02220011C934 0030751FEB705C5904E3D50D703A76EF7E".replace(" ", ""))
    swapped = good[:10] + good[11:12] + good[10:11] + good[12:]
    counters = LineCounters()
    with device_on_port(swapped, good) as (_, port):
        async with asyncio.timeout(5):
            card = await anext(aiter(UhfR200().listen(port, counters)))
    assert card == CardRead("30751FEB705C5904E3D50D70")
    assert counters.checksum_errors == 1


BARE, WITH_PARITY = f"{0x94D8FC5F:032b}", f"1{0x94D8FC5F:032b}0"


@pytest.mark.parametrize(
    ("lines", "cards", "errors"),
    [
        ([BARE], ["2497248351"], 0),
        ([WITH_PARITY, BARE], ["2497248351"], 1),
        ([BARE, WITH_PARITY, BARE], ["2497248351"] * 2, 1),
        (["1000001001101001000110000110101000001"], ["37:8269186A08"], 0),
        (["0000001001101001000110000110101000001", BARE[:31], BARE], ["2497248351"], 2),
    ],
    ids=["bare", "pulses were lost", "bare until proved otherwise", "37 bits", "damaged ones before"],
)
async def test_a_wiegand_reader_has_one_format(lines: list[str], cards: list[str], errors: int) -> None:
    """32 bits have no parity: they are a card as long as the reader has sent none with parity."""
    counters = LineCounters()
    with device_on_port() as (device, port):
        device.say("".join(f"{line}\n" for line in lines).encode())
        heard = aiter(Wiegand().listen(port, counters))
        async with asyncio.timeout(5):
            assert [(await anext(heard)).card for _ in cards] == cards
            while counters.checksum_errors < errors:  # noqa: ASYNC110  # the driver counts, it sets no event
                await asyncio.sleep(0.005)
    assert counters.checksum_errors == errors


async def test_an_endless_line_from_a_bridge_is_noise() -> None:
    counters = LineCounters()
    with device_on_port() as (device, port):
        device.say(b"1" * 300)
        heard = Wiegand().listen(port, counters)
        waiting = asyncio.ensure_future(anext(aiter(heard)))
        async with asyncio.timeout(5):
            while not counters.checksum_errors:  # noqa: ASYNC110  # the driver counts, it sets no event
                await asyncio.sleep(0.005)
        device.say(b"\n10111101100010001110101110\n")
        assert await waiting == CardRead("123,04567")
