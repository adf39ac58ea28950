"""`plumbline-edge top SITE.yaml [--once]`: what the running agent reads, live."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from edge_agent import live
from edge_agent.installation import load_installation
from edge_agent.language import said
from edge_agent.top import screen
from wire.printable import printable_lines

ABOUT: Final = "about_top"
_EVERY_S: Final = 1.0
_HOME_AND_CLEAR: Final = "\x1b[H\x1b[J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `top`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("--once", action="store_true", help=said("top_once"))


def run(arguments: argparse.Namespace) -> int:
    """0 with --once, or until Ctrl-C; 1 where no agent runs. Raises SiteFileError."""
    spool = load_installation(arguments.site_file).site.spool.path
    while True:
        try:
            text = printable_lines(screen(live.ask(spool)))
        except OSError:
            print(said("top_nobody", file=arguments.site_file), file=sys.stderr)
            return 1
        if arguments.once:
            print(text)
            return 0
        print(f"{_HOME_AND_CLEAR}{text}", flush=True)
        time.sleep(_EVERY_S)
