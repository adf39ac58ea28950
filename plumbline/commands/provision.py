"""`plumbline provision agent | rotate | revoke | list | server | cloud`: certificates for the broker."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from pathlib import Path

from plumbline.commands.process import add_config
from plumbline.provision.address import host, host_and_port
from plumbline.provision.authority import RENEW_BEFORE, Issued, ProvisionError
from plumbline.provision.bundle import TLS_PORT
from plumbline.provision.issuing import Delivered, Issuing
from plumbline.settings import load_settings
from wire.identifiers import ID_PATTERN
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Six verbs."""
    verbs = parser.add_subparsers(required=True, metavar="agent|rotate|revoke|list|server|cloud")
    agent = verbs.add_parser(
        "agent", help="register an agent; its key, certificate and site file in a bundle"
    )
    agent.set_defaults(verb=_agent)
    rotate = verbs.add_parser("rotate", help="a new key and certificate; the old ones hold until revoked")
    rotate.set_defaults(verb=_rotate)
    revoke = verbs.add_parser("revoke", help="the broker takes an agent's certificates no more")
    which = revoke.add_mutually_exclusive_group()
    which.add_argument("--older", action="store_true", help="all but its newest: after a rotation")
    which.add_argument("--serial", type=_serial, help="only this one (`list` has its number)")
    revoke.set_defaults(verb=_revoke)
    every = verbs.add_parser("list", help="all certificates: whose, until when, revoked since")
    every.set_defaults(verb=_list)
    server = verbs.add_parser("server", help="the broker's own certificate")
    server.add_argument("hosts", nargs="+", metavar="HOST", type=_host, help="names and addresses agents use")
    server.set_defaults(verb=_server)
    cloud = verbs.add_parser("cloud", help="the certificate of ingest")
    cloud.set_defaults(verb=_cloud)
    for verb, needed in ((agent, None), (rotate, None), (revoke, "?")):
        verb.add_argument("site", type=_id, metavar="SITE", nargs=needed)
        verb.add_argument("agent", type=_id, metavar="AGENT", nargs=needed)
    for verb in (agent, rotate):
        _add_bundle(verb)
    for verb in (agent, rotate, server, cloud):
        verb.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the files go")
    for verb in (agent, rotate, revoke, every, server, cloud):
        add_config(verb)


def run(arguments: argparse.Namespace) -> int:
    """0 when done, 1 with the remedy when not."""
    issuing = Issuing(load_settings(arguments.config), _now)
    try:
        arguments.verb(issuing, arguments)
    except ProvisionError as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 1
    return 0


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--broker",
        type=_address,
        metavar="HOST[:PORT]",
        help="as the site reaches it; default: the newest `server`",
    )
    parser.add_argument("--qr", action="store_true", help="also a label for its case; it holds no secret")


def _agent(issuing: Issuing, arguments: argparse.Namespace) -> None:
    _say(issuing.agent(arguments.site, arguments.agent, arguments.out, arguments.broker, qr=arguments.qr))


def _rotate(issuing: Issuing, arguments: argparse.Namespace) -> None:
    _say(issuing.rotate(arguments.site, arguments.agent, arguments.out, arguments.broker, qr=arguments.qr))


def _revoke(issuing: Issuing, arguments: argparse.Namespace) -> None:
    if arguments.serial is not None:
        revoked = issuing.revoke_one(arguments.serial)
    elif arguments.site and arguments.agent:
        revoked = issuing.revoke_agent(arguments.site, arguments.agent, older=arguments.older)
    else:
        raise ProvisionError("revoke what? SITE AGENT [--older], or --serial NUMBER")
    for one in revoked:
        print(f"revoked {one.name} of {one.who}")
    print(
        f"It counts once {issuing.folder / 'ca.crl'} is the broker's crlfile and mosquitto was restarted: "
        "that ends its connections, too. Nothing is lost, agents send again.",
        file=sys.stderr,
    )


def _list(issuing: Issuing, _: argparse.Namespace) -> None:
    now = _now()
    for one in issuing.issued():
        print(f"{one.name}  {one.kind:<6}  {one.who:<40}  {one.until:%Y-%m-%d}  {_state(one, now)}")


def _server(issuing: Issuing, arguments: argparse.Namespace) -> None:
    _say(issuing.server(arguments.hosts, arguments.out))


def _cloud(issuing: Issuing, arguments: argparse.Namespace) -> None:
    _say(issuing.cloud(arguments.out))


def _say(delivered: Delivered) -> None:
    for path in delivered.files:
        print(path)
    for note in delivered.notes:
        print(f"note: {note}", file=sys.stderr)


def _state(one: Issued, now: dt.datetime) -> str:
    if one.revoked is not None:
        return f"revoked {one.revoked:%Y-%m-%d}"
    left = one.until - now
    if left <= dt.timedelta(0):
        return "expired"
    return f"valid, {left.days} days left" + (": renew it" if left <= RENEW_BEFORE else "")


def _id(text: str) -> str:
    if not re.fullmatch(ID_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} must be a-z, 0-9 and -, at most 32, not beginning with -")
    return text


def _serial(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no serial number: 16 hex digits") from error


def _address(text: str) -> tuple[str, int]:
    try:
        return host_and_port(text, TLS_PORT)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _host(text: str) -> str:
    try:
        return host(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
