"""Bounds on the connections of a web server, held before a request is read: how many, how long each takes.

uvicorn knows no time limit for a request's head, and a connection costs a stranger nothing. Here one that has
not said what it wants after a while is closed; where all places are taken, the one that has kept silent
longest makes room, of whoever has most of them. Who has asked in full is never cut off for another.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from dataclasses import dataclass
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from web.http.addresses import Proxies, address_of

#: A phone at the edge of a cell sends its 800 bytes in far less; so long a place may be held unheard.
HEAD_WITHIN_S: Final = 10.0
#: The largest body that is taken has some kilobytes.
BODY_WITHIN_S: Final = 30.0
#: A reader that takes nothing out of a full buffer for so long is gone (a phone behind a dead link).
WRITE_STALLS_FOR_S: Final = 60.0
#: Addresses have at most 8 KiB (web/api/guard.py), cookies little.
LARGEST_HEAD_BYTES: Final = 32_768


#: Two thousand open pages with a stream each, and as many requests beside them as come at once.
MOST_CONNECTIONS: Final = 3_200
_NO_PLACE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 10\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`most` connections, of one address `most_per_address`, but for proxies, which speak for many; times in
    seconds."""

    most: int = MOST_CONNECTIONS
    most_per_address: int = 400
    head_within_s: float = HEAD_WITHIN_S
    body_within_s: float = BODY_WITHIN_S
    write_stalls_for_s: float = WRITE_STALLS_FOR_S


@dataclass(slots=True)
class ConnectionCounters:
    """Since the process started: refused for want of a place, put out for others, and out of time."""

    refused: int = 0
    made_room: int = 0
    timed_out: int = 0


class Connections:
    """Who is connected, and who waits unheard, the longest first. Lives in the event loop."""

    def __init__(self, bounds: Bounds | None = None, proxies: Proxies | None = None) -> None:
        self.bounds: Final = bounds or Bounds()
        self.proxies: Final = proxies or Proxies()
        self.counters: Final = ConnectionCounters()
        self._all: dict[BoundedProtocol, str] = {}
        self._held: Counter[str] = Counter()
        self._unheard: dict[BoundedProtocol, str] = {}

    def __len__(self) -> int:
        return len(self._all)

    def admit(self, connection: BoundedProtocol, host: str) -> bool:
        """Whether there is a place, made by putting out one that is unheard where need be. `host` is empty
        where it comes by no network."""
        bounds, address = self.bounds, address_of(host)
        bounded = host != "" and host not in self.proxies
        if bounded and self._held[address] >= bounds.most_per_address:
            if not self._make_room(address):
                return False
        elif len(self._all) >= bounds.most and not self._make_room(self._who_has_most()):
            return False
        self._all[connection] = self._unheard[connection] = address
        self._held[address] += 1
        return True

    def heard(self, connection: BoundedProtocol) -> None:
        """It has asked in full: its place is its own until it is answered."""
        self._unheard.pop(connection, None)

    def waits(self, connection: BoundedProtocol) -> None:
        """It is answered, or has begun to ask: whoever needs its place more may have it."""
        if connection in self._all:
            self._unheard.setdefault(connection, self._all[connection])

    def leave(self, connection: BoundedProtocol) -> None:
        """It is closed."""
        self._unheard.pop(connection, None)
        if (address := self._all.pop(connection, None)) is not None:
            self._held[address] -= 1
            if not self._held[address]:
                del self._held[address]

    def _who_has_most(self) -> str | None:
        most = Counter(self._unheard.values()).most_common(1)
        return most[0][0] if most else None

    def _make_room(self, address: str | None) -> bool:
        found = next((one for one, whose in self._unheard.items() if whose == address), None)
        if found is None:
            self.counters.refused += 1
            return False
        self.counters.made_room += 1
        self.leave(found)
        found.transport.abort()
        return True


class BoundedProtocol(H11Protocol):
    """uvicorn's protocol, with a place among `among` and a time for each part of a request."""

    among: Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._timer: asyncio.TimerHandle | None = None
        self._part = ""
        self._stall: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        if not self.among.admit(self, self.client[0] if self.client else ""):
            transport.write(_NO_PLACE)
            transport.close()
            return
        self._in("head", self.among.bounds.head_within_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self.among.leave(self)
        self._in("")
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(self.among.bounds.write_stalls_for_s, self._out_of_time)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _look(self) -> None:
        """What is it doing now, and how long may it?"""
        cycle: RequestResponseCycle | None = self.cycle
        if self.transport.is_closing():
            self._in("")
        elif cycle is not None and not cycle.response_complete:
            self.among.heard(self)
            self._in("body" if cycle.more_body else "", self.among.bounds.body_within_s)
        else:
            self.among.waits(self)  # between two requests uvicorn has a time-out of its own
            self._in("head" if self._asks() else "", self.among.bounds.head_within_s)

    def _asks(self) -> bool:
        """Whether a part of a request has come, and not all of it."""
        return self.conn.their_state not in (h11.IDLE, h11.DONE) or bool(self.conn.trailing_data[0])

    def _in(self, part: str, within_s: float = 0.0) -> None:
        """It is in this part of a request; time runs from its first byte on, and more bytes gain none."""
        if part == self._part:
            return
        self._part = part
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(within_s, self._out_of_time) if part else None

    def _out_of_time(self) -> None:
        self.among.counters.timed_out += 1
        self.transport.abort()


def bounded(connections: Connections) -> type[BoundedProtocol]:
    """The protocol class of one server, for uvicorn's `http` setting."""

    class Bounded(BoundedProtocol):
        among = connections

    return Bounded


def bounds_here() -> Bounds:
    """The bounds, and file descriptors for them: as many as the system lets this process have."""
    most = MOST_CONNECTIONS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * most:
        wanted = 4 * most if hard == resource.RLIM_INFINITY else min(4 * most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return Bounds(most=min(most, soft // 2))
