"""The documentation says of profiles what the tables say."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from edge_agent.profiling import pages, schema

DOCS: Final = Path(__file__).parents[3] / "docs"


def test_the_schema_in_the_documentation_is_that_of_the_model() -> None:
    written = (DOCS / "profile.schema.json").read_text(encoding="utf-8")
    assert written == schema.text(), "run `make schema` and commit docs"


def test_the_page_has_every_quantity_of_the_table() -> None:
    page = (DOCS / "profiles.md").read_text(encoding="utf-8")
    assert page == pages.with_quantities(page), "run `make schema` and commit docs"


def test_a_row_that_is_gone_or_wrong_is_mended() -> None:
    page = (DOCS / "profiles.md").read_text(encoding="utf-8")
    spoilt = page.replace("| `leak` | – |", "| `puddle` | l |")
    assert spoilt != page
    assert pages.with_quantities(spoilt) == page


def test_a_page_without_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        pages.with_quantities("# Profiles\n")
