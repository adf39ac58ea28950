"""`plumbline token create | list | revoke`: who may use the HTTP API."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.settings import Settings, load_settings
from plumbline.stores import open_records
from store.records.access import operator
from store.records.changes import By
from store.records.registry import SCOPES, Firm, Token
from store.records.tokens import make_token, token_digest
from wire.durations import DAY_MS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Three verbs."""
    verbs = parser.add_subparsers(required=True, metavar="create|list|revoke")
    create = verbs.add_parser("create", help="make one; its secret is shown once")
    create.add_argument("name", help="what it is for")
    create.add_argument("--scope", action="append", choices=SCOPES, required=True, help="may be repeated")
    create.add_argument("--days", type=float, help="it expires after so many; default: never")
    create.set_defaults(verb=_create)
    every = verbs.add_parser("list", help="all of the firm's, without their secrets")
    every.set_defaults(verb=_list)
    revoke = verbs.add_parser("revoke", help="end one at once")
    revoke.add_argument("id", type=int)
    revoke.set_defaults(verb=_revoke)
    for verb in (create, every, revoke):
        add_config(verb)


def run(arguments: argparse.Namespace) -> int:
    """0 when done."""
    code: int = arguments.verb(load_settings(arguments.config), arguments)
    return code


def _create(settings: Settings, arguments: argparse.Namespace) -> int:
    secret, now = make_token(), now_ms()
    expires = now + round(arguments.days * DAY_MS) if arguments.days else None
    firm = settings.firm
    records = open_records(settings)
    try:
        if records.firms.get(firm.id) is None:
            records.firms.put([Firm(firm.id, firm.name)], By("operator:console", now))
        token = records.tokens.add(
            operator(firm.id), arguments.name, token_digest(secret), frozenset(arguments.scope), now, expires
        )
    finally:
        records.close()
    print(_line(token), file=sys.stderr)
    print(secret)
    print("Only its digest is kept: this is the only time it is shown.", file=sys.stderr)
    return 0


def _list(settings: Settings, _: argparse.Namespace) -> int:
    records = open_records(settings)
    try:
        for token in records.tokens.all(operator(settings.firm.id)):
            print(_line(token))
    finally:
        records.close()
    return 0


def _revoke(settings: Settings, arguments: argparse.Namespace) -> int:
    records = open_records(settings)
    try:
        done = records.tokens.revoke(operator(settings.firm.id), arguments.id, now_ms())
    finally:
        records.close()
    if not done:
        print(f"no token {arguments.id} that is not revoked; `plumbline token list`", file=sys.stderr)
    return 0 if done else 1


def _line(token: Token) -> str:
    state = f"revoked {_day(token.revoked)}" if token.revoked else f"expires {_day(token.expires)}"
    return f"{token.id:>4}  {token.name:<24} {state:<20} {' '.join(sorted(token.scopes))}"


def _day(time_ms: int | None) -> str:
    if time_ms is None:
        return "never"
    return dt.datetime.fromtimestamp(time_ms / 1000, dt.UTC).date().isoformat()
