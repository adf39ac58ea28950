"""Real database servers as child processes on free ports, for benchmarks, chaos and tests.

Each answers from a folder of its own and is known to be our child before it is used. Programs are Debian's
(requirements/debian-test.txt).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from plumbline.ports import free_port, listens

_UP_WITHIN_S: Final = 30.0
_STOP_WITHIN_S: Final = 20.0
_POLL_S: Final = 0.02


def mortal(command: Sequence[str]) -> list[str]:
    """It, so that it ends with us however we end.

    The kernel's word for that comes when the thread ends that started the child (prctl(2)), so from another
    thread than the main one the command is as it was.
    """
    ends_with_us = threading.current_thread() is threading.main_thread()
    return [*(("setpriv", "--pdeathsig", "KILL") if ends_with_us else ()), *command]


class Server:
    """A child process that must be asked until it answers. Use `with`, or start, kill and stop."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> Sequence[str]:
        """What to run."""
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether it serves now."""
        raise NotImplementedError

    def user(self) -> str | None:
        """Whom to run it as, None for ourselves."""
        return None

    def start(self) -> Self:
        """Start it and wait until it answers. Raises RuntimeError with its last words where it does not."""
        with (self.folder / "output.log").open("ab") as log:
            self.process = subprocess.Popen(
                mortal(self.command()), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                user=self.user(), group=self.user(), extra_groups=[] if self.user() else None,
            )  # fmt: skip
        deadline = time.monotonic() + _UP_WITHIN_S
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                words = (self.folder / "output.log").read_text(errors="replace")[-2000:]
                self.kill()
                raise RuntimeError(f"{self.command()[0]} does not answer on port {self.port}: {words}")
            time.sleep(_POLL_S)
        return self

    def kill(self) -> None:
        """SIGKILL, no farewell."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM and wait; SIGKILL where that is not heard."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Mosquitto(Server):
    """Debian's mosquitto. `config` is appended to a minimal configuration, which has a listener on `port`
    where `config` has none."""

    def __init__(self, folder: Path, config: str = "allow_anonymous true", port: int | None = None) -> None:
        super().__init__(folder, port)
        self._config = config
        folder.chmod(0o755)

    def command(self) -> Sequence[str]:
        listener = f"listener {self.port} 127.0.0.1\n"
        text = f"user root\n{'' if listener in self._config else listener}{self._config}\n"
        (self.folder / "mosquitto.conf").write_text(text)
        return [_program("mosquitto"), "-c", str(self.folder / "mosquitto.conf")]

    def answers(self) -> bool:
        return self.process is not None and listens(self.process.pid, self.port)


class Influx(Server):
    """Debian's InfluxDB 1.6: `/write` and `/query`."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        super().__init__(folder, port)
        self._backup_port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        folder = self.folder
        (folder / "influxdb.conf").write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{self._backup_port}"\n'
            f'[meta]\n  dir = "{folder}/meta"\n[data]\n  dir = "{folder}/data"\n  wal-dir = "{folder}/wal"\n'
            f"  max-series-per-database = 0\n  query-log-enabled = false\n"
            f'[http]\n  bind-address = "127.0.0.1:{self.port}"\n  log-enabled = false\n'
            f"  max-body-size = 0\n[monitor]\n  store-enabled = false\n"
        )
        return [_program("influxd"), "-config", str(folder / "influxdb.conf")]

    def answers(self) -> bool:
        return _answers(f"{self.url}/ping")


class VictoriaMetrics(Server):
    """Debian's victoria-metrics: answers InfluxDB 2's `/api/v2/write`; `/api/v1/export` shows what came."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        return [
            _program("victoria-metrics"), f"-storageDataPath={self.folder / 'data'}", "-retentionPeriod=100y",
            f"-httpListenAddr=127.0.0.1:{self.port}", "-search.latencyOffset=0s",
            "-memory.allowedBytes=256MB",
        ]  # fmt: skip

    def answers(self) -> bool:
        return _answers(f"{self.url}/health")


class Postgres(Server):
    """Debian's PostgreSQL: a cluster of its own. It refuses to run as root, so root runs it as `postgres`."""

    def __init__(self, folder: Path, port: int | None = None, settings: Sequence[str] = ()) -> None:
        super().__init__(folder, port)
        self._settings = settings
        self._programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self._data = folder / "cluster"

    def user(self) -> str | None:
        return "postgres" if os.geteuid() == 0 else None

    @property
    def superuser(self) -> str:
        """Who made the cluster."""
        return self.user() or pwd.getpwuid(os.geteuid()).pw_name

    def dsn(self, database: str = "postgres") -> str:
        """A libpq address without a password: the cluster trusts this machine."""
        return f"postgresql://{self.superuser}@127.0.0.1:{self.port}/{database}"

    def command(self) -> Sequence[str]:
        if not self._data.exists():
            self._make_cluster()
        options = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self.folder}", *self._settings]
        arguments = [word for option in options for word in ("-c", option)]
        return [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(self.port), *arguments]

    def _make_cluster(self) -> None:
        if user := self.user():
            shutil.chown(self.folder, user)
            for parent in self.folder.parents[:-2]:
                # pytest keeps its folders to their owner, and the server is another user.
                parent.chmod(parent.stat().st_mode | 0o011)
        command = [str(self._programs / "initdb"), "-D", str(self._data), "-A", "trust", "-E", "UTF8",
                   "--locale=C.UTF-8", "--no-sync", "--no-instructions"]  # fmt: skip
        subprocess.run(
            command, check=True, capture_output=True, cwd=self.folder,
            user=self.user(), group=self.user(), extra_groups=[] if self.user() else None,
        )  # fmt: skip

    def answers(self) -> bool:
        ready = [str(self._programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def stop(self) -> None:
        """Fast shutdown: whoever is connected is sent away."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(_STOP_WITHIN_S)

    def kill(self) -> None:
        """SIGKILL to the postmaster and every backend."""
        if self.process and self.process.poll() is None:
            children = _children(self.process.pid)
            super().kill()
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def create_database(self, name: str) -> str:
        """A fresh database; its address."""
        psql = [str(self._programs / "psql"), "-q", self.dsn(), "-c", f'CREATE DATABASE "{name}"']
        subprocess.run(psql, check=True, capture_output=True)
        return self.dsn(name)


def _children(pid: int) -> Iterator[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return iter([int(child) for child in text.split()])


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise RuntimeError(f"{name} is missing: requirements/install-debian test")
    return found


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own child
            return True
    except (urllib.error.URLError, OSError):
        return False
