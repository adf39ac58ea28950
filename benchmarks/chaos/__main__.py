"""`python -m benchmarks.chaos --seed N --minutes M`: see docs/chaos.md.

Exit code 0: nothing lost, nothing doubled, every recovery in time; 1: not so; 2: the words are wrong.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, cast

from benchmarks.chaos.embedded import EmbeddedStack
from benchmarks.chaos.plan import KINDS, Kind, episodes
from benchmarks.chaos.process import Gone
from benchmarks.chaos.report import table
from benchmarks.chaos.run import Outcome, run
from benchmarks.chaos.servers import ServersStack
from benchmarks.chaos.site import Load
from benchmarks.chaos.stack import Stack

_SHOWN_EPISODES: Final = 8
_STACKS: Final[dict[str, type[Stack]]] = {"embedded": EmbeddedStack, "servers": ServersStack}
_DISKS: Final = {
    "tmpfs": "small file systems in memory are filled",
    "shim": "writes fail by a preloaded library: nothing can be mounted here",
    "none": "left alone: neither mount nor a C compiler here",
}


def main(words: Sequence[str] | None = None) -> int:
    """Run as the words say."""
    options = _parser().parse_args(words)
    # Whatever ends us, children and mounts go first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts what it puts into the background deaf to Ctrl-C, and Python then stays so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="plumbline-chaos-", dir=options.folder))
    folder.chmod(0o755)
    good = False
    try:
        good = _run(options, folder)
    except (Gone, TimeoutError) as error:
        _say(f"  {error}")
    finally:
        if good and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            _say(f"  logs and data: {folder}")
    return 0 if good else 1


def _run(options: argparse.Namespace, folder: Path) -> bool:
    load = Load(options.devices, options.counters, options.interval_s)
    rate = load.readings_per_s(options.sites)
    _say(f"chaos: seed {options.seed}, {options.minutes:g} min, {options.stack} stack")
    _say(f"  {options.sites} sites, {rate:g} readings/s")
    with _STACKS[options.stack](folder, options.sites, load, options.seed) as stack:
        targets = {kind: names for kind, names in stack.targets().items() if kind in options.faults}
        _say_what_is_possible(stack, targets)
        for episode in itertools.islice(episodes(options.seed, targets), _SHOWN_EPISODES):
            _say(f"  plan {episode}")
        stack.start()
        outcome = run(stack, episodes(options.seed, targets), 60 * options.minutes, _say)
        outcome.exits = stack.stop()
        _keep_data(options, stack, outcome)
    _say(table(outcome, options.recovery_s))
    return outcome.good(options.recovery_s)


def _keep_data(options: argparse.Namespace, stack: Stack, outcome: Outcome) -> None:
    """What is in memory only goes with the mounts: copy it where somebody will want to look at it."""
    if options.keep or not outcome.good(options.recovery_s):
        for target, disk in stack.disks.items():
            shutil.copytree(disk.folder, stack.folder / f"{target}-disk", ignore_dangling_symlinks=True)


def _say_what_is_possible(stack: Stack, targets: Mapping[Kind, Sequence[str]]) -> None:
    _say(f"  disks: {_DISKS[stack.disk_way]}")
    _say(f"  clocks: {'set by a preloaded library' if stack.can_jump else 'left alone: no C compiler here'}")
    left_out = [kind for kind in KINDS if not targets.get(kind)]
    _say(f"  left out: {', '.join(left_out) or 'nothing'}")


def _say(line: str) -> None:
    print(line, flush=True)


def _kinds(text: str) -> frozenset[Kind]:
    found = text.split(",")
    if unknown := sorted(set(found) - set(KINDS)):
        raise argparse.ArgumentTypeError(f"{unknown[0]!r} is no fault; there are {', '.join(KINDS)}")
    return frozenset(cast("list[Kind]", found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description="Faults, then the count.")
    parser.add_argument("--seed", type=int, default=1, help="which plan of faults")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--stack", choices=list(_STACKS), default="embedded")
    parser.add_argument("--faults", type=_kinds, default=frozenset(KINDS), help=f"of {','.join(KINDS)}")
    parser.add_argument("--sites", type=int, default=2)
    parser.add_argument("--devices", type=int, default=4, help="of each site")
    parser.add_argument("--counters", type=int, default=5, help="of each device")
    parser.add_argument("--interval-s", type=float, default=0.2, help="how often each device is read")
    parser.add_argument("--recovery-s", type=float, default=15.0, help="the longest recovery that is good")
    parser.add_argument("--folder", type=Path, help="where to make the run's folder")
    parser.add_argument("--keep", action="store_true", help="keep the folder of a good run too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
