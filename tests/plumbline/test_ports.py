"""A port is free when nobody listens on it."""

from __future__ import annotations

import socket

from plumbline.ports import free_port


def test_the_preferred_port_is_taken_where_it_is_free() -> None:
    port = free_port()
    assert free_port(port) == port


def test_another_is_given_where_somebody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert free_port(taken.getsockname()[1]) != taken.getsockname()[1]
