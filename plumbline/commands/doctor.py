"""`plumbline doctor`."""

from __future__ import annotations

import argparse

from plumbline.commands.process import add_config
from plumbline.doctor import examine
from plumbline.settings import load_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """`--fix` sets up what is missing: folder, database or bucket, retention."""
    parser.add_argument("--fix", action="store_true", help="set up what is missing")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """1 where something fails, else 0."""
    failed = False
    for line in examine(load_settings(arguments.config), fix=arguments.fix):
        print(line, flush=True)
        failed |= line.level == "fail"
    return int(failed)
