"""What the running agent shows to who sits before it: one JSON document on a Unix socket beside the spool.

No port is open on the network, nothing is written to the card, and only who may read the spool may read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from edge_agent.gather.collector import DeviceState
from wire.status import Status

_MODE: Final = 0o660
_READ_WITHIN_S: Final = 5.0


class Snapshot(BaseModel):
    """The agent's status, and the last values of each device by quantity, in the table's units."""

    site: str
    agent: str
    now: int
    status: Status
    values: dict[str, dict[str, float | None]]


def values_of(states: Mapping[str, DeviceState]) -> dict[str, dict[str, float | None]]:
    """What each device said last."""
    return {device: dict(state.values) for device, state in states.items()}


def socket_path(spool: Path) -> Path:
    """Where the agent with this spool is asked."""
    return spool.with_name(f"{spool.name}.live")


async def serve(path: Path, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
    """Answer every connection with a snapshot, until cancelled. Raises OSError where a socket cannot be."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            writer.write((await snapshot()).model_dump_json().encode())
            await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, sock=_listening(path))
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        # Not waited for: it is the end, and a socket's name is gone at once.
        path.unlink(missing_ok=True)  # noqa: ASYNC240


def ask(spool: Path) -> Snapshot:
    """What the running agent shows. Raises OSError where none runs or it may not be asked."""
    with socket.socket(socket.AF_UNIX) as asking, _short(socket_path(spool)) as address:
        asking.settimeout(_READ_WITHIN_S)
        asking.connect(address)
        with asking.makefile("rb") as answer:
            return Snapshot.model_validate_json(answer.read())


def _listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    try:
        with _short(path) as address:
            listening.bind(address)
        path.chmod(_MODE)
    except OSError:
        listening.close()
        raise
    return listening


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The path by way of its open folder: a socket's address holds 107 bytes (unix(7))."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
