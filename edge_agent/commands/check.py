"""`plumbline-edge check SITE.yaml`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from edge_agent.clock.clock import utc_ms
from edge_agent.language import said
from edge_agent.link.credentials import shortcomings
from edge_agent.site.installation import broker_of, load_installation
from edge_agent.site.site_file import missing_files

ABOUT: Final = "about_check"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `check`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """0 for a good file. Raises SiteFileError."""
    found = load_installation(arguments.site_file)
    who = f"{found.site.site}/{found.site.agent}"
    wanting = missing_files(found.site) + shortcomings(broker_of(found.site.broker), who, utc_ms())
    for one in wanting:
        print(said("note", file=arguments.site_file, what=one), file=sys.stderr)
    devices = len(found.site.devices())
    print(said("check_good", file=arguments.site_file, lines=len(found.plans), devices=devices))
    return 0
