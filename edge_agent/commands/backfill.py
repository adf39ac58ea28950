"""`plumbline-edge backfill SITE.yaml RECORDING`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from edge_agent.gather.badges import load_pepper
from edge_agent.language import said
from edge_agent.recording.backfill import fill
from edge_agent.recording.reader import read_recording
from edge_agent.site.installation import load_installation

ABOUT: Final = "about_backfill"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `backfill`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("recording", metavar="RECORDING", type=Path)


def run(arguments: argparse.Namespace) -> int:
    """0 when all of it is in the spool. Raises SiteFileError, RecordingError, SpoolError, PepperError."""
    site = load_installation(arguments.site_file).site
    pepper = load_pepper(site.badge_pepper_file)
    readings = fill(site.spool.path, pepper, read_recording(arguments.recording), site.spool.bound_mb)
    print(said("backfilled", count=f"{readings:,}", source=arguments.recording, spool=site.spool.path))
    return 0
