"""`plumbline restore FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from plumbline.backup import BackupError, restore
from plumbline.commands.process import add_config
from plumbline.settings import load_settings
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where from; the settings say where to."""
    parser.add_argument("folder", type=Path, help="of `plumbline backup`")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when everything is in place."""
    try:
        manifest = restore(load_settings(arguments.config), arguments.folder)
    except BackupError as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 1
    print(f"restored the backup of {manifest.created}: log up to {manifest.log_offset}")
    return 0
