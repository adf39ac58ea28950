"""Every row that belongs to a firm carries it, and is tied to it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from store.records.schema import METADATA
from store.records.tenancy import OF_FIRMS, WITHOUT_FIRM

STORE = Path(__file__).parents[3] / "store" / "records"


@pytest.mark.parametrize("name", sorted(OF_FIRMS))
def test_a_table_of_firms_has_the_firm_in_it_and_a_foreign_key_that_leads_there(name: str) -> None:
    table = METADATA.tables[name]
    assert not table.c.firm.nullable, f"{name}.firm: or enter {name} in WITHOUT_FIRM, with the reason"
    keys = [constraint for constraint in table.foreign_key_constraints if "firm" in constraint.column_keys]
    assert keys, f"{name}.firm points nowhere"
    assert len(keys) == len(table.foreign_key_constraints), f"{name}: a foreign key without the firm"


def test_what_has_no_firm_is_named_and_exists() -> None:
    assert set(METADATA.tables) >= WITHOUT_FIRM
    assert not [name for name in WITHOUT_FIRM if "firm" in METADATA.tables[name].c]


def test_the_filter_stands_in_one_place() -> None:
    """`.where(….firm == …)` for reading is written in `tenancy` only: ask `rows_of`."""
    for path in STORE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            reads = ast.unparse(node.func).startswith("select(") and node.func.attr == "where"
            if reads and any("firm ==" in ast.unparse(argument) for argument in node.args):
                assert path.name == "tenancy.py", f"{path.name}:{node.lineno}"
