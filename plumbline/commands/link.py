"""`plumbline link new | list`: the links that open the customers' pages."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from zoneinfo import ZoneInfo

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.settings import load_settings
from plumbline.stores import open_records
from store.records.links import Link
from web.customer.project import registered_projects
from web.links.strength import make_link_token
from wire.printable import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two verbs."""
    verbs = parser.add_subparsers(required=True, metavar="new|list")
    new = verbs.add_parser(
        "new", help="make a token for projects.yaml; the old link ends when it is replaced"
    )
    new.set_defaults(verb=_new)
    every = verbs.add_parser("list", help="whose each link is, and until when it opens the project's page")
    add_config(every)
    every.set_defaults(verb=_list)


def run(arguments: argparse.Namespace) -> int:
    """0 when done."""
    code: int = arguments.verb(arguments)
    return code


def _new(_: argparse.Namespace) -> int:
    print(make_link_token())
    print("token: in projects.yaml; a running server sees the change within seconds", file=sys.stderr)
    return 0


def _list(arguments: argparse.Namespace) -> int:
    settings, now = load_settings(arguments.config), now_ms()
    records = open_records(settings)
    try:
        projects = registered_projects(records)
    finally:
        records.close()
    for project in projects:
        for link in project.links:
            until = _until(link, project.zone, now)
            print(printable(f"{project.id:<40}  {link.id:>4}  {until:<18}  {link.whom}"))
    return 0


def _until(link: Link, zone: ZoneInfo, now: int) -> str:
    if link.expires is None:
        return "no end"
    last = dt.datetime.fromtimestamp(link.expires / 1_000 - 1, zone).date()
    return f"{'until' if link.opens(now) else 'ended'} {last.isoformat()}"
