"""`python -m web.vendor`: copy what the pages take from npm to `static/vendor/`, served from our own origin.

The minified build of uPlot is taken: 22 KB gzip against 42 for its ES module, and phones have bad networks.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
VENDOR: Final = Path(__file__).parent / "static" / "vendor"
#: What is copied, below node_modules.
FILES: Final = ("uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css", "uplot/LICENSE")


def copy(node_modules: Path, vendor: Path) -> list[Path]:
    """Copy FILES, flat, the licence under its package's name. Raises FileNotFoundError without npm's part."""
    vendor.mkdir(parents=True, exist_ok=True)
    copied = []
    for name in FILES:
        source = node_modules / name
        target = vendor / (f"{Path(name).parts[0]}.LICENSE" if source.name == "LICENSE" else source.name)
        shutil.copyfile(source, target)
        copied.append(target)
    return copied


def main() -> int:
    """Exit status: 0, or 1 where npm has not run."""
    try:
        for path in copy(ROOT / "node_modules", VENDOR):
            print(path.relative_to(ROOT))
    except FileNotFoundError as error:
        print(f"{error.filename} is missing: run `npm ci` first", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
