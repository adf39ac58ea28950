"""Signing in by address alone, on this machine: for the people of `make demo`, who do not exist.

No room of the table: whoever composes a process hands these routes in, and no setting does. An address holds
a key that nobody guesses, made anew with each demo; asked by another machine, or under another name than this
machine's own (a page elsewhere whose name was bound to 127.0.0.1), it is as absent as any other.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final

from fastapi import HTTPException, Request
from starlette.responses import Response

from store.threads import PAGES
from web.access import sign_in
from web.access.page import go
from web.access.rights import OPEN
from web.access.room import Room
from web.access.secret import digest
from web.rooms import Routes
from web.services import Here

_OF_PROXIES: Final = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def local_door(prefix: str, logins: Mapping[bytes, str], port: int) -> Routes:
    """At `prefix`/KEY. `logins`: the digest of each key and whom it signs in. `port` is where this machine's
    browsers ask."""
    room = Room(prefix)

    @room.get("/{key}", right=OPEN)
    async def enter(request: Request, here: Here, key: str) -> Response:
        """In, and on to where their day begins."""
        login = logins.get(digest(key)) if _is_local(request, port) else None
        account = None if login is None else await PAGES.run(here.records.accounts.by_login, login)
        if account is None or account.ended is not None:
            raise HTTPException(404)
        return go(request, "/", await sign_in.enter(here.gate, request, account, "whole"))

    return room.routes


def _is_local(request: Request, port: int) -> bool:
    """Asked from this machine, for it, and not through a proxy that stands on it."""
    if request.headers.get("host") not in {f"127.0.0.1:{port}", f"localhost:{port}"}:
        return False
    if any(name in request.headers for name in _OF_PROXIES):
        return False
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
