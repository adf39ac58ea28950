"""`plumbline erase SITE`."""

from __future__ import annotations

import argparse
import sys

from plumbline.commands.process import add_config
from plumbline.erasing import erase
from plumbline.settings import load_settings
from plumbline.stores import open_stores


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which, and that it is meant."""
    parser.add_argument("site")
    parser.add_argument("--yes", action="store_true", help="it cannot be undone")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when it is gone. Raises SettingsError, StoreError."""
    settings = load_settings(arguments.config)
    if not arguments.yes:
        print(f"nothing was deleted; `plumbline erase {arguments.site} --yes` is for good", file=sys.stderr)
        return 1
    with open_stores(settings) as stores:
        erase(settings, stores, arguments.site)
    print(f"{arguments.site}: its readings, events, statuses and quarantine are deleted")
    days = settings.retention.log_days
    print(f"Delete backups and exports yourself; the log forgets it in {days:g} days.", file=sys.stderr)
    return 0
