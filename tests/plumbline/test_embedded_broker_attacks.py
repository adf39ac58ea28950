"""What one agent's password is worth at the embedded broker: that agent's topics, and nothing else."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from plumbline.embedded_broker import Credentials, EmbeddedBroker

ACCOUNTS: Final = {
    "cloud": Credentials("of the cloud"),
    "site-a.pi-1": Credentials("of a", site="site-a", agent="pi-1"),
    "site-b.pi-1": Credentials("of b", site="site-b", agent="pi-1"),
}
BATCH_OF_B: Final = "plumbline/v1/site-b/pi-1/batch"
WITHIN_S: Final = 5.0


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    running = EmbeddedBroker(tmp_path / "broker", ACCOUNTS)
    await running.start()
    yield running
    await running.stop()


def client(broker: EmbeddedBroker, user: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, username=user, password=ACCOUNTS[user].password)


def native_port(broker: EmbeddedBroker) -> int:
    """Of NATS' own protocol: a free one, as anybody on the machine finds it."""
    log = (broker._folder / "nats.log").read_text()
    found = re.search(r"Listening for client connections on 127\.0\.0\.1:(\d+)", log)
    assert found is not None
    return int(found[1])


@pytest.mark.parametrize("user", ACCOUNTS)
@pytest.mark.parametrize("subject", ["$MQTT.sub.>", ">", "$JS.API.STREAM.LIST", "$SYS.>"])
async def test_nobody_connects_by_the_brokers_own_protocol(
    broker: EmbeddedBroker, user: str, subject: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", native_port(broker))
    login = json.dumps({"user": user, "pass": ACCOUNTS[user].password, "verbose": False})
    writer.write(f"CONNECT {login}\r\nSUB {subject} 1\r\nPING\r\n".encode())
    async with asyncio.timeout(WITHIN_S):
        said = await reader.read()  # until the server closes it
    assert b"-ERR 'Authorization Violation'" in said
    assert b"PONG" not in said
    writer.close()


@pytest.mark.parametrize(
    "wanted",
    [
        "#", "+/#", "plumbline/#", "plumbline/v1/+/+/batch", BATCH_OF_B, "plumbline/v1/site-b/pi-1/command",
        "plumbline/v1/+/+/status", "$MQTT/#", "$MQTT/sub/#", "$MQTT/JSA/#", "$JS/#", "$JS/API/#", "$SYS/#",
        "_INBOX/#", "$share/ingest/plumbline/v1/+/+/batch",
    ],
)  # fmt: skip
async def test_an_agent_hears_nothing_of_others_whatever_it_subscribes_to(
    broker: EmbeddedBroker, wanted: str
) -> None:
    heard: list[str] = []
    async with client(broker, "cloud") as cloud, client(broker, "site-b.pi-1") as victim:
        await victim.publish("plumbline/v1/site-b/pi-1/status", b"retained of b", qos=1, retain=True)
        await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
        try:
            async with client(broker, "site-a.pi-1") as thief:
                await thief.subscribe([("plumbline/v1/site-a/pi-1/receipt", 1), (wanted, 1)])
                await victim.publish(BATCH_OF_B, b"of b", qos=1)
                await cloud.publish("plumbline/v1/site-b/pi-1/command", b"for b", qos=1)
                await cloud.publish("plumbline/v1/site-a/pi-1/receipt", b"for a", qos=1)
                async with asyncio.timeout(WITHIN_S):
                    async for message in thief.messages:
                        heard.append(str(message.topic))
                        if message.payload == b"for a":
                            break
        except (aiomqtt.MqttError, TimeoutError):
            pass  # it was thrown out
    assert {topic for topic in heard if topic != "plumbline/v1/site-a/pi-1/receipt"} == set()


@pytest.mark.parametrize("topic", ["$MQTT/sub/x", "$JS/API/STREAM/LIST", "$MQTT/sess/x", BATCH_OF_B])
async def test_an_agent_says_nothing_in_places_of_others(broker: EmbeddedBroker, topic: str) -> None:
    """And the broker goes on for everybody."""
    try:
        async with client(broker, "site-a.pi-1") as thief, asyncio.timeout(WITHIN_S):
            await thief.publish(topic, b"forged", qos=1)
    except (aiomqtt.MqttError, TimeoutError):
        pass  # it was thrown out
    async with client(broker, "cloud") as cloud, client(broker, "site-b.pi-1") as honest:
        await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
        await honest.publish(BATCH_OF_B, b"of b", qos=1)
        async with asyncio.timeout(WITHIN_S):
            async for message in cloud.messages:
                assert message.payload == b"of b"
                break


@pytest.mark.parametrize("path", ["/", "/connz?subs=1", "/varz", "/jsz?streams=1", "/subsz", "/healthz"])
async def test_the_monitoring_port_says_nothing_to_strangers(broker: EmbeddedBroker, path: str) -> None:
    def asked() -> int:
        connection = http.client.HTTPConnection("127.0.0.1", broker._monitor.port, timeout=WITHIN_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    assert await asyncio.to_thread(asked) == 404


def test_no_other_way_in_is_open(broker: EmbeddedBroker) -> None:
    settings = json.loads((broker._folder / "broker.conf").read_text())
    assert not {"websocket", "leafnodes", "cluster", "gateway", "accounts", "no_auth_user"} & set(settings)
    assert all(user["allowed_connection_types"] == ["MQTT"] for user in settings["authorization"]["users"])
