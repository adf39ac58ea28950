"""Names and addresses of the broker, as they stand in its certificate and in site files."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

#: A host name in letters, digits and hyphens (RFC 1123, 2.1).
_NAME: Final = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


def host(text: str) -> str:
    """A name or an IP address. Raises ValueError."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if _NAME.fullmatch(text):
            return text
    raise ValueError(f"{text!r} is neither a host's name nor an IP address")


def host_and_port(text: str, usual_port: int) -> tuple[str, int]:
    """Of HOST, HOST:PORT or [IPv6]:PORT. Raises ValueError."""
    match = re.fullmatch(r"\[(?P<six>[^\]]+)\](:(?P<sixport>\d+))?|(?P<name>[^:]+)(:(?P<port>\d+))?", text)
    if match is None:
        return host(text), usual_port
    port = int(match["sixport"] or match["port"] or usual_port)
    if not 0 < port < 65536:
        raise ValueError(f"{text!r}: a port is 1 to 65535")
    return host(match["six"] or match["name"]), port
