"""What the commands that run until stopped have in common."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from plumbline.settings import Settings, load_settings
from plumbline.sparing import Sparing
from wire.printable import PrintableFormatter

Process = Callable[[Settings, asyncio.Event], Awaitable[None]]


#: So long a thread that could answer waits for one that judges what a site sends (CPython's own is 5 ms), and
#: several waits make an answer.
_SWITCH_INTERVAL_S: Final = 0.001


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config`."""
    parser.add_argument(
        "--config", type=Path, default=Path("plumbline.yaml"), help="settings (docs/operating.md)"
    )


def _to_stderr() -> logging.Handler:
    handler = logging.StreamHandler()
    handler.addFilter(Sparing())
    handler.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    return handler


def log_to_stderr() -> None:
    """What is logged, a line each, in words that can be printed; what repeats itself is counted."""
    logging.basicConfig(level=logging.INFO, handlers=[_to_stderr()])


def run_until_stopped(arguments: argparse.Namespace, process: Process) -> int:
    """Run `process` until SIGTERM or Ctrl-C; the exit code."""
    log_to_stderr()
    settings = load_settings(arguments.config)
    run_until_signal(lambda stop: process(settings, stop))
    return 0


def run_until_signal(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """In an event loop of its own; SIGTERM and Ctrl-C set the event."""

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    asyncio.run(run())
