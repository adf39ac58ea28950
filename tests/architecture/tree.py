"""What stands in the checkout: packages and modules, for the rules that look at all of them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
#: Every package of the product, as pyproject.toml names them.
PACKAGES: Final[tuple[str, ...]] = tuple(
    name.removesuffix("*") for name in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
)
#: Those that share a process with receipts.
CLOUD: Final = ("store", "ingest", "analytics", "web", "plumbline")


def modules(*packages: str) -> list[Path]:
    """Every module of the packages, however deep."""
    return [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    """As the rules write it: `web/app.py`."""
    return path.relative_to(ROOT).as_posix()
