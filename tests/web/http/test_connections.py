"""A web server's places: bounded, timed, and never all held by one who says nothing."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from benchmarks.opened import open_link
from tests.servers import wait_until
from tests.web.site_day import TOKEN, Stand, serving
from web.http.addresses import Proxies
from web.http.connections import Bounds, Connections

HALF = b"GET /p/x HTTP/1.1\r\nHost: x\r\n"
WHOLE = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Guest:
    """Sockets to one server, from any address of the loopback network."""

    port: int
    open: list[socket.socket] = field(default_factory=list)

    def connect(self, send: bytes = b"", source: str = "127.0.0.1") -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), 10, (source, 0))
        self.open.append(one)
        if send:
            one.sendall(send)
        return one

    def answer_ms(self) -> float:
        began = time.monotonic()
        one = self.connect(WHOLE)
        assert one.recv(12).startswith(b"HTTP/1.1 200")
        one.close()
        return (time.monotonic() - began) * 1_000


def live_of(guest: Guest) -> bytes:
    """The request for the stream of a link that was opened."""
    opened = open_link(f"http://127.0.0.1:{guest.port}", TOKEN)
    return f"GET {opened.path}/live HTTP/1.1\r\nHost: x\r\nCookie: {opened.cookie}\r\n\r\n".encode()


def ended(one: socket.socket) -> bool:
    one.settimeout(10)
    try:
        while one.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def heard_until(one: socket.socket, word: bytes) -> None:
    """Raises TimeoutError where it does not come within a minute."""
    one.settimeout(60)
    heard = b""
    while word not in heard:
        more = one.recv(65_536)
        assert more, "the stream has ended"
        heard += more


def ended_now(one: socket.socket) -> bool:
    """Whether it has been closed. Raises TimeoutError while it has not."""
    try:
        return not one.recv(1)
    except ConnectionResetError:
        return True


@contextlib.contextmanager
def guest_of(stand: Stand, bounds: Bounds) -> Iterator[tuple[Guest, Connections]]:
    connections = Connections(bounds)
    with serving(stand, connections=connections) as url:
        guest = Guest(int(url.rsplit(":", 1)[1]))
        try:
            yield guest, connections
        finally:
            for one in guest.open:
                one.close()


def test_1100_half_open_requests_leave_pages_reachable_within_100_ms(stand: Stand) -> None:
    with guest_of(stand, Bounds(most=300)) as (guest, connections):
        guest.answer_ms()
        for _ in range(1_100):
            guest.connect(HALF)
        assert min(guest.answer_ms() for _ in range(3)) < 100
        assert len(connections) <= 300
        assert connections.counters.made_room >= 800


@pytest.mark.parametrize("sent", [b"", HALF, WHOLE + HALF], ids=["nothing", "half", "a second by half"])
def test_who_does_not_say_what_they_want_is_closed_after_a_while(stand: Stand, sent: bytes) -> None:
    with guest_of(stand, Bounds(head_within_s=0.3)) as (guest, connections):
        assert ended(guest.connect(sent))
        assert connections.counters.timed_out == 1


def test_byte_by_byte_gains_no_time(stand: Stand) -> None:
    with guest_of(stand, Bounds(head_within_s=0.5)) as (guest, connections):
        slow = guest.connect(HALF)
        began = time.monotonic()
        slow.settimeout(0.02)
        closed = False
        while not closed and time.monotonic() - began < 5:
            slow.sendall(b"x")
            with contextlib.suppress(TimeoutError):
                closed = ended_now(slow)
        assert time.monotonic() - began < 3
        assert connections.counters.timed_out == 1


def test_a_body_that_does_not_end_is_closed(stand: Stand) -> None:
    head = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with guest_of(stand, Bounds(head_within_s=0.3, body_within_s=0.3)) as (guest, connections):
        assert ended(guest.connect(head + b"x"))
        assert connections.counters.timed_out <= 1


def test_an_open_stream_keeps_its_place_whoever_comes(stand: Stand) -> None:
    with guest_of(stand, Bounds(most=5, head_within_s=0.3)) as (guest, connections):
        stream = guest.connect(live_of(guest))
        heard_until(stream, b"event: snapshot")
        for _ in range(20):
            guest.connect(HALF)
        wait_until(lambda: connections.counters.made_room >= 16, what="room made")
        wait_until(lambda: len(connections) == 1, what="the half-open ones gone")
        stand.status(online=False)
        heard_until(stream, b"event: figures")


def test_where_everybody_is_served_a_newcomer_is_told_to_come_back(stand: Stand) -> None:
    with guest_of(stand, Bounds(most=2)) as (guest, connections):
        live = live_of(guest)
        for _ in range(2):
            assert guest.connect(live).recv(12).startswith(b"HTTP/1.1 200")
        refused = guest.connect(WHOLE).recv(4_096)
        assert refused.startswith(b"HTTP/1.1 503")
        assert b"Retry-After" in refused
        assert connections.counters.refused == 1


def test_an_idle_connection_makes_room_too(stand: Stand) -> None:
    with guest_of(stand, Bounds(most=1)) as (guest, _):
        kept = guest.connect(WHOLE)
        assert kept.recv(12).startswith(b"HTTP/1.1 200")
        wait_until(lambda: guest.answer_ms() > 0, what="an answer to the next")
        assert ended(kept)


class Silent:
    """A connection that only has a place."""

    def __init__(self) -> None:
        self.transport = self
        self.gone = False

    def abort(self) -> None:
        self.gone = True


def test_one_address_has_its_own_bound_and_whoever_has_most_makes_room() -> None:
    connections = Connections(Bounds(most=4, most_per_address=3))
    many = [Silent() for _ in range(4)]
    for one in many:
        assert connections.admit(one, "203.0.113.1")  # type: ignore[arg-type]
    assert [one.gone for one in many] == [True, False, False, False]
    few = [Silent() for _ in range(2)]
    for one in few:
        assert connections.admit(one, "203.0.113.2")  # type: ignore[arg-type]
    assert [one.gone for one in (*many[1:], *few)] == [True, False, False, False, False]
    assert len(connections) == 4


def test_a_proxy_speaks_for_many_and_others_do_not() -> None:
    proxies = Proxies(["192.0.2.0/24"])
    connections = Connections(Bounds(most=10, most_per_address=1), proxies)
    behind, direct = ([Silent() for _ in range(3)] for _ in range(2))
    for one in behind:
        assert connections.admit(one, "192.0.2.7")  # type: ignore[arg-type]
    for one in direct:
        assert connections.admit(one, "127.0.0.1")  # type: ignore[arg-type]
    assert [one.gone for one in behind] == [False, False, False]
    assert [one.gone for one in direct] == [True, True, False]
