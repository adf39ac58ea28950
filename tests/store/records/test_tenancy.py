"""Every row that belongs to a firm carries it, and is tied to it."""

from __future__ import annotations

import pytest

from store.records.schema_access import METADATA
from store.records.tenancy import OF_FIRMS, WITHOUT_FIRM


@pytest.mark.parametrize("name", sorted(OF_FIRMS))
def test_a_table_of_firms_has_the_firm_in_it_and_a_foreign_key_that_leads_there(name: str) -> None:
    table = METADATA.tables[name]
    assert not table.c.firm.nullable, f"{name}.firm: or enter {name} in WITHOUT_FIRM, with the reason"
    keys = [constraint for constraint in table.foreign_key_constraints if "firm" in constraint.column_keys]
    assert keys, f"{name}.firm points nowhere"
    assert len(keys) == len(table.foreign_key_constraints), f"{name}: a foreign key without the firm"


def test_what_has_no_firm_is_named_and_exists() -> None:
    assert set(METADATA.tables) >= WITHOUT_FIRM
    tables = [METADATA.tables[name] for name in WITHOUT_FIRM]
    assert not [table.name for table in tables if "firm" in table.c and not table.c.firm.nullable]
