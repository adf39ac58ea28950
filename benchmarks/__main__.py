"""`python -m benchmarks [NAME]`: run all benchmarks or one, print a table, write build/bench/<name>.json."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    difficulty,
    fanout,
    firm_pages,
    hostile,
    ingest,
    line,
    pages,
    sdcard,
    simulator,
    slow_network,
    stores,
)
from benchmarks.report import Figure, table, write

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "ingest": ingest.measure,
    "stores": stores.measure,
    "sdcard": sdcard.measure,
    "line": line.measure,
    "pages": pages.measure,
    "firm": firm_pages.measure,
    "fanout": fanout.measure,
    "hostile": hostile.measure,
    "simulator": simulator.measure,
    "difficulty": difficulty.measure,
    "slow": slow_network.measure,
}


def main(names: list[str]) -> int:
    """0 when every target of what ran is met, 1 when one is missed, 2 for an unknown name."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    met = True
    for name in names or list(BENCHMARKS):
        figures = BENCHMARKS[name]()
        write(figures, Path("build/bench") / f"{name}.json")
        print(f"\n{name}\n{table(figures)}")
        met &= all(figure.met is not False for figure in figures)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
