"""Readings become columns, nulls have a reason, and faults are told once."""

from __future__ import annotations

import asyncio

from edge_agent.drivers.contract import Reply
from edge_agent.gather.collector import Collector
from edge_agent.spool.contents import Parcel
from wire.batch import Frame

NOW_MS = 1_764_000_000_000


class Hands:
    """Takes parcels."""

    def __init__(self, power_cut_s: float = 30.0) -> None:
        self.parcels: list[Parcel] = []
        self.changes = 0
        self.collector = Collector(b"p" * 32, power_cut_s, self.parcels.append, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    async def holds(self, parcels: int) -> None:
        """Wait for so many parcels."""
        async with asyncio.timeout(5):
            while len(self.parcels) < parcels:  # noqa: ASYNC110  # the collector calls back, it sets no event
                await asyncio.sleep(0.005)

    def flushed(self) -> Parcel:
        self.collector.flush()
        return self.parcels.pop()


async def test_readings_of_a_device_become_one_frame_of_columns() -> None:
    hands = Hands()
    for second in range(3):
        hands.collector.reply("th", NOW_MS + 1000 * second, Reply({"temperature": 20.0 + second}))
    frames, events = hands.flushed()
    times = [NOW_MS, NOW_MS + 1000, NOW_MS + 2000]
    assert frames == [Frame(device="th", time=times, values={"temperature": [20.0, 21.0, 22.0]})]
    assert events == []


async def test_a_quantity_not_asked_this_time_is_no_null() -> None:
    hands = Hands()
    hands.collector.reply("m", NOW_MS, Reply({"active_power": 1.0, "active_energy_import": 2.0}))
    hands.collector.reply("m", NOW_MS + 1000, Reply({"active_power": 3.0}))
    frames, _ = hands.flushed()
    assert [frame.values for frame in frames] == [
        {"active_power": [1.0], "active_energy_import": [2.0]},
        {"active_power": [3.0]},
    ]


async def test_a_value_that_the_device_took_earlier_stands_at_its_own_time() -> None:
    hands = Hands()
    hands.collector.reply(
        "m", NOW_MS, Reply({"active_power": 1.0, "gas_volume": 2.0}, ages_ms={"gas_volume": 900_000})
    )
    frames, _ = hands.flushed()
    assert frames == [
        Frame(device="m", time=[NOW_MS], values={"active_power": [1.0]}),
        Frame(device="m", time=[NOW_MS - 900_000], values={"gas_volume": [2.0]}),
    ]
    assert hands.collector.devices["m"].last_read_ms == NOW_MS


async def test_a_null_has_a_fault_event_and_what_is_no_number_is_null() -> None:
    hands = Hands()
    reply = Reply({"temperature": None, "relative_humidity": float("nan")}, {"temperature": "device_error"})
    hands.collector.reply("th", NOW_MS, reply)
    frames, events = hands.flushed()
    assert frames[0].values == {"temperature": [None], "relative_humidity": [None]}
    assert {(event.quantity, event.reason) for event in events} == {
        ("temperature", "device_error"),
        ("relative_humidity", "not_a_number"),
    }


async def test_a_standing_fault_is_told_once_a_minute_and_again_when_it_changes() -> None:
    hands = Hands()
    for second in range(121):
        hands.collector.failure("m", NOW_MS + 1000 * second, "no_reply")
    assert [event.time for event in hands.flushed()[1]] == [NOW_MS, NOW_MS + 60_000, NOW_MS + 120_000]
    hands.collector.failure("m", NOW_MS + 122_000, "bad_checksum")
    hands.collector.reply("m", NOW_MS + 123_000, Reply({"active_power": 1.0}))
    hands.collector.failure("m", NOW_MS + 124_000, "bad_checksum")
    assert [event.reason for event in hands.flushed()[1]] == ["bad_checksum", "bad_checksum"]


async def test_a_clock_set_back_does_not_silence_a_fault() -> None:
    hands = Hands()
    hands.collector.failure("m", NOW_MS, "no_reply")
    hands.collector.failure("m", NOW_MS - 3_600_000, "no_reply")
    assert len(hands.flushed()[1]) == 2


async def test_the_state_of_a_device_changes_when_its_fault_does() -> None:
    hands = Hands()
    hands.collector.reply("m", NOW_MS, Reply({"active_power": 1.0}))
    assert hands.changes == 0
    hands.collector.failure("m", NOW_MS + 1000, "no_reply")
    hands.collector.failure("m", NOW_MS + 2000, "no_reply")
    assert hands.changes == 1
    state = hands.collector.devices["m"]
    assert (state.last_read_ms, state.fault) == (NOW_MS, "no_reply")


async def test_readings_that_may_be_lost_wait_for_more_and_an_event_takes_them_along() -> None:
    hands = Hands(power_cut_s=30.0)
    hands.collector.reply("a", NOW_MS, Reply({"temperature": 1.0}))
    hands.collector.reply("b", NOW_MS, Reply({"temperature": 2.0}))
    await hands.holds(1)
    hands.collector.reply("a", NOW_MS + 1000, Reply({"temperature": 3.0}))
    live = Hands(power_cut_s=1.0)
    for handed_over in range(1, 4):
        live.collector.reply("a", NOW_MS + 1000, Reply({"temperature": 3.0}))
        await live.holds(handed_over)
    assert len(hands.parcels) == 1, "one that may lose little has had three rounds meanwhile"
    hands.collector.card("gate", NOW_MS + 1500, "0012345678")
    await hands.holds(2)
    (first, _), (second, events) = hands.parcels
    assert [frame.device for frame in first] == ["a", "b"]
    assert [frame.device for frame in second] == ["a"]
    assert [event.kind for event in events] == ["badge"]


async def test_a_parcel_is_handed_over_a_moment_after_its_first_reading() -> None:
    hands = Hands(power_cut_s=0.02)
    hands.collector.reply("a", NOW_MS, Reply({"temperature": 1.0}))
    hands.collector.reply("b", NOW_MS, Reply({"temperature": 2.0}))
    assert hands.parcels == []
    await hands.holds(1)
    ((frames, _),) = hands.parcels
    assert [frame.device for frame in frames] == ["a", "b"]
