"""An agent with valid credentials of its own, on the brokers as they ship: what it can do to another site."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from edge_agent.broker import client_id
from ingest.receive import BrokerAddress
from plumbline.broker import configured
from plumbline.settings import BrokerSettings
from tests.e2e.broker_with_certificates import CLOUD_PASSWORD, HOST, Office, TwoDoors, write_users
from tests.ingest.site import SITE, Cloud, agent, running, until

#: The hostile agent's place.
HOSTILE: Final = "hostile-1"
CONNECTIONS: Final = 9
BATCHES: Final = 200


@dataclass
class Place:
    """A broker as it ships, the cloud's way to it, and those of two agents."""

    server: TwoDoors
    cloud: BrokerAddress
    victim: BrokerAddress
    hostile: BrokerAddress


def _with_passwords(folder: Path) -> Place:
    users = {"cloud": CLOUD_PASSWORD, f"{SITE}.pi-1": "of b", f"{HOSTILE}.pi-1": "of a"}
    server = TwoDoors("plumbline.conf", folder)
    write_users(folder, users, [HOSTILE])
    _, victim, hostile = [BrokerAddress(HOST, server.port, name, word) for name, word in users.items()]
    settings = BrokerSettings(host=HOST, port=server.cloud_port, username="cloud", share="ingest")
    return Place(server, _as_settings_say(folder, settings), victim, hostile)


def _with_certificates(folder: Path) -> Place:
    office = Office(folder / "office")
    server = office.mosquitto(folder)
    cloud = office.cloud(server)
    settings = BrokerSettings(
        host=HOST, port=server.cloud_port, username="cloud", share="ingest",
        ca_file=cloud.ca_file, cert_file=cloud.certificate_file, key_file=cloud.key_file,
    )  # fmt: skip
    victim, hostile = (office.address(server, f"{site}/pi-1") for site in (SITE, HOSTILE))
    return Place(server, _as_settings_say(folder, settings), victim, hostile)


def _as_settings_say(folder: Path, settings: BrokerSettings) -> BrokerAddress:
    password = folder / "cloud-password"
    password.write_text(CLOUD_PASSWORD)
    return configured(settings.model_copy(update={"password_file": password}))


@pytest.fixture(params=[_with_passwords, _with_certificates], ids=["passwords", "certificates"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    folder = tmp_path / "broker"
    folder.mkdir()
    found: Place = request.param(folder)
    found.server.start()
    yield found
    found.server.stop()


def client(address: BrokerAddress, identifier: str | None = None) -> aiomqtt.Client:
    return aiomqtt.Client(
        address.host,
        address.port,
        identifier=identifier,
        username=address.username,
        password=address.password,
        tls_context=address.tls_context(),
        protocol=aiomqtt.ProtocolVersion.V5,
        timeout=2.0,
    )


@asynccontextmanager
async def besieged(address: BrokerAddress, topic: str) -> AsyncIterator[list[str]]:
    """So many connections that subscribe to `topic`, each made anew when it ends; what they hear."""
    heard: list[str] = []
    subscribed = asyncio.Event()

    async def hold() -> None:
        while True:
            with suppress(aiomqtt.MqttError):
                async with client(address, client_id()) as one:
                    await one.subscribe(topic, qos=1)
                    subscribed.set()
                    async for message in one.messages:
                        heard.extend([str(message.topic)])

    holding = [asyncio.create_task(hold()) for _ in range(CONNECTIONS)]
    async with asyncio.timeout(10):
        await subscribed.wait()
    try:
        yield heard
    finally:
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)


@pytest.mark.parametrize("group", ["ingest", "plumbline", "cloud"])
async def test_nobody_joins_the_workers_subscription(place: Place, tmp_path: Path, group: str) -> None:
    """Each batch is sent once: one that went astray would be missing."""
    topic = f"$share/{group}/plumbline/v1/+/+/batch"
    async with running(Cloud(tmp_path, place.cloud)) as cloud:
        async with besieged(place.hostile, topic) as heard, agent(place.victim) as victim:
            await victim.send_batches(*range(1, BATCHES + 1))
            await victim.has(1, BATCHES)
        assert cloud.ingest.counters.batches == BATCHES
        assert heard == []


async def test_nobody_takes_another_agents_connection_over(place: Place) -> None:
    """Neither by the id it chose nor by the one that the broker gave it."""
    given = f"{SITE}.pi-1" if place.victim.username else f"{SITE}/pi-1"
    chosen = client_id()
    async with client(place.victim, chosen) as victim:
        await victim.subscribe(f"plumbline/v1/{SITE}/pi-1/receipt")
        for guess in (chosen, given, f"plumbline-{SITE}-pi-1"):
            async with client(place.hostile, guess):
                pass
            with suppress(aiomqtt.MqttError):
                async with client(replace(place.hostile, port=place.server.cloud_port), guess):
                    pytest.fail("the cloud's door let an agent in")
        async with client(place.cloud) as cloud:
            await cloud.publish(f"plumbline/v1/{SITE}/pi-1/receipt", b"still here")
            async with asyncio.timeout(5):
                async for message in victim.messages:
                    assert message.payload == b"still here"
                    break


async def test_an_agent_has_one_connection(place: Place) -> None:
    async with client(place.hostile, client_id()) as first:
        ended = asyncio.create_task(_end_of(first))
        async with client(place.hostile, client_id()):
            await until(ended.done, "the first one ended")


async def _end_of(one: aiomqtt.Client) -> None:
    with suppress(aiomqtt.MqttError):
        async for _ in one.messages:
            pass


async def test_two_workers_have_a_connection_each(place: Place) -> None:
    async with client(place.cloud) as first, client(place.cloud) as second:
        for one in (first, second):
            await one.subscribe("plumbline/v1/+/+/status")
            await one.publish("plumbline/v1/a/b/receipt", b"", qos=1)


async def test_sites_and_agents_whose_names_run_together_are_two_at_the_broker(tmp_path: Path) -> None:
    """Site a-b with agent c, and site a with agent b-c, connected at once."""
    names = ["a-b.c", "a.b-c"]
    server = TwoDoors("plumbline.conf", tmp_path)
    write_users(tmp_path, {"cloud": CLOUD_PASSWORD} | dict.fromkeys(names, "theirs"), [])
    server.start()
    one, other = (BrokerAddress(HOST, server.port, name, "theirs") for name in names)
    try:
        async with client(one) as first, client(other) as second:
            await first.publish("plumbline/v1/a-b/c/batch", b"", qos=1)
            await second.publish("plumbline/v1/a/b-c/batch", b"", qos=1)
            await first.publish("plumbline/v1/a-b/c/batch", b"", qos=1)
    finally:
        server.stop()


def test_the_name_of_the_group_is_known_to_who_has_the_clouds_secret_alone(tmp_path: Path) -> None:
    names = set()
    for number, word in enumerate(("one", "two", "two")):
        file = tmp_path / str(number)
        file.write_text(word)
        settings = BrokerSettings(host=HOST, username="cloud", password_file=file, share="ingest")
        names.add(configured(settings).share)
    assert len(names) == 2
    assert all(name is not None and len(name) > len("ingest-") + 20 for name in names)
