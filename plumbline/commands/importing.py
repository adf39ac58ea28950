"""`plumbline import FILE [--dry-run]`: a projects file into the registry."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.importing import NAME_ITS_SITE, import_file, siteless
from plumbline.settings import load_settings
from plumbline.stores import open_records
from store import private
from store.records.changes import WHATS, By, Change
from wire.printable import printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What, and whether it is meant."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a projects.yaml; checked whole")
    parser.add_argument("--dry-run", action="store_true", help="only say what it would change")
    parser.add_argument("--by", default=getpass.getuser(), metavar="NAME", help="who changes it")
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when done. Raises SettingsError, and then nothing has changed."""
    settings = load_settings(arguments.config)
    private.folder(settings.data)
    records = open_records(settings)
    try:
        by = By(f"operator:{arguments.by}", now_ms())
        changes = import_file(records, settings, arguments.file, by, dry_run=arguments.dry_run)
        # Of a trial nothing stands in the registry that could be asked.
        homeless = [] if arguments.dry_run else list(siteless(records, settings))
    finally:
        records.close()
    for line in _lines(changes):
        print(printable(line))
    for line in homeless:
        print(printable(f"{line}; {NAME_ITS_SITE}"), file=sys.stderr)
    print(_total(changes, dry_run=arguments.dry_run), file=sys.stderr)
    return 0


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    """By what becomes of them, in the order of the file."""
    for what in WHATS:
        yield from (f"{what:<8} {one.name}" for one in changes if one.what == what)


def _total(changes: Sequence[Change], *, dry_run: bool) -> str:
    count = Counter(one.what for one in changes)
    said = ", ".join(f"{count[what]} {what}" for what in WHATS if count[what]) or "nothing to change"
    return f"{said}; nothing was changed (--dry-run)" if dry_run else said
