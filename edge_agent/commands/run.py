"""`plumbline-edge run SITE.yaml`: the composition root of the agent."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from pathlib import Path
from selectors import SelectSelector
from typing import Final

from edge_agent.agent import Agent
from edge_agent.badges import load_pepper
from edge_agent.clock import utc_ms
from edge_agent.installation import Installation, load_installation
from edge_agent.language import said
from edge_agent.serial_port import open_line
from edge_agent.site_file import SiteFile, SiteFileError, missing_files
from edge_agent.spool import Spool, SpoolBroken, SpoolError
from edge_agent.timekeeping import Timekeeping, knowledge

ABOUT: Final = "about_run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `run`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """0 after SIGTERM or SIGINT. Raises SiteFileError, SpoolError, PepperError."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    found = load_installation(arguments.site_file)
    if missing := missing_files(found.site):
        raise SiteFileError([f"{arguments.site_file}: {line}" for line in missing])
    pepper = load_pepper(found.site.badge_pepper_file)
    try:
        # select(2) wakes to the microsecond; epoll rounds up to the next millisecond, at every gap of a line.
        with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
            runner.run(_run_agent(found, pepper))
    except* SpoolBroken as group:
        raise SpoolError(said("start_again", what=group.exceptions[0])) from group
    return 0


async def _run_agent(found: Installation, pepper: bytes) -> None:
    spool = _open_spool(found.site)
    keeping = Timekeeping(utc_ms, time.monotonic, lambda: knowledge(utc_ms), spool.newest_ms)
    agent = Agent(
        found.site,
        found.plans,
        spool,
        pepper,
        open_line,
        mqtt=found.mqtt,
        readers=found.readers,
        timekeeping=keeping,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, agent.stop)
    await agent.run()


def _open_spool(site: SiteFile) -> Spool:
    return Spool.open(site.spool.path, site.spool.bound_mb << 20, utc_ms())
