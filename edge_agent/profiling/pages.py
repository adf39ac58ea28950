"""What is made of tables in docs/: schema and quantities. `python -m edge_agent.profiling.pages docs`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from edge_agent.profiling import schema
from wire.quantities import QUANTITIES, Quantity

_HEAD: Final = "| quantity | unit | kind | plausible | 中文 | English |\n|---|---|---|---|---|---|\n"
_TABLE: Final = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)*")


def with_quantities(page: str) -> str:
    """The page with its table of quantities as the table in `wire` stands. Raises ValueError without one."""
    if _TABLE.search(page) is None:
        raise ValueError(f"the page has no table that begins with {_HEAD.splitlines()[0]}")
    table = _HEAD + "".join(map(_row, QUANTITIES.values()))
    return _TABLE.sub(lambda _: table, page)


def _row(row: Quantity) -> str:
    unit = row.display_unit or "–"
    return f"| `{row.name}` | {unit} | {row.kind} | {row.low:g} … {row.high:g} | {row.zh} | {row.en} |\n"


def main(docs: Path) -> None:
    """Write `profile.schema.json` and the table in `profiles.md`."""
    (docs / "profile.schema.json").write_text(schema.text(), encoding="utf-8")
    page = docs / "profiles.md"
    page.write_text(with_quantities(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
