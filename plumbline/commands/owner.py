"""`plumbline owner`: a code with which somebody becomes an owner of the firm."""

from __future__ import annotations

import argparse

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.owners import new_code, told
from plumbline.settings import load_settings
from plumbline.stores import open_records


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The settings alone."""
    add_config(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 when done. Whoever has the console may: the code ends after it was used, or after a day."""
    settings = load_settings(arguments.config)
    records = open_records(settings)
    try:
        print(told(new_code(records, settings, now_ms()), settings))
    finally:
        records.close()
    return 0
