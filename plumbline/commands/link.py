"""`plumbline link new | list | revoke`: the links that open the customers' pages."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from zoneinfo import ZoneInfo

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.settings import Settings, load_settings
from plumbline.stores import open_records
from store.records.access import operator
from store.records.links import Link
from store.records.records import Records
from web.customer.project import registered_projects
from web.links.ending import last_day
from web.links.making import LastDayError, address_of_link, make
from web.links.strength import make_link_token
from wire.printable import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Three verbs."""
    verbs = parser.add_subparsers(required=True, metavar="new|list|revoke")
    new = verbs.add_parser(
        "new", help="a link for a person, shown once; without a project, a token for projects.yaml"
    )
    new.add_argument("project", nargs="?", help="the project's id")
    new.add_argument("--for", dest="whom", metavar="NAME", help="whom it is for")
    new.add_argument(
        "--until", type=_day, metavar="DATE", help="its last day; else 30 days after the handover"
    )
    add_config(new)
    new.set_defaults(verb=_new)
    every = verbs.add_parser("list", help="whose each link is, and until when it opens the project's page")
    add_config(every)
    every.set_defaults(verb=_list)
    revoke = verbs.add_parser("revoke", help="a link opens nothing from now on, and open pages close")
    revoke.add_argument("id", type=int, help="as `list` has it")
    add_config(revoke)
    revoke.set_defaults(verb=_revoke)


def run(arguments: argparse.Namespace) -> int:
    """0 when done, 2 where there is no such project or link."""
    code: int = arguments.verb(arguments)
    return code


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date, such as 2027-02-14") from error


def _new(arguments: argparse.Namespace) -> int:
    if arguments.project is None:
        print(make_link_token())
        print("token: in projects.yaml; a running server sees the change within seconds", file=sys.stderr)
        return 0
    if not arguments.whom:
        return _refused("--for NAME says whom it is for")
    settings = load_settings(arguments.config)
    records = open_records(settings)
    try:
        return _make(records, settings, arguments)
    finally:
        records.close()


def _make(records: Records, settings: Settings, arguments: argparse.Namespace) -> int:
    firm = settings.firm.id
    project = records.projects.get(firm, arguments.project)
    site = None if project is None else records.sites.get(firm, project.site)
    if project is None or site is None:
        return _refused(
            f"{firm} has no project {arguments.project}; `plumbline link list` has those with links"
        )
    zone = ZoneInfo(site.timezone)
    try:
        made = make(records, operator(firm), project, zone, arguments.whom, arguments.until, now_ms())
    except LastDayError as error:
        return _refused(f"--until {error}")
    base_url = settings.web.base_url or f"http://{settings.web.host}:{settings.web.port}"
    print(address_of_link(base_url, made.token))
    print(
        printable(f"link {made.link.id} for {made.link.whom}, {_until(made.link, zone, now_ms())}"),
        file=sys.stderr,
    )
    if settings.web.base_url is None:
        print("web.base_url in the settings says what stands before it outside", file=sys.stderr)
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


def _revoke(arguments: argparse.Namespace) -> int:
    settings = load_settings(arguments.config)
    records = open_records(settings)
    try:
        link = records.seen_by(operator(settings.firm.id)).links.revoke(arguments.id, now_ms())
    finally:
        records.close()
    if link is None:
        return _refused(f"there is no link {arguments.id} that opens anything: `plumbline link list`")
    print(printable(f"link {link.id} for {link.whom} opens nothing from now on"))
    return 0


def _refused(why: str) -> int:
    print(printable(f"plumbline link: {why}"), file=sys.stderr)
    return 2


def _until(link: Link, zone: ZoneInfo, now: int) -> str:
    if link.expires is None:
        return "no end"
    return f"{'until' if link.opens(now) else 'ended'} {last_day(zone, link.expires).isoformat()}"
