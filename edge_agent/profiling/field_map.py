"""What the user says of names: `--field 'Grid power=active_power'`, or a YAML file of such pairs.

A quantity alone, or with the factor that brings the number into the quantity's unit: `active_power * 1000`.
Empty means: leave it out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from checked_yaml.lines import ConfigError
from edge_agent.language import nearest, said
from edge_agent.profiling import foreign_yaml, names
from edge_agent.profiling.names import Given, Meaning
from wire.quantities import QUANTITIES


def given(fields: Sequence[str], map_file: Path | None) -> Given:
    """Names as `names.plain` writes them. Raises ConfigError, OSError, UnicodeDecodeError."""
    found: dict[str, Meaning | None] = {}
    if map_file is not None:
        found |= _of_file(map_file)
    for told in fields:
        name, equals, meant = told.partition("=")
        if not equals or not name.strip():
            raise ConfigError(said("field_no_pair", told=told))
        found[names.plain(name)] = _meaning(meant, f"--field {told}")
    return found


def _of_file(file: Path) -> dict[str, Meaning | None]:
    loaded = foreign_yaml.load(file.read_text(encoding="utf-8"), str(file))
    if not isinstance(loaded.data, dict):
        raise ConfigError(f"{file}:1: {said('field_no_map')}")
    found = {}
    for name, meant in loaded.data.items():
        where = f"{file}:{loaded.line_of((name,))}: {name}"
        found[names.plain(name)] = _meaning("" if meant is None else str(meant), where)
    return found


def _meaning(told: str, where: str) -> Meaning | None:
    quantity, times, factor = (part.strip() for part in told.partition("*"))
    if not quantity and not times:
        return None
    if quantity not in QUANTITIES:
        raise ConfigError(
            f"{where}: {said('field_no_quantity', name=quantity[:60], nearest=nearest(quantity, QUANTITIES))}"
        )
    try:
        scale = float(factor) if times else 1.0
    except ValueError:
        scale = math.nan
    if not math.isfinite(scale) or scale == 0:
        raise ConfigError(f"{where}: {said('field_no_factor', factor=factor[:60])}")
    return Meaning(quantity, scale)
