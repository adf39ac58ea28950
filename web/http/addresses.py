"""Who asks, as far as a network address can say: bounds are kept per address, so that no one takes all."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.requests import HTTPConnection

#: What a household has of IPv6 at least (RFC 6177): one of its 2^64 addresses is as good as another.
_IPV6_PREFIX: Final = 64
_IPV4_KEPT: Final = 24
_IPV6_KEPT: Final = 48
#: A proxy stands on this machine unless the settings name another.
LOOPBACK: Final = ("127.0.0.0/8", "::1/128")


class Proxies:
    """Who is believed when they say for whom they ask (X-Forwarded-For), and so speaks for many."""

    def __init__(self, trusted: Iterable[str] = LOOPBACK) -> None:
        """`trusted`: addresses and networks (CIDR). Raises ValueError for what is neither."""
        self.trusted: Final = tuple(trusted)
        self._networks = tuple(ipaddress.ip_network(one) for one in self.trusted)

    def __contains__(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def visitor(connection: HTTPConnection) -> str:
    """The address that a bound is kept for. Behind a proxy it is what the proxy says (uvicorn reads
    X-Forwarded-For from `Proxies.trusted`)."""
    return address_of(connection.client.host if connection.client else "")


def network_of(address: str) -> str:
    """The coarse part of it, for what is kept: of IPv4 the first 24 bits, of IPv6 48: an
    operator's customer at best."""
    try:
        found = ipaddress.ip_interface(address)
    except ValueError:
        return ""
    bits = _IPV4_KEPT if found.version == 4 else _IPV6_KEPT
    return str(ipaddress.ip_network((found.ip, bits), strict=False))


def address_of(host: str) -> str:
    """An IPv4 address as it is, of an IPv6 address its network; whatever else it is, as it is."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
