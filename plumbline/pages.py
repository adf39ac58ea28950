"""The web server as a part of a process: uvicorn on a socket of ours."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import asdict

import uvicorn

from parts.part import Part
from plumbline.settings import SettingsError, WebSettings
from web.http.addresses import Proxies
from web.http.connections import LARGEST_HEAD_BYTES, Connections, bounded, bounds_here
from web.live.hub import Hub


class Pages:
    """Serves an application until told to stop; its open streams end first."""

    def __init__(self, app: object, live: Hub, place: WebSettings) -> None:
        self._app = app
        self._live = live
        self._place = place
        self._connections = Connections(bounds_here(), Proxies(place.trusted_proxies))

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("web", self.run, self.counts)

    def counts(self) -> dict[str, int]:
        """Open connections, and what became of others since the process started."""
        return {"connections": len(self._connections)} | asdict(self._connections.counters)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises SettingsError where it cannot listen."""
        listening = self._listening()
        server = self._server()
        serving = asyncio.create_task(server.serve(sockets=[listening]), name="web: server")
        stopping = asyncio.create_task(stop.wait(), name="web: stop")
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            self._live.close()
            server.should_exit = True
            await asyncio.wait({serving})
            listening.close()
        serving.result()

    def _listening(self) -> socket.socket:
        host, port = self._place.host, self._place.port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            return socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            raise SettingsError(f"web: {host}:{port}: {error.strerror}; is another server there?") from error

    def _server(self) -> uvicorn.Server:
        config = uvicorn.Config(
            self._app,  # type: ignore[arg-type]
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            log_config=None,
            http=bounded(self._connections),
            forwarded_allow_ips=list(self._connections.proxies.trusted),
            h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
        )
        return _Server(config)


class _Server(uvicorn.Server):
    """Signals are the composition root's; the server only hears `should_exit`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
