"""What a nats-server says of its own health, over its monitoring port (docs.nats.io, "Monitoring")."""

from __future__ import annotations

import http.client
from dataclasses import dataclass, field
from typing import Final

_ANSWER_WITHIN_S: Final = 2.0
_UNAVAILABLE: Final = 503


@dataclass(frozen=True, slots=True)
class Monitor:
    """Its port on 127.0.0.1, and what the paths there begin with."""

    port: int
    secret: str = field(repr=False)


def failure(monitor: Monitor) -> str | None:
    """Why the server calls itself unavailable; None where it is well, or says nothing. Blocking.

    One that is busy, starting or standing still says nothing: that mends itself. A stream that once failed
    to write (a full disk) does not: nats-server 2.15 refuses every message for it until it is started again.
    """
    connection = http.client.HTTPConnection("127.0.0.1", monitor.port, timeout=_ANSWER_WITHIN_S)
    try:
        connection.request("GET", f"/{monitor.secret}/healthz")
        answer = connection.getresponse()
        text = answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return text if answer.status == _UNAVAILABLE else None
