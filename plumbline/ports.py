"""Ports of this machine."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path


def free_port(preferred: int = 0) -> int:
    """`preferred` where nobody listens on it, else one the system gives. Raises OSError for none."""
    with contextlib.suppress(OSError):
        return _bound(preferred)
    return _bound(0)


def _bound(port: int) -> int:
    with socket.socket() as probe:
        # As a server will bind it: a connection that lingers after the last one does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        free: int = probe.getsockname()[1]
        return free


def listens(pid: int, port: int) -> bool:
    """Whether process `pid`, and not another that has taken the port, listens on it (proc(5))."""
    listening = set()
    try:
        for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(f":{port:04X}") and fields[3] == "0A":
                listening.add(f"socket:[{fields[9]}]")
        handles = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for handle in handles:
        with contextlib.suppress(OSError):
            if str(handle.readlink()) in listening:
                return True
    return False
