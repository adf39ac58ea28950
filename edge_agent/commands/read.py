"""`plumbline-edge read SITE.yaml [DEVICE]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from edge_agent.installation import load_installation
from edge_agent.reading import read_once
from edge_agent.serial_port import open_line

ABOUT: Final = "about_read"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `read`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("device", nargs="?", metavar="DEVICE")


def run(arguments: argparse.Namespace) -> int:
    """0 when every device answered. Raises SiteFileError."""
    found = load_installation(arguments.site_file)
    return asyncio.run(read_once(found.plans, open_line, sys.stdout, arguments.device, found.mqtt))
