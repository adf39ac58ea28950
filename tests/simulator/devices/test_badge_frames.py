"""The simulator's badge readers give, for the same cards, what real readers sent.

Frames: ../shared/vectors/{wiegand,pn532_uart,uhf_r200}.json, where each names its source.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from simulator.devices.pn532 import HELD_MS, Pn532, card_listed
from simulator.devices.uhf_r200 import UhfGate, epc_of, no_tag, tag_notice
from simulator.devices.wiegand import WiegandBridge, card_bits
from simulator.model.people import Swipe

NOW = 1_764_000_000_000
WAKE = bytes.fromhex("5555000000000000000000000000 0000".replace(" ", ""))
SAM = bytes.fromhex("0000FF03FDD414011700")
LIST = bytes.fromhex("0000FF04FCD44A0100E100")
ACK = bytes.fromhex("0000FF00FF00")


class Cards:
    """One card at NOW."""

    def __init__(self, card: str = "01B0864D25") -> None:
        self.swipe = Swipe("gate", NOW, card, "in")

    def __call__(self, start_ms: int, end_ms: int) -> Sequence[Swipe]:
        return [self.swipe] if start_ms <= NOW < end_ms else []


@pytest.mark.parametrize(
    ("card", "bits"),
    [
        ("01000734E0", "10000011100110100111000001"),
        ("00947B11D7", "10111101100010001110101110"),
        ("0194D8FC5F", "1100101001101100011111100010111111"),
        ("01B0864D25", "0101100001000011001001101001001010"),
    ],
)
def test_wiegand_bits_are_those_of_the_card(card: str, bits: str) -> None:
    assert card_bits(card, 34 if len(bits) == 34 else 26) == bits


def test_a_bridge_says_a_card_once_as_a_line() -> None:
    bridge = WiegandBridge(Cards(), 34)
    said = bridge.next_transmission(NOW - 60_000)
    assert said is not None
    assert (said.time_ms, said.frame) == (NOW, b"0101100001000011001001101001001010\r\n")
    assert bridge.next_transmission(NOW) is None
    assert bridge.spoil(said.frame) == b"0101100001000011001001101001001011\r\n"


def test_a_listed_card_is_the_captured_frame() -> None:
    assert card_listed(bytes.fromhex("24D34F59")) == bytes.fromhex(
        "0000FF0CF4D54B0101000408 0424D34F592F00".replace(" ", "")
    )


def test_a_pn532_sleeps_until_it_is_woken_and_answers_when_the_card_comes() -> None:
    module = Pn532(Cards())
    early = NOW - 10_000
    assert module.hear(SAM, early) == []
    assert module.hear(WAKE + SAM, early + 500) == [ACK, bytes.fromhex("0000FF02FED5151600")]
    assert module.next_transmission(early) is None, "nobody has asked for cards"
    assert module.hear(LIST[:5], early + 600) == []
    assert module.hear(LIST[5:], early + 610) == [ACK]
    said = module.next_transmission(early + 700)
    assert said is not None
    assert (said.time_ms, said.frame) == (NOW, card_listed(bytes.fromhex("B0864D25")))
    assert module.hear(LIST, NOW + HELD_MS - 1) == [ACK, said.frame]
    module.lose_power()
    assert module.hear(LIST, NOW + 5_000) == []


def test_a_gate_names_the_tags_near_it_or_says_there_is_none() -> None:
    gate = UhfGate(Cards())
    poll = bytes.fromhex("BB00220000227E")
    assert gate.hear(poll, NOW - 10) == [no_tag()] == [bytes.fromhex("BB01FF000115167E")]
    assert gate.hear(poll, NOW + 10) == [tag_notice(epc_of("01B0864D25"))]


@pytest.mark.parametrize(
    ("epc", "rssi_dbm", "frame"),
    [
        ("30751FEB705C5904E3D50D70", -55, "BB02220011C9340030751FEB705C5904E3D50D703A76EF7E"),
        ("E200471BB0006013044509D0", -53, "BB02220011CB3400E200471BB0006013044509D09582D47E"),
    ],
)
def test_a_tags_notice_is_the_captured_frame(epc: str, rssi_dbm: int, frame: str) -> None:
    assert tag_notice(bytes.fromhex(epc), rssi_dbm) == bytes.fromhex(frame)
