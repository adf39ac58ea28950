"""`plumbline command SITE AGENT …`: ask an agent, wait for its answer."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ingest.receive import BrokerAddress, BrokerFailure, ask
from plumbline import clock
from plumbline.broker import running
from plumbline.commands.process import add_config
from plumbline.settings import SettingsError, load_settings
from wire import command as wire_command
from wire import result as wire_result
from wire.command import Command, ConfigFile, NewSiteFile, Order, ReadNow, SetInterval
from wire.errors import WireError
from wire.printable import printable, printable_lines
from wire.quantities import QUANTITIES
from wire.result import Result
from wire.topics import Topic, parse, topic

#: A new site file is on trial for a minute before the agent says that it gave it up.
PATIENCE_S: Final = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Whom, and what."""
    parser.add_argument("site")
    parser.add_argument("agent")
    orders = parser.add_subparsers(required=True, metavar="ORDER", dest="order")
    read = orders.add_parser("read-now", help="what a device, or each that is asked, says now")
    read.add_argument("device", nargs="?")
    interval = orders.add_parser("set-interval", help="ask a device so often from now on")
    interval.add_argument("device")
    interval.add_argument("interval_s", type=float, metavar="SECONDS")
    site_file = orders.add_parser(
        "site-file", help="work by another site file; it comes back if nothing arrives"
    )
    site_file.add_argument("file", type=Path)
    config = orders.add_parser("config-file", help="replace a file the site file lists under remote.files")
    config.add_argument("name")
    config.add_argument("file", type=Path)
    parser.add_argument(
        "--patience", type=float, default=PATIENCE_S, metavar="SECONDS", help="for the answer"
    )
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when it was done; 1 when it was not, or nobody answered. Raises SettingsError."""
    address = running(load_settings(arguments.config))
    try:
        topics = (
            topic(arguments.site, arguments.agent, "command"),
            topic(arguments.site, arguments.agent, "result"),
        )
        expires = clock.now_ms() + round(1000 * arguments.patience)
        command = Command(id=secrets.token_hex(8), expires=expires, do=_order(arguments))
    except (ValueError, OSError) as error:
        raise SettingsError(_plain(error)) from error
    try:
        result = asyncio.run(_answer(address, command, topics, arguments.patience))
    except (BrokerFailure, OSError) as error:
        print(f"broker {address.host}:{address.port}: {error}", file=sys.stderr)
        return 1
    if result is None:
        print(f"no answer within {arguments.patience:g} s: is the agent online?", file=sys.stderr)
        return 1
    _show(result)
    return 0 if result.outcome == "done" else 1


def _order(arguments: argparse.Namespace) -> Order:
    if arguments.order == "read-now":
        return ReadNow(kind="read_now", device=arguments.device)
    if arguments.order == "set-interval":
        return SetInterval(kind="set_interval", device=arguments.device, interval_s=arguments.interval_s)
    text = arguments.file.read_text(encoding="utf-8")
    if arguments.order == "site-file":
        return NewSiteFile(kind="site_file", text=text)
    return ConfigFile(kind="config_file", name=arguments.name, text=text)


async def _answer(
    address: BrokerAddress, command: Command, topics: tuple[str, str], patience_s: float
) -> Result | None:
    to, back = (_parsed(text) for text in topics)
    payload = wire_command.encode(command)
    try:
        async with asyncio.timeout(patience_s), aclosing(ask(address, to, payload, back)) as answers:
            async for answer in answers:
                result = _read(answer)
                if result is not None and result.id == command.id:
                    return result
    except TimeoutError:
        return None
    return None


def _parsed(text: str) -> Topic:
    found = parse(text)
    assert found is not None  # noqa: S101  # `topic` has just made it
    return found


def _read(answer: bytes) -> Result | None:
    try:
        return wire_result.recall(answer)
    except WireError:
        return None


def _show(result: Result) -> None:
    """Every line of the detail but the first is set in, so that none passes for an outcome."""
    detail = printable_lines(result.detail).replace("\n", "\n  ")
    print(f"{result.outcome}: {detail}" if detail else result.outcome)
    for device, values in result.values.items():
        print(printable(device))
        for quantity, value in values.items():
            unit = QUANTITIES[quantity].display_unit if quantity in QUANTITIES else ""
            shown = "–" if value is None else f"{value:.10g}"
            print(f"  {printable(quantity):<28} {shown:>14} {unit}".rstrip())


def _plain(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return str(error)
