"""`plumbline analytics`."""

from __future__ import annotations

import argparse

from plumbline.commands.process import add_config as add_arguments
from plumbline.commands.process import run_until_stopped

__all__ = ["add_arguments", "run"]


def run(arguments: argparse.Namespace) -> int:
    """See `plumbline.processes.analytics`."""
    from plumbline.processes import analytics

    return run_until_stopped(arguments, analytics)
