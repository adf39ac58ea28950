"""`plumbline-edge scan PORT [--write SITE.yaml]`: what hangs on a line of which nothing is known."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import math
import signal
import sys
import threading
import time
import zoneinfo
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from edge_agent.drivers.contract import DriverError
from edge_agent.drivers.registry import LISTENING
from edge_agent.language import said
from edge_agent.line.serial_port import open_line
from edge_agent.scan import identify, probes, proposal, search
from edge_agent.scan.probe import Probe, Setting
from edge_agent.scan.progress import Progress
from edge_agent.scan.search import Found, Search
from wire.printable import printable_lines

ABOUT: Final = "about_scan"
_LOCAL_TIME: Final = Path("/etc/localtime")
_USUAL_ZONE: Final = "Asia/Shanghai"
#: As `edge_agent.drivers.modbus_rtu.unit_id`.
_LAST_UNIT: Final = 255
_PROTOCOLS: Final = tuple(sorted({probe.protocol for probe in probes.likely()}))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `scan`."""
    parser.add_argument("port", metavar="PORT", help="/dev/ttyUSB0, /dev/serial/by-id/…, tcp://host:port")
    parser.add_argument(
        "--protocol", action="append", choices=_PROTOCOLS, metavar="P", help=said("scan_only")
    )
    parser.add_argument("--baud", action="append", type=int, metavar="B", help=said("scan_only"))
    parser.add_argument("--addresses", type=_addresses, metavar="A-B", help=said("scan_addresses"))
    parser.add_argument("--thorough", action="store_true", help=said("scan_thorough"))
    parser.add_argument("--write", type=Path, metavar="SITE.yaml", help=said("scan_write"))


def run(arguments: argparse.Namespace) -> int:
    """0 when something was found (and written, where asked for), else 1."""
    port = proposal.stable_name(arguments.port)
    chosen = _chosen(arguments)
    began_s = time.monotonic()
    if threading.current_thread() is threading.main_thread():
        # A shell starts what it puts into the background deaf to Ctrl-C, and Python then stays so.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    found, whole = _searched(port, chosen, arguments)
    if not whole:
        print(said("scan_ended_early"), file=sys.stderr)
    print(said("scan_took", seconds=time.monotonic() - began_s, count=len(found)), file=sys.stderr)
    if not found:
        print(said("scan_nothing"), file=sys.stderr)
        return 1
    return _hand_over(port, found, arguments.write)


def _addresses(text: str) -> range:
    """`1-16`, or one address. Raises ArgumentTypeError."""
    first, _, last = text.partition("-")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError as error:
        raise argparse.ArgumentTypeError(said("scan_addresses")) from error
    if not found or found[0] < 0 or found[-1] > _LAST_UNIT:
        raise argparse.ArgumentTypeError(said("scan_addresses"))
    return found


def _chosen(arguments: argparse.Namespace) -> list[Probe]:
    """The probes that are wanted, each with the speeds that are."""
    every = probes.thorough() if arguments.thorough else probes.likely()
    if arguments.addresses is not None:
        every = [
            probes.modbus(arguments.addresses, one.settings) if one.protocol == "modbus_rtu" else one
            for one in every
        ]
    wanted = [one for one in every if not arguments.protocol or one.protocol in arguments.protocol]
    if not arguments.baud:
        return wanted
    left = (
        replace(one, settings=tuple(setting for setting in one.settings if setting.baud in arguments.baud))
        for one in wanted
    )
    return [one for one in left if one.settings]


def _searched(port: str, chosen: Sequence[Probe], arguments: argparse.Namespace) -> tuple[list[Found], bool]:
    """What was found, and whether the search came to its end."""
    longest_s = math.ceil(search.seconds([*chosen, *_to_look_on(chosen, arguments, set())]))
    progress = Progress(sys.stderr, longest_s)
    progress.say(said("scan_begins", port=port, seconds=longest_s, each=identify.WITHIN_S))
    if any(probe.protocol in LISTENING for probe in chosen):
        progress.say(said("scan_hold_a_badge"))
    searching = Search(port, open_line, progress, every_speed=arguments.thorough)
    try:
        asyncio.run(_search(searching, chosen, arguments, progress))
    except DriverError as error:
        progress.say(str(error))
        return searching.found, False
    except KeyboardInterrupt:
        return searching.found, False
    finally:
        progress.end()
    return searching.found, True


async def _search(
    searching: Search, chosen: Sequence[Probe], arguments: argparse.Namespace, progress: Progress
) -> None:
    await searching.run(chosen)
    if searching.found and all(one.protocol != "modbus_rtu" for one in searching.found):
        return
    settings = {one.setting for one in searching.found}
    more = _to_look_on(chosen, arguments, settings)
    if more:
        progress.say(said("scan_more"))
        await searching.run(more)


def _to_look_on(
    chosen: Sequence[Probe], arguments: argparse.Namespace, settings: set[Setting]
) -> list[Probe]:
    """The rest of the Modbus addresses, where they are not among the chosen: at `settings`, or the likeliest.

    Where one Modbus device is, others are likely; where nothing is, one may have an odd address.
    """
    modbus = next((probe for probe in chosen if probe.protocol == "modbus_rtu"), None)
    if modbus is None or arguments.thorough or arguments.addresses is not None:
        return []
    at = tuple(setting for setting in modbus.settings if setting in settings) or modbus.settings[:1]
    return [probes.rest_of_modbus(at[:1])]


def _hand_over(port: str, found: Sequence[Found], target: Path | None) -> int:
    today = dt.datetime.now().astimezone().date()
    text = proposal.site_file(port, found, today, _timezone())
    if target is None:
        print(said("scan_proposal"), file=sys.stderr)
        print(printable_lines(text), end="")
        return 0
    there = target.read_text(encoding="utf-8") if target.exists() else ""
    if there.strip():
        longer = proposal.added(there, port, found)
        if longer is None:
            print(said("scan_keeps", file=target), file=sys.stderr)
            print(printable_lines(proposal.lines_section(port, found)), end="")
            return 1
        text = longer
    target.write_text(text, encoding="utf-8")
    print(said("scan_wrote", file=target), file=sys.stderr)
    return 0


def _timezone() -> str:
    """This machine's, where it is set to one: a Pi fresh from its card has UTC."""
    name = "/".join(_LOCAL_TIME.resolve().parts[-2:])
    return name if name in zoneinfo.available_timezones() and name != "Etc/UTC" else _USUAL_ZONE
