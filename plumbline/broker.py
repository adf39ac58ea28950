"""The broker the cloud listens to: the one configured, or a child process of ours."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from ingest.receive import BrokerAddress
from parts.part import Part
from parts.progress import Progress
from plumbline.embedded_broker import BrokerError, Credentials, EmbeddedBroker
from plumbline.settings import BrokerSettings, Settings, SettingsError, secret
from store import private
from store.errors import StoreError
from store.log.reader import pause
from store.records.records import Records
from store.records.registry import Directory
from store.records.watch import OF_DIRECTORY, followed
from store.threads import UPKEEP

LOGGER = logging.getLogger("plumbline.broker")
#: Of the word in a share's name, which ends at 64 characters.
_WORD_BYTES: Final = 12
#: So long an agent that was taken out may stay connected.
_LOOK_EVERY_S: Final = 0.5
#: In the data folder.
CLOUD_PASSWORD: Final = "broker/cloud-password"  # noqa: S105  # a file


async def connect_address(
    settings: Settings, stack: contextlib.AsyncExitStack, records: Records
) -> tuple[BrokerAddress, list[Part]]:
    """Where it is, and what is to be run for it; one that was started is stopped with `stack`.

    Raises SettingsError where none can be started: another server has its port.
    """
    if settings.broker is not None:
        return configured(settings.broker), []
    password = os.urandom(16).hex()
    cloud = {"cloud": Credentials(password=password)}
    # For `plumbline command`, which speaks as the cloud from a process of its own.
    _keep_secret(settings.data / CLOUD_PASSWORD, password)

    def users() -> dict[str, Credentials]:
        return cloud | agents_accounts(settings, records.directory())

    broker = EmbeddedBroker(settings.data / "broker", users(), port=settings.embedded_broker_port)
    try:
        await broker.start()
    except BrokerError as error:
        # What happened, and the last of its last words.
        first, *words = map(str.strip, str(error).splitlines())
        raise SettingsError(f"embedded_broker_port: {': '.join([first, *words[-1:]])}") from error
    stack.push_async_callback(broker.stop)
    LOGGER.info("embedded broker listens on 127.0.0.1:%d", broker.port)
    part = Part(
        "embedded broker",
        lambda _: broker.keep_running(),
        lambda: {"nats_server_restarts": broker.restarts},
        broker.well,
        heeds_stop=False,
    )
    accounts = Accounts(broker, followed(records.feed, OF_DIRECTORY, users))
    address = BrokerAddress(host="127.0.0.1", port=broker.port, username="cloud", password=password)
    return address, [part, accounts.part()]


def agents_accounts(settings: Settings, directory: Directory) -> dict[str, Credentials]:
    """Who may speak to the embedded broker: the agents that have a password, but for those that were taken
    out of the registry. Raises SettingsError."""
    return {
        f"{account.site}.{account.agent}": Credentials(
            password=secret(account.password_file), site=account.site, agent=account.agent
        )
        for account in settings.agents
        if account.agent in directory.agents.get(account.site, {account.agent})
    }


class Accounts:
    """The embedded broker's accounts, as the registry changes: who was taken out is cut off."""

    def __init__(
        self, broker: EmbeddedBroker, newest: Callable[[], Mapping[str, Credentials] | None]
    ) -> None:
        """`newest`: all accounts where they may have changed, else None; blocking."""
        self._broker = broker
        self._newest = newest
        self._progress = Progress()

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("accounts", self.run, well=self._progress.well)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Where the registry cannot be asked the accounts stay as they are."""
        while not stop.is_set():
            self._progress.begin()
            try:
                users = await UPKEEP.run(self._newest)
                if users is not None:
                    self._broker.allow(users)
                self._progress.done()
            except (StoreError, SettingsError) as error:
                self._progress.failed(error)
                LOGGER.error("accounts: %s; they stay as they are", error)  # noqa: TRY400 - the reason is there
            await pause(_LOOK_EVERY_S, stop)


def running(settings: Settings) -> BrokerAddress:
    """The broker that a running installation listens to. Raises SettingsError where none has."""
    if settings.broker is not None:
        return replace(configured(settings.broker), share=None)
    file = settings.data / CLOUD_PASSWORD
    if not file.is_file() or not settings.embedded_broker_port:
        raise SettingsError(f"{file}: is not there: `plumbline serve` makes it, with an embedded_broker_port")
    return BrokerAddress(
        host="127.0.0.1", port=settings.embedded_broker_port, username="cloud", password=secret(file)
    )


def _keep_secret(file: Path, text: str) -> None:
    private.folder(file.parent)
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as opened:
        opened.write(text)


def configured(broker: BrokerSettings) -> BrokerAddress:
    """As the settings say. Several workers share on MQTT 5 alone; else 3.1.1, which every broker speaks."""
    return BrokerAddress(
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password=secret(broker.password_file) if broker.password_file else None,
        ca_file=broker.ca_file,
        certificate_file=broker.cert_file,
        key_file=broker.key_file,
        protocol=5 if broker.share else 4,
        share=_share(broker),
    )


def _share(broker: BrokerSettings) -> str | None:
    """The group's name with a word that only its workers know, and all of them: of what they show the broker.

    A broker's access list need not look at subscriptions (mosquitto's does not): who joins a group whose name
    can be guessed is routed batches that it may not read, and the workers go without. A broker that is shown
    nothing lets everybody do everything: there the name is as it is.
    """
    shown = broker.password_file or broker.key_file
    if broker.share is None or shown is None:
        return broker.share
    word = hashlib.blake2b(
        broker.share.encode(), key=_key(secret(shown)), digest_size=_WORD_BYTES, person=b"plumbline share"
    )
    return f"{broker.share}-{word.hexdigest()}"


def _key(text: str) -> bytes:
    """As long as BLAKE2b takes it."""
    return hashlib.blake2b(text.encode()).digest()
