"""The broker of a site, as shipped, on the real mosquitto: each kind of device speaks for itself alone."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import aiomqtt
import pytest

from edge_agent.drivers.mqtt.dialects import DIALECTS
from tests.servers import Mosquitto

CONFIGS: Final = Path(__file__).parents[2] / "firmware_configs" / "mosquitto"

#: A device's user name, what its firmware publishes and where, and its address in a site file.
DEVICES: Final = {
    "esphome": ("th-living", "plumbline/site/th-living", ("sensor/temperature/state", "status")),
    "tasmota": ("plug-1", "tele/plug-1", ("SENSOR", "STATE", "LWT")),
    "shelly": (
        "shellyplusplugs-a1b2c3",
        "shellyplusplugs-a1b2c3",
        ("status/switch:0", "events/rpc", "online"),
    ),
    "zigbee2mqtt": ("zigbee2mqtt", "zigbee2mqtt", ("leak bath", "leak bath/availability", "bridge/state")),
    "chirpstack_v4": ("chirpstack", "application/7/device/24e124136b000001/event", ("up", "status")),
    "sparkplug_b": ("node-1", "spBv1.0/site", ("NBIRTH/node-1", "DDATA/node-1/probe")),
}
#: What a thief of any one device would like to say.
TEMPTING: Final = (
    "plumbline/site/leak-bath/binary_sensor/leak/state",
    "plumbline/site/leak-bath/status",
    "tele/plug-2/SENSOR",
    "cmnd/plug-2/POWER",
    "cmnd/plug-1/POWER",
    "shellyplusplugs-ffffff/status/switch:0",
    "shellyplusplugs-ffffff/rpc",
    "zigbee2mqtt/lock/set",
    "application/7/device/24e124136b000001/command/down",
    "spBv1.0/site/NDATA/node-2",
    "spBv1.0/site/NCMD/node-2",
    "plumbline/v1/fenglin-18/pi-1/batch",
)
USERS: Final = ("site", "installer", "panel-door", *(user for user, _, _ in DEVICES.values()))


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """The shipped configuration, its paths moved into a folder, its port to a free one."""
    folder = tmp_path_factory.mktemp("site-broker")
    passwords = "".join(f"{user}:secret of {user}\n" for user in USERS)
    (folder / "site.passwd").write_text(passwords)
    subprocess.run(["mosquitto_passwd", "-U", str(folder / "site.passwd")], check=True)
    (folder / "site.acl").write_text((CONFIGS / "site.acl").read_text())
    for name in ("site.acl", "site.passwd"):
        (folder / name).chmod(0o600)
    shipped = re.sub(r"^listener .*$", "", (CONFIGS / "site.conf").read_text(), flags=re.M)
    moved = shipped.replace("/etc/mosquitto", str(folder)).replace("/var/lib/mosquitto", str(folder))
    server = Mosquitto(folder, moved)
    server.start()
    yield server
    server.stop()


def client(broker: Mosquitto, user: str) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", broker.port, username=user, password=f"secret of {user}")


async def heard(listener: aiomqtt.Client, last: str) -> set[str]:
    """The topics that come up to `last`."""
    topics: set[str] = set()
    async with asyncio.timeout(10):
        async for message in listener.messages:
            topics.add(str(message.topic))
            if str(message.topic) == last:
                break
    return topics


async def publish(broker: Mosquitto, user: str, topics: tuple[str, ...]) -> None:
    async with client(broker, user) as device:
        for topic in topics:
            await device.publish(topic, b"1", qos=1)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_a_device_is_heard_by_the_agent_on_its_own_topics_and_on_no_other(
    broker: Mosquitto, dialect: str
) -> None:
    user, base, kinds = DEVICES[dialect]
    own = tuple(f"{base}/{kind}" for kind in kinds)
    tempting = tuple(topic for topic in TEMPTING if not topic.startswith(f"{user}/"))
    async with client(broker, "installer") as installer:
        await installer.subscribe("#", qos=1)
        await publish(broker, user, (*tempting, *own))
        assert await heard(installer, own[-1]) == set(own)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_the_agent_may_read_what_its_dialect_subscribes_to(broker: Mosquitto, dialect: str) -> None:
    """A refused subscription is a silent device."""
    user, base, kinds = DEVICES[dialect]
    source = {
        "tasmota": user,
        "zigbee2mqtt": "zigbee2mqtt/leak bath",
        "chirpstack_v4": "24e124136b000001",
        "sparkplug_b": "site/node-1",
    }.get(dialect, base)
    own = tuple(f"{base}/{kind}" for kind in kinds)
    async with client(broker, "site") as agent:
        for topic in DIALECTS[dialect].filters(source):
            await agent.subscribe(topic, qos=1)
        await publish(broker, user, own)
        assert await heard(agent, own[-1]) == set(own)


async def test_the_agent_switches_nothing(broker: Mosquitto) -> None:
    async with client(broker, "installer") as installer:
        await installer.subscribe("#", qos=1)
        await publish(broker, "site", (*TEMPTING, "spBv1.0/site/NCMD/node-1"))
        assert await heard(installer, "spBv1.0/site/NCMD/node-1") == {
            "spBv1.0/site/NCMD/node-1",
            "spBv1.0/site/NCMD/node-2",
        }


async def test_a_panel_reads_the_nodes_and_says_only_its_own(broker: Mosquitto) -> None:
    last = "plumbline/site/panel-door/status"
    async with client(broker, "installer") as installer, client(broker, "panel-door") as panel:
        await installer.subscribe("#", qos=1)
        await panel.subscribe("plumbline/site/th-living/sensor/temperature/state", qos=1)
        await publish(broker, "th-living", ("plumbline/site/th-living/sensor/temperature/state",))
        assert await heard(panel, "plumbline/site/th-living/sensor/temperature/state")
        await publish(broker, "panel-door", (*TEMPTING, last))
        assert await heard(installer, last) == {"plumbline/site/th-living/sensor/temperature/state", last}


@pytest.mark.parametrize("user", [None, "th-living"])
async def test_nobody_is_let_in_without_the_password(broker: Mosquitto, user: str | None) -> None:
    with pytest.raises(aiomqtt.MqttError, match=r"[Nn]ot authori"):
        async with aiomqtt.Client(
            "127.0.0.1", broker.port, username=user, password="guessed" if user else None
        ):
            pass


def test_the_agents_user_is_the_one_its_page_names() -> None:
    page = (CONFIGS.parents[1] / "docs" / "readers-and-mqtt.md").read_text()
    assert re.search(r"broker: \{host: [\d.]+, username: site, password_file: ", page)


@pytest.mark.parametrize("name", ["plumbline.conf", "plumbline-tls.conf", "site.conf"])
def test_a_configuration_says_that_it_replaces_the_distributions(name: str) -> None:
    """Mosquitto does not start on two persistence_location lines, and Debian's file has one."""
    text = (CONFIGS / name).read_text()
    assert len(re.findall(r"^persistence_location ", text, flags=re.M)) == 1
    assert re.search(r"the\s(# )?whole\sof\s(/etc/mosquitto/)?mosquitto\.conf", text, flags=re.I)
