"""One suite on every broker: the embedded one, mosquitto with passwords, and with MQTT 5 and certificates.

The configurations are those of firmware_configs/, with paths and ports of the test.
"""

from __future__ import annotations

import asyncio
import os
import signal
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from ingest.receive import BrokerAddress
from plumbline.embedded_broker import Credentials
from tests.e2e.broker_with_certificates import HOST, Office, TwoDoors, write_users
from tests.embedded import kept
from tests.ingest.site import NOW, SITE, STREAM, Cloud, agent, batch, running, until
from tests.servers import Mosquitto
from wire import batch as wire_batch
from wire.status import Status

OTHER: Final = "another-site"


@dataclass
class Broker:
    """A broker that knows the cloud, an agent of our site and an agent of another one."""

    cloud: BrokerAddress
    agent: BrokerAddress
    stranger: BrokerAddress
    #: Somebody whom the broker does not know.
    nobody: BrokerAddress
    kill_and_return: Callable[[], Awaitable[None]]


async def _embedded(folder: Path) -> AsyncIterator[Broker]:
    users = {
        "cloud": Credentials("of the cloud"),
        "ours": Credentials("of ours", SITE, "pi-1"),
        "theirs": Credentials("of theirs", OTHER, "pi-1"),
    }
    async with kept(folder / "broker", users) as broker:

        async def kill_and_return() -> None:
            killed = broker.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await until(lambda: broker.pid not in (None, killed), "back")

        cloud, ours, theirs = (
            BrokerAddress("127.0.0.1", broker.port, name, user.password) for name, user in users.items()
        )
        yield Broker(cloud, ours, theirs, replace(ours, password="guessed"), kill_and_return)


def _mosquitto(server: Mosquitto, cloud: BrokerAddress, *others: BrokerAddress) -> Broker:
    async def kill_and_return() -> None:
        server.kill()
        await asyncio.to_thread(server.start)

    ours, theirs, nobody = others
    return Broker(cloud, ours, theirs, nobody, kill_and_return)


async def _with_passwords(folder: Path) -> AsyncIterator[Broker]:
    """Names as `fenglin-18.pi-1`, a stanza an agent in the access list."""
    users = {"cloud": "c", f"{SITE}.pi-1": "a", f"{OTHER}.pi-1": "b"}
    server = TwoDoors("plumbline.conf", folder)
    write_users(folder, users, [OTHER])
    server.start()
    cloud, *known = [BrokerAddress(HOST, server.port, name, word) for name, word in users.items()]
    cloud = replace(cloud, port=server.cloud_port)
    yield _mosquitto(server, cloud, *known, replace(known[0], password="guessed"))
    server.stop()


async def _with_certificates(folder: Path) -> AsyncIterator[Broker]:
    """Names as `fenglin-18/pi-1` from the certificate, one pattern for all; MQTT 5, a shared subscription."""
    office, forger = Office(folder / "office"), Office(folder / "forger")
    server = office.mosquitto(folder / "mosquitto").start()
    cloud = replace(office.cloud(server), share="ingest")
    ours, theirs = office.address(server, f"{SITE}/pi-1"), office.address(server, f"{OTHER}/pi-1")
    nobody = forger.address(server, f"{SITE}/pi-1", trust=office.folder / "ca.crt")
    yield _mosquitto(server, cloud, ours, theirs, nobody)
    server.stop()


BROKERS: Final = {
    "embedded": _embedded,
    "mosquitto-passwords": _with_passwords,
    "mosquitto-mqtt5-certificates": _with_certificates,
}


@pytest.fixture(params=BROKERS)
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    async for found in BROKERS[request.param](tmp_path / "broker"):
        yield found


async def test_every_batch_has_its_receipt_and_is_stored_once(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send_batches(*range(1, 101))
        await site.send_batches(*range(1, 101))
        await site.has(1, 100)
        await until(lambda: cloud.ingest.counters.batches == 200, "all heard")
        await until(lambda: cloud.frequencies() == [NOW + 10 * seq for seq in range(1, 101)], "each once")


async def test_a_status_said_before_the_cloud_was_there_is_heard(broker: Broker, tmp_path: Path) -> None:
    status = Status(online=True, sent=NOW, stream=STREAM)
    async with agent(broker.agent) as site:
        await site.send(status.model_dump_json().encode(), "status", retain=True)
        async with running(Cloud(tmp_path, broker.cloud)) as cloud:
            await until(lambda: len(cloud.records.agent_states.of(SITE)) == 1, "the retained status")


async def test_nobody_speaks_for_another_agent(broker: Broker, tmp_path: Path) -> None:
    """The broker may acknowledge what it drops (a PUBACK is no receipt): what counts is what arrives."""
    async with running(Cloud(tmp_path, broker.cloud)) as cloud:
        with suppress(aiomqtt.MqttError):
            async with agent(broker.stranger) as stranger:
                await stranger.client.publish(
                    f"plumbline/v1/{SITE}/pi-1/batch", wire_batch.encode(batch(1)), qos=0
                )
        async with agent(broker.stranger) as stranger, agent(broker.agent) as site:
            await stranger.client.publish(f"plumbline/v1/{OTHER}/pi-1/batch", wire_batch.encode(batch(2)))
            await site.send_batches(3)
            await site.has(3, 3)
            await until(lambda: len(cloud.log.streams(OTHER)) == 1, "the stranger's own")
        assert cloud.log.streams(SITE) == {("pi-1", STREAM): [(3, 3)]}


async def test_nobody_hears_another_agent_s_receipts(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)), agent(broker.agent) as site:
        with suppress(aiomqtt.MqttError):
            async with agent(broker.stranger) as stranger:
                await site.send_batches(1)
                await site.has(1, 1)
                assert stranger.receipts == []


async def test_whom_the_broker_does_not_know_gets_no_connection(broker: Broker) -> None:
    nobody = broker.nobody
    client = aiomqtt.Client(
        nobody.host,
        nobody.port,
        username=nobody.username,
        password=nobody.password,
        tls_context=nobody.tls_context(),
        timeout=1.0,
    )
    with pytest.raises((aiomqtt.MqttError, ssl.SSLError)):
        async with client:
            pass


async def test_a_broker_that_is_killed_costs_nothing(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud:
        async with agent(broker.agent) as site:
            await site.send_batches(*range(1, 31))
            await site.has(1, 30)
        await broker.kill_and_return()
        counters = cloud.ingest.receiver.counters
        await until(lambda: counters.connections == 2 and counters.connected, "connected again")
        async with agent(broker.agent) as site:
            await site.send_batches(*range(21, 61))
            await site.has(21, 60)
        await until(lambda: cloud.frequencies() == [NOW + 10 * seq for seq in range(1, 61)], "each once")
