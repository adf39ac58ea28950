"""Ports of this machine."""

from __future__ import annotations

import contextlib
import socket


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
