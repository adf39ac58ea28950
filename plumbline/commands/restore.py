"""`plumbline restore FOLDER`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from plumbline.backup import BackupError, restore
from plumbline.commands.process import add_config
from plumbline.settings import load_settings
from store.key_file import NAME
from wire.printable import printable_lines

_WITHOUT_KEY = (
    f"the backup has no {NAME}: whoever has an authenticator signs in with a recovery code and turns the "
    "second step on anew, or an owner turns it off on /people; all else is there"
)


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
    if all(part.form != "key" for part in manifest.parts):
        print(_WITHOUT_KEY, file=sys.stderr)
    return 0
