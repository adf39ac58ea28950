"""`plumbline demo`."""

from __future__ import annotations

import argparse


def add_arguments(_: argparse.ArgumentParser) -> None:
    """It is told by the environment (PORT, DEMO_SECONDS, DEMO_DIR), as `make demo` is."""


def run(_: argparse.Namespace) -> int:
    """See `plumbline.demo.run`."""
    from plumbline.demo.run import demo

    return demo()
