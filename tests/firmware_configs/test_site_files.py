"""What goes on a site's hardware is read by the tool that will read it there."""

from __future__ import annotations

from pathlib import Path

import aiomqtt
import pytest

from tests.e2e.broker_with_certificates import TwoDoors, write_users

ROOT = Path(__file__).parents[2] / "firmware_configs"


@pytest.fixture
def broker(tmp_path: Path) -> TwoDoors:
    """The shipped configuration, its /etc and /var paths moved into a folder, its ports to free ones."""
    server = TwoDoors("plumbline.conf", tmp_path)
    users = ("cloud", "fenglin-18.pi-1")
    write_users(tmp_path, {user: f"secret of {user}" for user in users}, [])
    return server


def client(broker: TwoDoors, user: str) -> aiomqtt.Client:
    port = broker.cloud_port if user == "cloud" else broker.port
    return aiomqtt.Client("127.0.0.1", port, username=user, password=f"secret of {user}")


async def test_an_agent_speaks_of_its_own_site_only(broker: TwoDoors) -> None:
    broker.start()
    try:
        async with client(broker, "cloud") as cloud, client(broker, "fenglin-18.pi-1") as agent:
            await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
            await agent.publish("plumbline/v1/other-site/pi-1/batch", b"foreign", qos=1)
            await agent.publish("plumbline/v1/fenglin-18/pi-1/batch", b"own", qos=1)
            async for message in cloud.messages:
                assert message.payload == b"own", "a publish to another site came through"
                break
    finally:
        broker.stop()


async def test_a_stranger_is_not_let_in(broker: TwoDoors) -> None:
    broker.start()
    try:
        with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori"):
            async with aiomqtt.Client("127.0.0.1", broker.port):
                pass
    finally:
        broker.stop()


@pytest.mark.parametrize("user", ["cloud", "fenglin-18.pi-1"])
async def test_nobody_comes_in_by_the_other_ones_door(broker: TwoDoors, user: str) -> None:
    broker.start()
    port = broker.port if user == "cloud" else broker.cloud_port
    try:
        with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori"):
            async with aiomqtt.Client("127.0.0.1", port, username=user, password=f"secret of {user}"):
                pass
    finally:
        broker.stop()
