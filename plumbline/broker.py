"""The broker the cloud listens to: the one configured, or a child process of ours."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from dataclasses import replace
from pathlib import Path
from typing import Final

from ingest.receive import BrokerAddress
from parts.part import Part
from plumbline.embedded_broker import Credentials, EmbeddedBroker
from plumbline.settings import BrokerSettings, Settings, SettingsError, secret
from store import private

LOGGER = logging.getLogger("plumbline.broker")
#: Of the word in a share's name, which ends at 64 characters.
_WORD_BYTES: Final = 12
#: In the data folder.
CLOUD_PASSWORD: Final = "broker/cloud-password"  # noqa: S105  # a file


async def connect_address(
    settings: Settings, stack: contextlib.AsyncExitStack
) -> tuple[BrokerAddress, list[Part]]:
    """Where it is, and what is to be run for it; one that was started is stopped with `stack`."""
    if settings.broker is not None:
        return configured(settings.broker), []
    password = os.urandom(16).hex()
    users = {"cloud": Credentials(password=password)}
    # For `plumbline command`, which speaks as the cloud from a process of its own.
    _keep_secret(settings.data / CLOUD_PASSWORD, password)
    for account in settings.agents:
        users[f"{account.site}.{account.agent}"] = Credentials(
            password=secret(account.password_file), site=account.site, agent=account.agent
        )
    broker = EmbeddedBroker(settings.data / "broker", users, port=settings.embedded_broker_port)
    await broker.start()
    stack.push_async_callback(broker.stop)
    LOGGER.info("embedded broker listens on 127.0.0.1:%d", broker.port)
    part = Part(
        "embedded broker",
        lambda _: broker.keep_running(),
        lambda: {"nats_server_restarts": broker.restarts},
        broker.well,
        heeds_stop=False,
    )
    return BrokerAddress(host="127.0.0.1", port=broker.port, username="cloud", password=password), [part]


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
