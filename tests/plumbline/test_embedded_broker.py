"""The embedded broker: our own child, pinned accounts, back on its port after a death, never an orphan."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from benchmarks.chaos.disk import Tmpfs
from plumbline.broker import connect_address
from plumbline.embedded_broker import BrokerError, Credentials, EmbeddedBroker
from plumbline.process import opened
from plumbline.settings import SettingsError
from tests.embedded import kept
from tests.plumbline.installation import installation
from tests.servers import free_port, listens, wait_until

ACCOUNTS = {
    "cloud": Credentials("of the cloud"),
    "fenglin-18.pi-1": Credentials("of the agent", site="fenglin-18", agent="pi-1"),
}


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with kept(tmp_path / "broker", ACCOUNTS) as running:
        yield running


def client(broker: EmbeddedBroker, user: str, password: str | None = None) -> aiomqtt.Client:
    secret = password or ACCOUNTS[user].password
    return aiomqtt.Client("127.0.0.1", broker.port, username=user, password=secret)


async def test_it_is_our_child_that_listens(broker: EmbeddedBroker) -> None:
    assert broker.pid is not None
    assert listens(broker.pid, broker.port)


async def test_an_agent_speaks_for_itself_only(broker: EmbeddedBroker) -> None:
    async with client(broker, "cloud") as cloud, client(broker, "fenglin-18.pi-1") as agent:
        await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
        await agent.publish("plumbline/v1/other/pi-1/batch", b"foreign", qos=1)
        await agent.publish("plumbline/v1/fenglin-18/pi-1/receipt", b"forged", qos=1)
        await agent.publish("plumbline/v1/fenglin-18/pi-1/batch", b"own", qos=1)
        async for message in cloud.messages:
            assert message.payload == b"own"
            break


async def test_an_agent_hears_its_own_receipts(broker: EmbeddedBroker) -> None:
    async with client(broker, "cloud") as cloud, client(broker, "fenglin-18.pi-1") as agent:
        await agent.subscribe("plumbline/v1/fenglin-18/pi-1/receipt", qos=1)
        await cloud.publish("plumbline/v1/fenglin-18/pi-1/receipt", b"yes", qos=1)
        async for message in agent.messages:
            assert message.payload == b"yes"
            break


async def test_a_wrong_password_is_turned_away(broker: EmbeddedBroker) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with client(broker, "cloud", "guessed"):
            pass


async def test_killed_it_comes_back_on_the_same_port(broker: EmbeddedBroker) -> None:
    killed, port = broker.pid, broker.port
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    async with asyncio.timeout(10):
        while broker.pid in (None, killed) or not listens(broker.pid or 0, port):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert broker.restarts == 1
    async with client(broker, "cloud"):
        pass


async def test_a_port_somebody_else_holds_is_an_error(broker: EmbeddedBroker, tmp_path: Path) -> None:
    second = EmbeddedBroker(tmp_path / "second", ACCOUNTS, port=broker.port)
    with pytest.raises(BrokerError, match="ended before it listened"):
        await second.start()
    await second.stop()


async def test_serve_tells_of_such_a_port_in_one_line(broker: EmbeddedBroker, tmp_path: Path) -> None:
    settings = installation(tmp_path / "second", embedded_broker_port=broker.port)
    async with contextlib.AsyncExitStack() as stack:
        stores = stack.enter_context(opened(settings))
        with pytest.raises(SettingsError, match=f"{broker.port}.*address already in use") as told:
            await connect_address(settings, stack, stores.records)
    assert len(str(told.value).splitlines()) == 1


def test_passwords_are_for_the_owner_alone(tmp_path: Path) -> None:
    async def started() -> None:
        running = EmbeddedBroker(tmp_path, ACCOUNTS)
        await running.start()
        await running.stop()

    asyncio.run(started())
    assert (tmp_path / "broker.conf").stat().st_mode & 0o077 == 0


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    port = free_port()
    program = (
        "import asyncio, pathlib\n"
        "from plumbline.embedded_broker import Credentials, EmbeddedBroker\n"
        "async def main():\n"
        f"    folder = pathlib.Path({str(tmp_path)!r})\n"
        f"    broker = EmbeddedBroker(folder, {{'c': Credentials('p')}}, port={port})\n"
        "    await broker.start()\n"
        "    print(broker.pid, flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not _runs(child), what="the orphan ending")


@pytest.mark.parametrize("password", ['quo"ted', "back\\slash", "", "two\nlines", "$2a$looks.like.bcrypt"])
def test_a_password_the_configuration_cannot_hold_is_refused(tmp_path: Path, password: str) -> None:
    with pytest.raises(ValueError, match="password of cloud"):
        EmbeddedBroker(tmp_path, {"cloud": Credentials(password)})


async def test_a_message_of_a_megabyte_goes_through(broker: EmbeddedBroker) -> None:
    large = bytes(1_000_000)
    async with client(broker, "cloud") as cloud, client(broker, "fenglin-18.pi-1") as agent:
        await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
        await agent.publish("plumbline/v1/fenglin-18/pi-1/batch", large, qos=1)
        async for message in cloud.messages:
            assert message.payload == large
            break


async def test_every_subscription_of_a_client_is_served(broker: EmbeddedBroker) -> None:
    """Packet ids are shared by a client's subscriptions: a limit set too high leaves the later ones mute."""
    heard = set()
    async with client(broker, "cloud") as cloud, client(broker, "fenglin-18.pi-1") as agent:
        await cloud.subscribe([("plumbline/v1/+/+/batch", 1), ("plumbline/v1/+/+/status", 1)])
        await agent.publish("plumbline/v1/fenglin-18/pi-1/batch", b"b", qos=1)
        await agent.publish("plumbline/v1/fenglin-18/pi-1/status", b"s", qos=1, retain=True)
        async for message in cloud.messages:
            heard.add(message.topic.value.rsplit("/", 1)[1])
            if heard == {"batch", "status"}:
                break


async def test_a_damaged_store_does_not_keep_it_down(tmp_path: Path) -> None:
    running = EmbeddedBroker(tmp_path, ACCOUNTS)
    (tmp_path / "store" / "jetstream").mkdir(parents=True)
    (tmp_path / "store" / "jetstream" / "$G").write_text("rubbish")
    await running.start()
    assert running.pid is not None
    await running.stop()


async def test_stopped_it_is_gone_and_stays_gone(tmp_path: Path) -> None:
    running = EmbeddedBroker(tmp_path, ACCOUNTS)
    await running.start()
    pid = running.pid
    assert pid is not None
    await running.stop()
    await running.stop()
    assert running.pid is None
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_disk_that_was_full_does_not_keep_it_mute(tmp_path: Path) -> None:
    """nats-server refuses every message once a write has failed, also when there is room again."""
    try:
        disk = Tmpfs(tmp_path / "small", 32)
    except OSError as error:
        pytest.skip(f"cannot mount a small file system: {error}")
    try:
        async with kept(disk.folder / "broker", ACCOUNTS) as broker:
            assert await _spoken(broker)
            disk.fill()
            async with asyncio.timeout(10):
                while await _spoken(broker):
                    pass
            disk.free()
            async with asyncio.timeout(20):
                while not await _spoken(broker):
                    pass
            assert broker.restarts > 0
    finally:
        disk.close()


async def _spoken(broker: EmbeddedBroker) -> bool:
    """Whether a message goes through, tried for a second."""
    try:
        async with asyncio.timeout(1), client(broker, "cloud") as cloud:
            await cloud.subscribe("plumbline/v1/+/+/batch", qos=1)
            await cloud.publish("plumbline/v1/fenglin-18/pi-1/batch", bytes(4096), qos=1)
            async for _ in cloud.messages:
                return True
    except (TimeoutError, aiomqtt.MqttError, OSError):
        pass
    return False
