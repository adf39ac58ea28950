"""`plumbline-edge check | read | run | backfill | decode`. Exit 0: done; 1: could not; 2: a file is wrong."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from pathlib import Path

from edge_agent import decode
from edge_agent.agent import Agent
from edge_agent.backfill import fill
from edge_agent.badges import PepperError, load_pepper
from edge_agent.clock import utc_ms
from edge_agent.installation import Installation, load_installation
from edge_agent.reading import read_once
from edge_agent.recording import RecordingError, read_recording
from edge_agent.serial_port import open_line
from edge_agent.site_file import SiteFile, SiteFileError, missing_files
from edge_agent.spool import Spool, SpoolBroken, SpoolError
from edge_agent.steady import SteadyClock


def main(argv: list[str] | None = None) -> int:
    """The command line; gives the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.command(arguments)
    except (SiteFileError, RecordingError) as error:
        print(error, file=sys.stderr)
        return 2
    except (SpoolError, PepperError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plumbline-edge", description="Reads a site's devices.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, what: str, run: object) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=what, description=what)
        one.set_defaults(command=run)
        return one

    for name, what, run in (
        ("check", "Say what is wrong in a site file; opens nothing.", _check),
        ("read", "Read each device once and print what it says.", _read),
        ("run", "Read the site until stopped.", _run),
        ("backfill", "Put a recording (a folder) into the spool.", _backfill),
    ):
        command(name, what, run).add_argument("site_file", metavar="SITE.yaml", type=Path)
    commands.choices["read"].add_argument("device", nargs="?", metavar="DEVICE")
    commands.choices["backfill"].add_argument("recording", metavar="RECORDING", type=Path)
    decode.add_arguments(command("decode", "Say what the bytes of a frame mean.", decode.run))
    return parser


def _check(arguments: argparse.Namespace) -> int:
    found = load_installation(arguments.site_file)
    for missing in missing_files(found.site):
        print(f"{arguments.site_file}: note: {missing}", file=sys.stderr)
    print(f"{arguments.site_file}: good: {len(found.plans)} lines, {len(found.site.devices())} devices")
    return 0


def _read(arguments: argparse.Namespace) -> int:
    found = load_installation(arguments.site_file)
    return asyncio.run(read_once(found.plans, open_line, sys.stdout, arguments.device))


def _run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    found = load_installation(arguments.site_file)
    if missing := missing_files(found.site):
        raise SiteFileError([f"{arguments.site_file}: {line}" for line in missing])
    pepper = load_pepper(found.site.badge_pepper_file)
    try:
        asyncio.run(_run_agent(found, pepper))
    except* SpoolBroken as group:
        raise SpoolError(f"{group.exceptions[0]}; start again: the file is then set aside") from group
    return 0


async def _run_agent(found: Installation, pepper: bytes) -> None:
    spool = _open_spool(found.site)
    clock = SteadyClock(utc_ms, time.monotonic, spool.newest_ms)
    agent = Agent(
        found.site, found.plans, spool, pepper, open_line, clock, mqtt=found.mqtt, readers=found.readers
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


def _open_spool(site: SiteFile) -> Spool:
    return Spool.open(site.spool.path, site.spool.bound_mb << 20, utc_ms())


def _backfill(arguments: argparse.Namespace) -> int:
    site = load_installation(arguments.site_file).site
    pepper = load_pepper(site.badge_pepper_file)
    readings = fill(site.spool.path, pepper, read_recording(arguments.recording), site.spool.bound_mb)
    print(f"{readings:,} readings of {arguments.recording} wait in {site.spool.path}")
    return 0
