"""What goes on a site's hardware is read by the tool that will read it there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import aiomqtt
import pytest

from tests.servers import Mosquitto

ROOT = Path(__file__).parents[2] / "firmware_configs"


@pytest.fixture
def broker(tmp_path: Path) -> Mosquitto:
    """The shipped configuration, its /etc and /var paths moved into a folder, its port to a free one."""
    config = (ROOT / "mosquitto/plumbline.conf").read_text()
    config = re.sub(r"^listener .*$", "", config, flags=re.M)
    config = config.replace("/etc/mosquitto", str(tmp_path)).replace("/var/lib/mosquitto", str(tmp_path))
    (tmp_path / "plumbline.acl").write_text((ROOT / "mosquitto/acl").read_text())
    (tmp_path / "plumbline.acl").chmod(0o600)
    for user in ("cloud", "fenglin-18.pi-1"):
        create = ["-c"] if user == "cloud" else []
        subprocess.run(
            [
                "mosquitto_passwd",
                *create,
                "-b",
                str(tmp_path / "plumbline.passwd"),
                user,
                f"secret of {user}",
            ],
            check=True,
            capture_output=True,
        )
    return Mosquitto(tmp_path, config)


def client(broker: Mosquitto, user: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, username=user, password=f"secret of {user}")


async def test_an_agent_speaks_of_its_own_site_only(broker: Mosquitto) -> None:
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


async def test_a_stranger_is_not_let_in(broker: Mosquitto) -> None:
    broker.start()
    try:
        with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori"):
            async with aiomqtt.Client("127.0.0.1", broker.port):
                pass
    finally:
        broker.stop()
