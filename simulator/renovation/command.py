"""`python -m simulator renovation`: write whole renovations with their truth as recordings.

    python -m simulator renovation --seed N --out DIR [--sites K] [--wide] [--incidents KIND ...]

DIR becomes the recording, or, with --sites, holds one a seed: DIR/renovation-N, DIR/renovation-N+1, …
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from simulator.renovation.incidents import KINDS
from simulator.renovation.recording import write_renovation
from simulator.renovation.renovation import Renovation


def main(arguments: Sequence[str]) -> int:
    """Run as the arguments say: 0 when everything is written."""
    options = _parser().parse_args(arguments)
    if options.sites is None:
        _write(options.out, options.seed, options)
        return 0
    for seed in range(options.seed, options.seed + options.sites):
        _write(options.out / f"renovation-{seed}", seed, options)
    return 0


def _write(folder: Path, seed: int, options: argparse.Namespace) -> None:
    site = Renovation(
        seed, wide=options.wide, start=options.start, timezone=options.timezone, kinds=options.incidents
    )
    write_renovation(folder, site, options.step_s)
    last = site.days.date(site.works.days - 1)
    print(f"{folder}: {site.home.area_m2:.0f} m2, {site.days.start} to {last}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator renovation",
        description="Whole renovations with their truth, as recordings.",
    )
    parser.add_argument(
        "--seed", type=int, required=True, help="which renovation; the same seed, the same bytes"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the recording, or of all of them")
    parser.add_argument("--sites", type=int, help="so many, of this seed and those behind it")
    parser.add_argument(
        "--wide", action="store_true", help="tools, habits, climates, orders from wider ranges"
    )
    parser.add_argument("--start", type=date.fromisoformat, help="first day (default: drawn, 2024 to 2026)")
    parser.add_argument("--timezone", default="Asia/Shanghai")
    parser.add_argument("--step-s", type=int, default=60, help="seconds between readings")
    parser.add_argument(
        "--incidents", nargs="*", choices=KINDS, metavar="KIND", help="these instead of drawn ones"
    )
    return parser
