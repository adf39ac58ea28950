"""`plumbline-edge run SITE.yaml`: the composition root of the agent."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from selectors import SelectSelector
from typing import Final

from edge_agent.agent import Agent
from edge_agent.clock.clock import utc_ms
from edge_agent.clock.timekeeping import Timekeeping, knowledge
from edge_agent.gather.badges import load_pepper
from edge_agent.host.watchdog import Systemd
from edge_agent.language import said
from edge_agent.line.serial_port import open_line
from edge_agent.site.change import SiteFiles
from edge_agent.site.installation import load_installation
from edge_agent.site.site_file import SiteFile, SiteFileError, missing_files
from edge_agent.spool.errors import SpoolBroken, SpoolError
from edge_agent.spool.spool import Spool
from wire.printable import PrintableFormatter

ABOUT: Final = "about_run"
_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
#: A log file of its own: so many of so many bytes.
LOG_BYTES: Final = 1 << 20
LOG_FILES: Final = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `run`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("--log-file", type=Path, metavar="FILE", help=said("run_log_file"))


def run(arguments: argparse.Namespace) -> int:
    """0 after SIGTERM or SIGINT. Raises SiteFileError, SpoolError, PepperError."""
    handler = _handler(arguments.log_file)
    handler.setFormatter(PrintableFormatter(_FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    files = SiteFiles(arguments.site_file)
    files.started()
    systemd = Systemd(os.environ)
    # select(2) wakes to the microsecond; epoll rounds up to the next millisecond, at every gap of a line.
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
        while runner.run(_run_once(arguments.site_file, files, systemd)):
            logging.getLogger(__name__).info("the site file has changed: starting by it")
            files.started()
    return 0


def _handler(log_file: Path | None) -> logging.Handler:
    """To stderr, which journald keeps within its bounds; or to a file with bounds of its own."""
    if log_file is None:
        return logging.StreamHandler(sys.stderr)
    return RotatingFileHandler(log_file, maxBytes=LOG_BYTES, backupCount=LOG_FILES - 1, encoding="utf-8")


async def _run_once(path: Path, files: SiteFiles, systemd: Systemd) -> bool:
    """An agent by the site file as it is now; whether another is to follow, by a changed one."""
    found = load_installation(path)
    if missing := missing_files(found.site):
        raise SiteFileError([f"{path}: {line}" for line in missing])
    pepper = load_pepper(found.site.badge_pepper_file)
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
        files=files,
        systemd=systemd,
    )

    def stop() -> None:
        systemd.stopping()
        agent.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await agent.run()
    except SpoolBroken as error:
        raise SpoolError(said("start_again", what=error)) from error
    return agent.reload


def _open_spool(site: SiteFile) -> Spool:
    return Spool.open(site.spool.path, site.spool.bound_mb << 20, utc_ms())
