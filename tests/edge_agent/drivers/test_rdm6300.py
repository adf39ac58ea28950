"""The badge reader: every card, and nothing that is not a card."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from edge_agent.drivers.contract import CardRead, LineCounters, LineLost
from edge_agent.drivers.rdm6300 import Rdm6300, checksum
from tests.edge_agent.drivers.scripted_device import ScriptedDevice, device_on_port

#: Captured frames (mad-tinkerer/python-rdm6300, test_reader.py) and the numbers printed on the cards.
A = bytes.fromhex("0236373030334235314336434203")
B = bytes.fromhex("0236373030334241383643393803")
CARD_A, CARD_B = CardRead("0003887558"), CardRead("0003909740")
BAD = bytes.fromhex("0236383030334235314336434203")


async def _until_lost(heard: AsyncIterator[CardRead], device: ScriptedDevice) -> list[CardRead]:
    """What is yielded until the reader, which has said all, is unplugged."""
    cards = [await anext(heard)]
    device.unplug()
    with contextlib.suppress(LineLost):
        async for card in heard:
            cards.append(card)  # noqa: PERF401  # what came before the loss is wanted
    return cards


async def test_every_frame_is_passed_on_and_counted() -> None:
    """What is one pass is decided where all readers meet (edge_agent.gather.passage)."""
    counters = LineCounters()
    with device_on_port() as (device, port):
        device.say(A * 3 + B)
        heard = Rdm6300().listen(port, counters)
        assert [await anext(heard) for _ in range(4)] == [CARD_A, CARD_A, CARD_A, CARD_B]
    assert counters.replies == 4


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
        heard = Rdm6300().listen(port, counters)
        assert await _until_lost(heard, device) == [CARD_A]
    assert counters.checksum_errors == errors


ID_20LA = bytes.fromhex("02303530303230344334313238 0D0A 03".replace(" ", ""))


async def test_an_id_20la_ends_its_digits_with_a_line() -> None:
    """esphome/esphome#13753: ID-12LA and ID-20LA send CR LF before the 03."""
    with device_on_port() as (device, port):
        device.say(ID_20LA + A + ID_20LA[:15])
        heard = Rdm6300().listen(port, LineCounters())
        assert [await anext(heard), await anext(heard)] == [CardRead("0002116673"), CARD_A]
        device.say(ID_20LA[15:])
        assert await anext(heard) == CardRead("0002116673")


def _frame(tag: str) -> bytes:
    check = checksum(bytes.fromhex(tag))
    return b"\x02" + tag.encode() + f"{check:02X}".encode() + b"\x03"


async def test_cards_that_differ_in_the_first_byte_are_told_apart_where_it_is_asked_for() -> None:
    """esphome/issues#2714: on some sites only the first of the five bytes tells two cards apart."""
    with device_on_port() as (device, port):
        device.say(_frame("5D11223344") + _frame("0011223344"))
        heard = Rdm6300(card_number="whole").listen(port, LineCounters())
        assert [(await anext(heard)).card for _ in range(2)] == ["5D11223344", "0011223344"]
        device.say(_frame("5D11223344") + _frame("0011223344"))
        printed = Rdm6300().listen(port, LineCounters())
        assert [(await anext(printed)).card for _ in range(2)] == ["0287454020"] * 2


async def test_a_frame_may_come_byte_by_byte() -> None:
    with device_on_port() as (device, port):
        device.say([bytes([byte]) for byte in A])
        assert await anext(Rdm6300().listen(port, LineCounters())) == CARD_A
