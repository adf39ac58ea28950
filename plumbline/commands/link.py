"""`plumbline link new | list`: the links that open the customers' pages."""

from __future__ import annotations

import argparse
import datetime as dt
import sys

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.settings import load_settings
from web.links import GOOD_BITS, bits, make_link_token
from web.project import Project, load_projects


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two verbs."""
    verbs = parser.add_subparsers(required=True, metavar="new|list")
    new = verbs.add_parser(
        "new", help="make a token for projects.yaml; the old link ends when it is replaced"
    )
    new.set_defaults(verb=_new)
    every = verbs.add_parser(
        "list", help="until when each project's link opens its page, and whether it is strong"
    )
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
    for project in load_projects(settings.projects):
        strong = "strong" if bits(project.token) >= GOOD_BITS else "weak: `plumbline link new`"
        print(f"{project.id:<40}  {_until(project, now):<24}  {strong}")
    return 0


def _until(project: Project, now: int) -> str:
    if project.link_ends is None:
        return "no end"
    last = dt.datetime.fromtimestamp(project.link_ends / 1_000 - 1, project.zone).date()
    return f"{'ended' if project.link_is_over(now) else 'until'} {last.isoformat()}"
