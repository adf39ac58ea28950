"""The broker the cloud listens to: the one configured, or a child process of ours."""

from __future__ import annotations

import contextlib
import logging
import os

from ingest.receive import BrokerAddress
from plumbline.embedded_broker import Credentials, EmbeddedBroker
from plumbline.settings import BrokerSettings, Settings, secret

LOGGER = logging.getLogger("plumbline.broker")


async def connect_address(settings: Settings, stack: contextlib.AsyncExitStack) -> BrokerAddress:
    """Where it is; one that was started is stopped with `stack`."""
    if settings.broker is not None:
        return configured(settings.broker)
    password = os.urandom(16).hex()
    users = {"cloud": Credentials(password=password)}
    for account in settings.agents:
        users[f"{account.site}.{account.agent}"] = Credentials(
            password=secret(account.password_file), site=account.site, agent=account.agent
        )
    broker = EmbeddedBroker(settings.data / "broker", users, port=settings.embedded_broker_port)
    await broker.start()
    stack.push_async_callback(broker.stop)
    LOGGER.info("embedded broker listens on 127.0.0.1:%d", broker.port)
    return BrokerAddress(host="127.0.0.1", port=broker.port, username="cloud", password=password)


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
        share=broker.share,
    )
