"""What certificates are worth at a real mosquitto: who is let in as whom, and how that ends."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from ingest.receive import BrokerAddress
from tests.e2e.broker_with_certificates import Office, TwoDoors, reload_list
from tests.ingest.site import NOW, SITE, Cloud, agent, running, until


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "office")


@pytest.fixture
def broker(office: Office, tmp_path: Path) -> Iterator[TwoDoors]:
    with office.mosquitto(tmp_path / "mosquitto") as running_broker:
        yield running_broker


async def refused(address: BrokerAddress) -> bool:
    """Whether it lets nobody in with this certificate."""
    client = aiomqtt.Client(
        address.host,
        address.port,
        tls_context=address.tls_context(),
        timeout=1.0,
        protocol=aiomqtt.ProtocolVersion.V5,
    )
    try:
        async with client:
            return False
    except (aiomqtt.MqttError, ssl.SSLError):
        return True


async def test_a_reload_refuses_the_revoked_and_a_restart_ends_their_connections(
    office: Office, broker: TwoDoors, tmp_path: Path
) -> None:
    stolen, kept = office.address(broker, f"{SITE}/pi-1"), office.address(broker, f"{SITE}/pi-2")
    async with running(Cloud(tmp_path, office.cloud(broker))) as cloud:
        office.revoke(f"{SITE}/pi-1")
        assert not await refused(stolen), "before the broker knows"
        async with agent(stolen) as thief, agent(kept, "pi-2") as honest:
            await thief.send_batches(1)
            await thief.has(1, 1)
            reload_list(broker, office.folder)
            await honest.send_batches(2)
            await honest.has(2, 2)
            assert await refused(stolen)
            assert not await refused(kept)
            await thief.send_batches(3)
            await thief.has(3, 3)
            broker.stop()
        broker.start()
        assert await refused(stolen)
        counters = cloud.ingest.receiver.counters
        await until(lambda: counters.connections == 2 and counters.connected, "the cloud is back")
        async with agent(kept, "pi-2") as honest:
            await honest.send_batches(4)
            await honest.has(4, 4)
        assert cloud.frequencies() == [NOW + 10, NOW + 20, NOW + 30, NOW + 40]


async def test_the_broker_s_own_certificate_lets_nobody_in(office: Office, broker: TwoDoors) -> None:
    assert await refused(office.with_certificate(broker, *office.server(["cloud"])))
    assert await refused(
        BrokerAddress("127.0.0.1", broker.port, ca_file=office.folder / "ca.crt", protocol=5)
    )
    assert not await refused(office.address(broker, "cloud"))


def greet(address: BrokerAddress) -> None:
    """A TLS handshake as an agent makes it."""
    context = address.tls_context()
    assert context is not None
    with (
        socket.create_connection((address.host, address.port)) as plain,
        context.wrap_socket(plain, server_hostname=address.host),
    ):
        pass


def test_an_agent_speaks_to_no_broker_of_another_authority_or_name(office: Office, tmp_path: Path) -> None:
    ours = office.client(f"{SITE}/pi-1")
    with (
        Office(tmp_path / "forger").mosquitto(tmp_path / "forged") as forged,
        pytest.raises(ssl.SSLCertVerificationError, match="self-signed"),
    ):
        greet(office.with_certificate(forged, *ours))
    with (
        office.mosquitto(tmp_path / "elsewhere", hosts=["mqtt.example.cn"]) as elsewhere,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate is not valid for"),
    ):
        greet(office.with_certificate(elsewhere, *ours))
