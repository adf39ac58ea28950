"""MQTT devices through a real mosquitto: restarts, a storm, retained messages, a rebirth."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from edge_agent.broker import Broker
from edge_agent.clock.clock import utc_ms
from edge_agent.drivers.contract import LineCounters, Target
from edge_agent.drivers.mqtt.arrival import MqttDevice
from edge_agent.drivers.mqtt.subscriber import MqttDevices, MqttPlan, bounded_queue
from edge_agent.gather.collector import Collector
from edge_agent.profile import load
from edge_agent.spool.contents import Parcel
from plumbline.embedded_broker import Credentials, EmbeddedBroker
from tests.edge_agent.cloud import until
from tests.edge_agent.drivers.mqtt.sparkplug import metric, payload
from tests.servers import Mosquitto

FRAMES = Path(__file__).parents[2] / "frames"
PLUG = '{"current":0.21,"energy":1.34,"linkquality":125,"power":%s,"state":"ON","voltage":230.1}'


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("site-broker")) as running:
        yield running


def device(name: str, profile: str, address: str) -> MqttDevice:
    model = load(profile)
    target: Target = model.target(name, address)
    return MqttDevice(target, model.transport.protocol, model.transport.codec, model.badge, 3600.0)


class Site:
    """Devices listened to, and what came of it."""

    def __init__(self, port: int, *devices: MqttDevice) -> None:
        self.parcels: list[Parcel] = []
        self.collector = Collector(b"p" * 32, 0.01, self.parcels.append)
        plan = MqttPlan(Broker("127.0.0.1", port), devices, f"site-{id(self)}")
        self.mqtt = MqttDevices(plan, self.collector, utc_ms)

    def values(self, name: str, quantity: str) -> list[float | None]:
        return [
            value
            for frames, _ in self.parcels
            for frame in frames
            if frame.device == name
            for value in frame.values.get(quantity, [])
        ]

    def fault(self, name: str) -> str | None:
        return self.collector.devices[name].fault if name in self.collector.devices else "unknown"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.mqtt.run())
        try:
            await until(lambda: self.mqtt.subscribed, what="subscribed")
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.collector.flush()


@asynccontextmanager
async def bridge(port: int) -> AsyncIterator[aiomqtt.Client]:
    """What devices publish with."""
    async with aiomqtt.Client("127.0.0.1", port, max_inflight_messages=1000) as client:
        client.pending_calls_threshold = 100_000
        yield client


async def test_captured_payloads_of_every_dialect_become_readings(broker: Mosquitto) -> None:
    site = Site(
        broker.port,
        device("th", "aqara-wsdcgq11lm", "zigbee2mqtt/AZ_TEMP"),
        device("leak", "aqara-sjcgq11lm", "zigbee2mqtt/BAD_LEAK01"),
        device("pow", "tasmota-pow", "pow1"),
        device("bed", "tasmota-temp-humidity", "tasmota#LYWSD02-a2fd09"),
        device("plug", "shelly-plus-plug-s", "shellyplusplugs-x"),
        device("node", "esphome-temp-humidity", "livingroom"),
        device("lora", "milesight-em300-th", "24e124136b000001"),
        device("spb", "sparkplug-temperature", "TestGroup/EdgeNode1"),
    )
    names = ("zigbee2mqtt", "tasmota", "shelly", "esphome", "sparkplug_b")
    captured = [one for name in names for one in json.loads((FRAMES / f"{name}.json").read_text())]
    async with site.listening(), bridge(broker.port) as client:
        for one in captured:
            data = bytes.fromhex(one["hex"]) if "hex" in one else one.get("payload", "").encode()
            # They are years old, and say so.
            data = re.sub(rb'"last_seen":\s*("[^"]*"|\d+),?', b"", data)
            if "topic" in one and "(" not in one["topic"]:
                await client.publish(one["topic"], data)
        uplink = {"data": "AXVcA2c0AQRoZQ==", "fPort": 85, "rxInfo": [{"rssi": -36, "snr": 10.5}]}
        await client.publish("application/a/device/24e124136b000001/event/up", json.dumps(uplink))
        await until(lambda: bool(site.values("lora", "temperature")), what="the last of them")
    assert site.values("th", "temperature") == [20.76]
    assert site.values("th", "battery_voltage") == [2.975]
    assert site.values("leak", "leak") == [1.0]
    assert site.values("pow", "active_power") == [2635.0]
    assert site.values("bed", "relative_humidity") == [57.0]
    assert site.values("plug", "active_energy_import") == [7.258589]
    assert site.values("node", "temperature") == [21.5, None]
    assert site.values("lora", "temperature") == [30.8]
    assert site.values("lora", "signal_strength") == [-36.0]
    assert 21.5 in site.values("spb", "temperature")


async def test_a_broker_that_is_killed_is_told_and_listened_to_again(tmp_path: Path) -> None:
    running = Mosquitto(tmp_path / "broker").start()
    site = Site(running.port, device("plug", "tuya-ts011f", "zigbee2mqtt/plug"))
    try:
        async with site.listening():
            async with bridge(running.port) as client:
                await client.publish("zigbee2mqtt/plug", PLUG % 1)
                await until(lambda: site.values("plug", "active_power") == [1.0], what="the first reading")
            running.kill()
            await until(lambda: site.fault("plug") == "line_lost", what="the fault")
            running.start()
            await until(lambda: site.mqtt.subscribed, what="subscribed again")
            assert site.fault("plug") is None
            async with bridge(running.port) as client:
                await client.publish("zigbee2mqtt/plug", PLUG % 2)
                await until(lambda: site.values("plug", "active_power") == [1.0, 2.0], what="the second")
    finally:
        running.stop()


async def test_a_storm_is_taken_whole_and_what_cannot_be_read_is_counted(broker: Mosquitto) -> None:
    """3,000 messages as fast as they go; a third of them is broken."""
    site = Site(broker.port, device("plug", "tuya-ts011f", "zigbee2mqtt/storm"))
    seen = site.mqtt.counters
    async with site.listening(), bridge(broker.port) as client:
        for number in range(3_000):
            data = PLUG % number if number % 3 else (PLUG % number)[:-5]
            await client.publish("zigbee2mqtt/storm", data, qos=0)
        await until(lambda: seen.replies + seen.checksum_errors + seen.dropped >= 3_000, what="all of it")
    assert (seen.replies, seen.checksum_errors, seen.dropped) == (2_000, 1_000, 0)
    values = site.values("plug", "active_power")
    assert values == [float(number) for number in range(3_000) if number % 3]
    times = [time_ms for frames, _ in site.parcels for frame in frames for time_ms in frame.time]
    assert len(times) == len(set(times)), "each a reading of its own to the store"


async def test_a_retained_reading_is_not_a_fresh_one_and_a_retained_will_counts(broker: Mosquitto) -> None:
    async with bridge(broker.port) as client:
        await client.publish("tele/kept/SENSOR", '{"ENERGY":{"Power":99}}', qos=1, retain=True)
        await client.publish("tele/kept/LWT", "Offline", qos=1, retain=True)
        site = Site(broker.port, device("pow", "tasmota-pow", "kept"))
        async with site.listening():
            await until(lambda: site.fault("pow") == "no_reply", what="the retained will")
            await client.publish("tele/kept/LWT", "Online", qos=1, retain=True)
            await client.publish("tele/kept/SENSOR", '{"ENERGY":{"Power":5}}', qos=1, retain=True)
            await until(lambda: bool(site.values("pow", "active_power")), what="the live one")
            assert site.fault("pow") is None
    assert site.values("pow", "active_power") == [5.0]


async def test_a_node_met_in_the_middle_is_asked_for_its_birth(broker: Mosquitto) -> None:
    site = Site(broker.port, device("spb", "sparkplug-temperature", "site/edge"))
    async with site.listening(), bridge(broker.port) as client:
        await client.subscribe("spBv1.0/site/NCMD/edge")
        await client.publish("spBv1.0/site/NDATA/edge", payload(metric(alias=1, value=20.0), seq=5))
        async with asyncio.timeout(10):
            command = await anext(aiter(client.messages))
        assert b"Node Control/Rebirth" in bytes(command.payload)
        birth = metric("Temperature", alias=1, value=20.5, datatype=10)
        await client.publish("spBv1.0/site/NBIRTH/edge", payload(birth, seq=0))
        await client.publish("spBv1.0/site/NDATA/edge", payload(metric(alias=1, value=21.0), seq=1))
        await until(lambda: len(site.values("spb", "temperature")) == 2, what="birth and data")
    assert site.values("spb", "temperature") == [20.5, 21.0]


async def test_a_badge_behind_mqtt_is_a_pass_under_its_pseudonym(broker: Mosquitto) -> None:
    site = Site(broker.port, device("gate", "tasmota-pn532", "gate1"))
    async with site.listening(), bridge(broker.port) as client:
        for _ in range(5):
            await client.publish("tele/gate1/SENSOR", '{"PN532":{"UID":"94D8FC5F","DATA":""}}')
        await until(lambda: site.mqtt.counters.replies == 5, what="all five")
    events = [event for _, events in site.parcels for event in events if event.kind == "badge"]
    assert len(events) == 1, "a card that stays is one pass"
    assert "94D8FC5F" not in str(site.parcels)
    assert "2497248351" not in str(site.parcels)


async def test_at_its_bound_the_queue_lets_the_oldest_go_and_counts_it() -> None:
    counters = LineCounters()
    queue = bounded_queue(counters)(maxsize=3)
    for number in range(5):
        queue.put_nowait(number)
    assert [queue.get_nowait() for _ in range(3)] == [2, 3, 4]
    assert counters.dropped == 2


async def test_a_topic_that_the_broker_keeps_from_us_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Else its device would only seem silent. mosquitto grants what it will not deliver; nats tells."""
    broker = EmbeddedBroker(tmp_path / "nats", {"pi": Credentials("secret", site="a", agent="b")})
    await broker.start()
    password = tmp_path / "password"
    password.write_text("secret", encoding="utf-8")
    plan = MqttPlan(
        Broker("127.0.0.1", broker.port, "pi", password), (device("lost", "tasmota-pow", "pow2"),), "site-x"
    )
    listening = asyncio.create_task(
        MqttDevices(plan, Collector(b"p" * 32, 0.01, lambda _: None), utc_ms).run()
    )
    await until(lambda: "may not listen to tele/pow2/" in caplog.text, what="told")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await broker.stop()
