"""Links that go bad: each way of being bad is what it says, and a mended link is whole."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.chaos.mqtt_stream import PublishFinder
from benchmarks.chaos.plan import LINK_MODES, LinkMode
from benchmarks.chaos.proxy import Link, Links
from tests.servers import free_port


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while data := self.request.recv(65536):
                self.request.sendall(data)


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def link(echo: int) -> Iterator[Link]:
    with Links() as links:
        yield links.add(free_port(), echo, seed=1)


def said_back(link: Link, data: bytes = b"word", timeout_s: float = 0.5) -> bytes:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", link.port), timeout_s) as near:
        near.sendall(data)
        return answer(near, len(data))
    return b""


def answer(near: socket.socket, size: int) -> bytes:
    found = b""
    with contextlib.suppress(OSError):
        while len(found) < size and (data := near.recv(65536)):
            found += data
    return found


@pytest.mark.parametrize("mode", LINK_MODES)
def test_a_mended_link_is_whole(link: Link, mode: LinkMode) -> None:
    link.spoil(mode)
    said_back(link, timeout_s=0.1)
    link.mend()
    assert said_back(link, bytes(100_000), timeout_s=5) == bytes(100_000)


@pytest.mark.parametrize("mode", ["refuse", "reset", "cut"])
def test_what_is_open_is_broken_off(link: Link, mode: LinkMode) -> None:
    with socket.create_connection(("127.0.0.1", link.port), 5) as near:
        near.sendall(b"word")
        assert answer(near, 4) == b"word"
        link.spoil(mode)
        with pytest.raises(ConnectionResetError):
            near.recv(1)


def test_a_refusing_link_refuses(link: Link) -> None:
    link.spoil("refuse")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", link.port), 1)


def test_a_hole_keeps_what_was_sent_and_a_dead_connection_stays_dead(link: Link) -> None:
    for mode, expected in (("hole", b"word"), ("dead", b"")):
        with socket.create_connection(("127.0.0.1", link.port), 5) as near:
            near.sendall(b"first")
            assert answer(near, 5) == b"first"
            link.spoil("hole" if mode == "hole" else "dead")
            near.sendall(b"word")
            near.settimeout(0.1)
            assert answer(near, 4) == b""
            link.mend()
            near.settimeout(0.3)
            assert answer(near, 4) == expected


def test_a_cut_comes_in_the_middle(link: Link) -> None:
    link.spoil("cut")
    found = said_back(link, bytes(100_000), timeout_s=2)
    assert len(found) < 100_000


def test_a_slow_link_takes_its_time(link: Link) -> None:
    for mode, size in (("delay", 4), ("trickle", 900)):
        link.spoil("delay" if mode == "delay" else "trickle")
        began_s = time.monotonic()
        assert len(said_back(link, bytes(size), timeout_s=5)) == size
        assert time.monotonic() - began_s > 0.25


def test_batches_that_pass_are_kept_for_who_resends_them(link: Link) -> None:
    topic = b"plumbline/v1/s/a/batch"
    body = len(topic).to_bytes(2, "big") + topic + b"\x00\x01" + b"payload"
    said_back(link, bytes([0x32, len(body)]) + body)
    assert list(link.batches) == [(topic.decode(), b"payload")]


def test_packets_are_found_whatever_pieces_they_come_in() -> None:
    topic = b"t"
    body = b"\x00\x01" + topic + bytes(300)
    packet = bytes([0x30, 0x80 | len(body) % 128, len(body) // 128]) + body
    stream = b"\xc0\x00" + packet + packet
    whole = PublishFinder().feed(stream)
    finder = PublishFinder()
    pieces = [found for at in range(len(stream)) for found in finder.feed(stream[at : at + 1])]
    assert whole == pieces == [("t", bytes(300))] * 2
