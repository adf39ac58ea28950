"""`plumbline backup FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from plumbline.backup import BackupError, backup
from plumbline.commands.process import add_config
from plumbline.settings import load_settings
from wire.printable import printable_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to."""
    parser.add_argument("folder", type=Path, help="new or empty")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when the backup is whole."""
    try:
        manifest = backup(load_settings(arguments.config), arguments.folder)
    except BackupError as error:
        print(printable_lines(str(error)), file=sys.stderr)
        return 1
    size = sum(part.bytes for part in manifest.parts)
    print(f"{arguments.folder}: {len(manifest.parts)} files, {size:,} bytes, log up to {manifest.log_offset}")
    return 0
