"""Whose an address is."""

from __future__ import annotations

from web.http.addresses import Proxies, address_of


def test_a_network_of_ipv6_is_one_address_and_a_mapped_one_is_ipv4() -> None:
    assert address_of("2001:db8::1:2:3:4") == address_of("2001:db8::9")
    assert address_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_a_proxy_is_on_this_machine_unless_another_is_named() -> None:
    named = Proxies(["10.0.0.5", "2001:db8::/32"])
    assert [host in Proxies() for host in ("127.0.0.1", "::1", "10.0.0.5", "")] == [True, True, False, False]
    assert [host in named for host in ("127.0.0.1", "10.0.0.5", "10.0.0.6", "2001:db8::7")] == [
        False, True, False, True,
    ]  # fmt: skip
