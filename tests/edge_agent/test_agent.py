"""The agent on serial lines that speak the real protocols, with a real broker and a small cloud."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edge_agent.clock.clock import utc_ms
from edge_agent.gather.badges import load_pepper, pseudonym
from tests.edge_agent.cloud import Cloud, cloud, until
from tests.edge_agent.place import CARD_HEX, CARD_PRINTED, Place
from tests.servers import Mosquitto
from wire.batch import Batch, decode


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
async def place(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[Place]:
    one = Place(tmp_path, broker.port)
    one.line.plug()
    yield one
    one.line.unplug()


def counters(batches: list[Batch], device: str) -> list[int]:
    """What arrived of a device's counter, each batch once."""
    unique = {(batch.stream, batch.seq): batch for batch in batches}.values()
    found = [
        value
        for batch in unique
        for frame in batch.frames
        if frame.device == device
        for value in frame.values["water_volume"]
    ]
    return sorted(int(value) for value in found if value is not None)


async def more_than(sky: Cloud, least: int) -> None:
    await until(lambda: len(counters(sky.batches, "one")) > least, what=f"{least} readings")


def reasons(sky: Cloud, device: str) -> list[str | None]:
    return [event.reason for batch in sky.batches for event in batch.events if event.device == device]


async def test_every_reading_taken_arrives_once_and_a_stop_says_goodbye(
    place: Place, broker: Mosquitto
) -> None:
    async with cloud(broker.port) as sky:
        async with place.agent():
            await until(lambda: len(counters(sky.batches, "two")) > 10, what="readings")
        await until(lambda: bool(sky.statuses) and not sky.statuses[-1].online, what="the farewell")
        left = place.spool()
        sky.batches += [decode(sealed.payload) for sealed in left.unsent(0, 10_000)]
        left.close()
        for device, last in place.counting.produced().items():
            name = {"count-001": "one", "count-002": "two"}[device]
            assert counters(sky.batches, name) in (list(range(1, last + 1)), list(range(1, last)))
    devices = {row.device: row for row in sky.statuses[-1].devices}
    assert devices["one"].fault is None
    assert devices["nobody"].fault == "no_reply"
    assert devices["nobody"].last_read is None
    assert sky.statuses[-1].lines[0].timeouts > 0


async def test_a_dead_device_is_told_once_and_costs_the_others_little(
    place: Place, broker: Mosquitto
) -> None:
    async with cloud(broker.port) as sky, place.agent():
        await until(lambda: len(counters(sky.batches, "one")) > 30, what="readings")
        assert reasons(sky, "nobody") == ["no_reply"]
        times = [t for b in sky.batches for f in b.frames if f.device == "one" for t in f.time]
        assert (max(times) - min(times)) / 30 < 250, "ten a second but for the dead one's timeouts"


async def test_badge_numbers_never_touch_the_disk_the_log_or_the_wire(
    place: Place, broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    async with cloud(broker.port) as sky, place.agent():
        await more_than(sky, 0)
        place.hold_badge()
        await until(lambda: any(e.kind == "badge" for b in sky.batches for e in b.events), what="the badge")
        written = b"".join(path.read_bytes() for path in place.folder.glob("spool.db*") if path.is_file())
    (passage,) = [event for batch in sky.batches for event in batch.events if event.kind == "badge"]
    pepper = load_pepper(place.folder / "secret/badge-pepper")
    assert (passage.badge, passage.direction) == (pseudonym(pepper, CARD_PRINTED), "in")
    raw = bytes.fromhex(CARD_HEX)
    for trace in (CARD_PRINTED.encode(), b"12345678", CARD_HEX.encode(), raw, raw[1:]):
        assert trace not in written
        assert not any(trace in payload for payload in sky.payloads)
    assert CARD_PRINTED not in caplog.text


async def test_mqtt_devices_are_read_beside_the_lines(place: Place, broker: Mosquitto) -> None:
    plug = "{id: plug, profile: tuya-ts011f, address: zigbee2mqtt/plug}"
    with place.file.open("a") as file:
        file.write(f"mqtt: {{devices: [{plug}]}}\n")
    async with cloud(broker.port) as sky, place.agent():
        await until(lambda: bool(sky.statuses), what="a status")
        assert "plug" in [row.device for row in sky.statuses[-1].devices]
        await sky.client.publish("zigbee2mqtt/plug/availability", "online", qos=1, retain=True)
        payload = '{"power":25.5,"energy":1.34,"state":"ON"}'
        await sky.client.publish("zigbee2mqtt/plug", payload, qos=1)
        await until(lambda: bool(readings(sky, "plug")), what="the reading")
        assert readings(sky, "plug") == {
            "active_power": [25.5],
            "active_energy_import": [1.34],
            "relay_closed": [1.0],
        }
        await sky.client.publish("zigbee2mqtt/plug/availability", "offline", qos=1, retain=True)
        await until(lambda: reasons(sky, "plug") == ["no_reply"], what="the fault")
        await until(lambda: sky.statuses[-1].devices[-1].fault == "no_reply", what="the fault in status")
    line = sky.statuses[-1].lines[-1]
    assert (line.port, line.replies >= 2) == (f"mqtt:127.0.0.1:{broker.port}", True)


def readings(sky: Cloud, device: str) -> dict[str, list[float | None]]:
    """What arrived of a device, by quantity."""
    found: dict[str, list[float | None]] = {}
    for batch in sky.batches:
        for frame in batch.frames:
            for quantity, column in frame.values.items() if frame.device == device else ():
                found.setdefault(quantity, []).extend(column)
    return found


async def test_a_line_pulled_out_and_put_back_goes_on(place: Place, broker: Mosquitto) -> None:
    async with cloud(broker.port) as sky, place.agent():
        await until(lambda: len(counters(sky.batches, "one")) > 3)
        place.line.unplug()
        await until(lambda: "line_lost" in reasons(sky, "one"), what="the fault")
        before = len(counters(sky.batches, "one"))
        place.line.plug()
        await until(lambda: len(counters(sky.batches, "one")) > before + 3, what="readings again")
        await until(lambda: sky.statuses[-1].devices[0].fault is None, what="status without the fault")


async def test_a_clock_that_jumps_either_way_stops_nothing(place: Place, broker: Mosquitto) -> None:
    jump_ms = [0]
    async with cloud(broker.port) as sky, place.agent(lambda: utc_ms() + jump_ms[0]):
        for jump in (0, -86_400_000, 86_400_000, -utc_ms() + 5):
            jump_ms[0] = jump
            before = len(counters(sky.batches, "one"))
            await more_than(sky, before + 5)


@pytest.mark.processes
async def test_the_process_ends_clean_on_sigterm_and_goes_on_after_sigkill(
    place: Place, broker: Mosquitto
) -> None:
    async with cloud(broker.port) as sky:
        for number in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
            before = len(counters(sky.batches, "one"))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "edge_agent", "run", str(place.file), stderr=asyncio.subprocess.PIPE
            )
            await more_than(sky, before + 5)
            process.send_signal(number)
            _, log = await process.communicate()
            assert b"Traceback" not in log
        assert process.returncode == 0
        streams = {batch.stream for batch in sky.batches}
        assert len(streams) == 3, "every run has a stream of its own"
        for stream in streams:
            seqs = sorted({batch.seq for batch in sky.batches if batch.stream == stream})
            assert seqs == list(range(1, len(seqs) + 1))
        got = counters(sky.batches, "one")
        assert len(got) == len(set(got))
