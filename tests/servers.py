"""Real servers as child processes on free ports, for tests that talk to real parts."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0, what: str = "condition") -> None:
    """Poll `condition` until it holds. Raises TimeoutError naming `what`."""
    deadline = time.monotonic() + timeout_s
    pause = 0.005
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not hold within {timeout_s} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def listens(pid: int, port: int) -> bool:
    """Whether process `pid` itself (not another that had the port before) listens on 127.0.0.1:`port`."""
    wanted = f":{port:04X}"
    inodes = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(wanted) and fields[3] == "0A":
            inodes.add(f"socket:[{fields[9]}]")
    for handle in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            if str(handle.readlink()) in inodes:
                return True
    return False


class Mosquitto:
    """Debian's mosquitto. `config` is appended to a minimal configuration."""

    def __init__(self, folder: Path, config: str = "allow_anonymous true", port: int | None = None) -> None:
        program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
        self.folder = folder
        self.port = port or free_port()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        text = f"listener {self.port} 127.0.0.1\nuser root\n{config}\n"
        (folder / "mosquitto.conf").write_text(text)
        self._arguments = [program, "-c", str(folder / "mosquitto.conf")]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Mosquitto:
        """Start and wait until it is our child that listens."""
        log = (self.folder / "mosquitto.log").open("ab")
        self.process = subprocess.Popen(self._arguments, stdout=log, stderr=log)
        log.close()
        process = self.process

        def up() -> bool:
            if process.poll() is not None:
                raise RuntimeError(f"mosquitto ended: {(self.folder / 'mosquitto.log').read_text()}")
            return listens(process.pid, self.port)

        wait_until(up, what="mosquitto listening")
        return self

    def kill(self) -> None:
        """SIGKILL, no farewell."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """SIGTERM and wait."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=10)


@contextlib.contextmanager
def mosquitto(folder: Path, config: str = "allow_anonymous true") -> Iterator[Mosquitto]:
    """A running mosquitto for the length of a `with`."""
    broker = Mosquitto(folder, config).start()
    try:
        yield broker
    finally:
        broker.stop()


def clean_environment() -> dict[str, str]:
    """The environment a child needs and nothing else."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/root"), "LANG": "C.UTF-8"}
