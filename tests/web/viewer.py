"""A reader of the live stream over a plain socket, as a browser would hear it."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from benchmarks.opened import Opened, open_link
from tests.servers import wait_until
from tests.web.site_day import TOKEN


@dataclass(frozen=True)
class Sent:
    """One server-sent event. `seen` is UTC ms by this machine's clock."""

    name: str
    id: str
    data: dict[str, Any]
    raw: str
    seen: float = field(default_factory=lambda: time.time() * 1000)

    def figure(self, key: str) -> dict[str, Any] | None:
        """The figure `key` of this event."""
        return next((f for f in self.data.get("figures", []) if f["id"] == key), None)

    def text(self, key: str) -> str | None:
        """What the figure `key` reads."""
        return figure["text"] if (figure := self.figure(key)) else None


class Viewer:
    """HTTP/1.0, so that the body is the stream itself. `events` grows; `ended` when it is over."""

    def __init__(
        self,
        url: str,
        token: str = TOKEN,
        last_id: str | None = None,
        lang: str = "en",
        opened: Opened | None = None,
    ) -> None:
        """Opens the link of `token` first, where it is not `opened` already."""
        opened = opened or open_link(url, token)
        self.events: list[Sent] = []
        self.status = 0
        self.ended = False
        place = urlsplit(url)
        self._socket = socket.create_connection((place.hostname, place.port))
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        head = f"GET {opened.path}/live?lang={lang} HTTP/1.0\r\nHost: {place.netloc}\r\n"
        request = f"{head}Cookie: {opened.cookie}\r\n{resume}\r\n"
        self._socket.sendall(request.encode("latin-1"))
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.ended:
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)
        self._socket.close()

    def snapshot(self) -> Sent:
        """The first event, waited for."""
        wait_until(lambda: len(self.events) > 0, what="a first event")
        return self.events[0]

    def wait_for(self, key: str, text: str, timeout_s: float = 60.0) -> Sent:
        """The first event whose figure `key` reads `text`."""
        wait_until(lambda: any(e.text(key) == text for e in self.events), timeout_s, f"{key} = {text}")
        return next(e for e in self.events if e.text(key) == text)

    def _read(self) -> None:
        with self._socket.makefile("r", encoding="utf-8", newline="\n") as lines:
            self.status = int(lines.readline().split()[1])
            block: list[str] = []
            for line in (raw.rstrip("\r\n") for raw in lines):
                if line:
                    block.append(line)
                else:
                    self._take(block)
                    block = []
        self.ended = True

    def _take(self, block: list[str]) -> None:
        fields = dict(line.split(": ", 1) for line in block if not line.startswith(":"))
        if "data" in fields:
            data = json.loads(fields["data"])
            self.events.append(Sent(fields["event"], fields.get("id", ""), data, "\n".join(block)))
