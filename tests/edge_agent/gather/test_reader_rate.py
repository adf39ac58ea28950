"""Thousands of card numbers held to one reader: few become pseudonyms, and it is told."""

from __future__ import annotations

from typing import Final

from edge_agent.gather.collector import Collector
from edge_agent.gather.passage import Passages, Reader
from edge_agent.gather.reader_rate import BURST, PASSES_A_S, TOLD_FOR_S, ReaderRate
from edge_agent.spool.contents import Parcel

PEPPER: Final = bytes(32)
NOW_MS: Final = 1_764_000_000_000
CARDS: Final = 20_000


class Gate:
    """A reader behind MQTT, and a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.parcels: list[Parcel] = []
        passages = Passages([Reader("gate", direction="in"), Reader("other", direction="in")])
        self.collector = Collector(
            PEPPER, 1.0, self.parcels.append, passages=passages, elapsed_s=lambda: self.now_s
        )

    def hold(self, card: str, device: str = "gate") -> None:
        self.collector.card(device, NOW_MS + round(1000 * self.now_s), card)

    def events(self, kind: str) -> list[str]:
        self.collector.flush()
        return [one.device for _, events in self.parcels for one in events if one.kind == kind]


async def test_a_flood_of_cards_becomes_few_pseudonyms_and_a_fault() -> None:
    gate = Gate()
    for number in range(CARDS):
        gate.hold(f"{number:010d}")
        gate.now_s += 0.8 / CARDS
    assert len(gate.events("badge")) == BURST
    assert gate.events("fault") == ["gate"]
    assert gate.collector.passes_dropped == CARDS - BURST
    assert gate.collector.devices["gate"].fault == "device_error"


async def test_the_other_reader_and_who_is_known_there_do_not_feel_it() -> None:
    """The flood does not push out what is remembered of people: nobody is marked as coming in twice."""
    gate = Gate()
    gate.hold("0000000001", "other")
    for number in range(CARDS):
        gate.hold(f"{number + 100:010d}")
    gate.now_s = 1.0
    gate.hold("0000000001", "other")
    assert gate.events("badge").count("other") == 1, "still the same pass: the badge stayed"
    gate.now_s = 100.0
    gate.hold("0000000002", "other")
    assert gate.events("badge").count("other") == 2


async def test_the_fault_ends_a_minute_after_the_flood() -> None:
    gate = Gate()
    for number in range(BURST + 1):
        gate.hold(f"{number:010d}")
    gate.now_s = TOLD_FOR_S - 1
    gate.hold("1000000000")
    assert gate.collector.devices["gate"].fault == "device_error"
    gate.now_s = TOLD_FOR_S + 1
    gate.hold("1000000001")
    assert gate.collector.devices["gate"].fault is None


def test_a_shift_of_people_passes() -> None:
    """Sixty through one gate in a minute, half of them at once."""
    rate = ReaderRate()
    at_s = [0.0] * BURST + [second / PASSES_A_S for second in range(1, 31)]
    assert all(rate.take("gate", now_s) for now_s in at_s)
    assert rate.dropped == 0
