"""The guards find nothing here, and find each fault that somebody plants."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from store.records.tenancy import OF_FIRMS
from tests.architecture import guards

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = (*guards.CLOUD, "edge_agent", "wire", "simulator")
Guard = Callable[[Path], list[str]]


def statements_without_a_firm(root: Path) -> list[str]:
    return guards.statements_without_a_firm(root, OF_FIRMS)


GUARDS: Final[list[Guard]] = [
    guards.sql_outside_the_stores,
    statements_without_a_firm,
    guards.filters_of_firms,
    guards.questions_without_access,
    guards.makers_of_site_refs,
]


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_nothing_is_wrong_here(guard: Guard) -> None:
    assert guard(ROOT) == []


FORGETFUL: Final = """
from sqlalchemy import select
from store.records.schema import DEVICE
def devices(connection, site):
    return connection.execute(select(DEVICE).where(DEVICE.c.site == site))
"""
PLANTED: Final = {
    "a repository that forgets the firm": (
        statements_without_a_firm, "store/records/sql_rooms.py", FORGETFUL),
    "one in a folder of its own": (
        statements_without_a_firm, "store/office/sql_items.py", FORGETFUL),
    "one that asks the table": (
        statements_without_a_firm, "store/records/sql_rooms.py",
        "from store.records.schema import ROOM\nquery = ROOM.select()\n"),
    "one that goes by the metadata": (
        statements_without_a_firm, "store/records/sql_rooms.py",
        "import sqlalchemy as sa\nfrom store.records import schema\nquery = sa.select(schema.ROOM)\n"),
    "one that asks across firms": (
        statements_without_a_firm, "store/records/sql_rooms.py",
        "from store.records.tenancy import across_firms\ndef ask(table):\n    return across_firms(table)\n"),
    "SQLAlchemy in a page": (
        guards.sql_outside_the_stores, "web/customer/shortcut.py", "import sqlalchemy\n"),
    "a part of it, within a function": (
        guards.sql_outside_the_stores, "analytics/shortcut.py",
        "def ask():\n    from sqlalchemy.orm import Session\n"),
    "its driver": (
        guards.sql_outside_the_stores, "plumbline/commands/shortcut.py", "import psycopg\n"),
    "a database by its name": (
        guards.sql_outside_the_stores, "ingest/shortcut.py",
        "import importlib\nsql = importlib.import_module('sqlite3')\n"),
    "SQL in a driver": (
        guards.sql_outside_the_stores, "edge_agent/drivers/shortcut.py", "import sqlite3\n"),
    "a second filter in the API": (
        guards.filters_of_firms, "web/api/rooms.py",
        "def rooms(sources, who):\n    return [r for r in sources.rooms if r.firm == who.firm]\n"),
    "a second filter in a store": (
        guards.filters_of_firms, "store/records/sql_rooms.py",
        "def rooms(query, table, firm):\n    return query.where(table.c['firm'] == firm)\n"),
    "a second filter over several": (
        guards.filters_of_firms, "store/records/sql_rooms.py",
        "def rooms(query, table, firms):\n    return query.where(table.c.firm.in_(firms))\n"),
    "a page that names a firm to the rooms": (
        guards.questions_without_access, "web/customer/rooms.py",
        "def page(here, access, site):\n    return here.records.rooms.of(access.firm, site)\n"),
    "a page that changes devices in a transaction": (
        guards.questions_without_access, "web/customer/rooms.py",
        "def page(here, rows, by):\n    with here.records.begin() as t:\n        t.devices.put(rows, by)\n"),
    "a page that hands the links over": (
        guards.questions_without_access, "web/customer/rooms.py",
        "def page(self, run):\n    return run(self._records.links.of)\n"),
    "a page that asks whose site it is": (
        guards.questions_without_access, "web/customer/rooms.py",
        "def page(sources, who, site):\n    return sources.records.sites.get(who.firm, site)\n"),
    "a page that makes a site of an address": (
        guards.makers_of_site_refs, "web/customer/rooms.py",
        "from store.records.tenancy import SiteRef\ndef page(ask, site):\n    ask.latest(SiteRef(site))\n"),
    "a page that makes up a row": (
        guards.makers_of_site_refs, "web/customer/rooms.py",
        "from store.records.registry import Site\ndef page(site):\n    return Site('f', site, 'UTC').id\n"),
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules of this tree, elsewhere."""
    root = tmp_path_factory.mktemp("copy")
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        copied = root / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)
    return root


@pytest.mark.parametrize(("guard", "file", "text"), PLANTED.values(), ids=PLANTED)
def test_a_planted_fault_is_found(copy: Path, guard: Guard, file: str, text: str) -> None:
    planted = copy / file
    planted.parent.mkdir(parents=True, exist_ok=True)
    planted.write_text(text, encoding="utf-8")
    try:
        found = guard(copy)
    finally:
        planted.unlink()
    assert found
    assert all(line.startswith(f"{file}:") for line in found)
