"""The firm's first owner: a code on the console of whoever runs the server."""

from __future__ import annotations

import sys

from plumbline.settings import Settings
from store.records.changes import By
from store.records.records import Records
from store.records.registry import Firm
from web.access.invitations import make_owner_code


def new_code(records: Records, settings: Settings, now: int) -> str:
    """A code with which somebody becomes an owner of the settings' firm; the one before opens no more. Raises
    StoreError."""
    firm = settings.firm
    records.firms.put([Firm(firm.id, firm.name)], By("operator:console", now))
    return make_owner_code(records, now, firm.id)


def say_code_where_nobody_can_begin(records: Records, settings: Settings, now: int) -> None:
    """On the console, at the start of a server whose firm has no owner yet. Raises StoreError."""
    if not records.accounts.has_owner():
        print(told(new_code(records, settings, now), settings), file=sys.stderr)


def told(code: str, settings: Settings) -> str:
    """What the console says."""
    web = settings.web
    base = web.base_url or f"http://{'127.0.0.1' if web.host in {'0.0.0.0', '::'} else web.host}:{web.port}"  # noqa: S104
    return f"The first owner signs in at {base}/door/owner with this code, once, within 24 hours: {code}"
