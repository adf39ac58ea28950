"""The badge reader: one read a presence, and nothing that is not a card."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from edge_agent.drivers.contract import CardRead, LineCounters, LineLost
from edge_agent.drivers.rdm6300 import Rdm6300
from tests.edge_agent.drivers.scripted_device import ScriptedDevice, device_on_port, eventually

#: Captured frames (mad-tinkerer/python-rdm6300, test_reader.py) and the numbers printed on the cards.
A = bytes.fromhex("0236373030334235314336434203")
B = bytes.fromhex("0236373030334241383643393803")
CARD_A, CARD_B = CardRead("0003887558"), CardRead("0003909740")
BAD = bytes.fromhex("0236383030334235314336434203")


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


async def _until_lost(heard: AsyncIterator[CardRead], device: ScriptedDevice) -> list[CardRead]:
    """What is yielded until the reader, which has said all, is unplugged."""
    cards = [await anext(heard)]
    device.unplug()
    with contextlib.suppress(LineLost):
        async for card in heard:
            cards.append(card)  # noqa: PERF401  # what came before the loss is wanted
    return cards


async def test_a_card_that_stays_on_the_reader_is_one_read() -> None:
    counters = LineCounters()
    with device_on_port() as (device, port):
        device.say(A * 20 + B)
        heard = Rdm6300(clock=Clock()).listen(port, counters)
        assert [await anext(heard), await anext(heard)] == [CARD_A, CARD_B]
    assert counters.replies == 21


async def test_a_card_counts_again_once_it_was_away_for_the_debounce_time() -> None:
    clock = Clock()
    with device_on_port() as (device, port):
        heard = Rdm6300(debounce_s=2.0, clock=clock).listen(port, LineCounters())
        device.say(A)
        assert await anext(heard) == CARD_A
        clock.now_s += 2.1
        device.say(A)
        assert await anext(heard) == CARD_A


async def test_a_card_that_stays_longer_than_the_debounce_time_is_still_one_presence() -> None:
    clock = Clock()
    counters = LineCounters()
    with device_on_port() as (device, port):
        heard = Rdm6300(debounce_s=2.0, clock=clock).listen(port, counters)
        device.say(A)
        assert await anext(heard) == CARD_A
        next_card = asyncio.ensure_future(anext(heard))
        for repeat in range(2, 5):
            clock.now_s += 1.5
            device.say(A)
            await eventually(lambda wanted=repeat: counters.replies == wanted, "the frame heard")  # type: ignore[misc]
        device.say(B)
        assert await next_card == CARD_B


async def test_two_cards_by_turns_are_each_a_read() -> None:
    with device_on_port() as (device, port):
        device.say(A + B + A)
        heard = Rdm6300(clock=Clock()).listen(port, LineCounters())
        assert [await anext(heard) for _ in range(3)] == [CARD_A, CARD_B, CARD_A]


@pytest.mark.parametrize(
    ("before", "errors"),
    [
        (A[7:], 0),
        (b"\x00\xff\x03", 0),
        (BAD, 1),
        (b"\x02\x03", 1),
        (A[:5], 1),
        (b"\x02", 1),
        (b"\x02" + b"Z" * 12 + b"\x03", 1),
        (b"\x02" + b"0" * 40, 1),
    ],
    ids=[
        "joined halfway",
        "noise",
        "bad checksum",
        "empty",
        "cut short",
        "a start alone",
        "no hex",
        "endless",
    ],
)
async def test_what_is_no_card_is_counted_and_never_yielded(before: bytes, errors: int) -> None:
    counters = LineCounters()
    with device_on_port() as (device, port):
        device.say(before + A)
        heard = Rdm6300(clock=Clock()).listen(port, counters)
        assert await _until_lost(heard, device) == [CARD_A]
    assert counters.checksum_errors == errors


async def test_a_frame_may_come_byte_by_byte() -> None:
    with device_on_port() as (device, port):
        device.say([bytes([byte]) for byte in A])
        assert await anext(Rdm6300().listen(port, LineCounters())) == CARD_A
