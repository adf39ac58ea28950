"""The contract work for customers, each at one site."""

from __future__ import annotations

import datetime as dt

from store.records.noun import Noun
from store.records.registry import RegisteredProject
from store.records.schema import PROJECT
from store.records.tenancy import across_firms, rows_of
from store.records.utc import milliseconds


class Projects(Noun[RegisteredProject]):
    """Of each firm."""

    name = "project"
    table = PROJECT
    row = RegisteredProject
    keys = ("firm", "id")

    def of(self, firm: str) -> list[RegisteredProject]:
        """By id."""
        return self.rows(rows_of(PROJECT, firm).order_by(PROJECT.c.id))

    def begun(self) -> dict[str, int]:
        """Site -> the first day of its first project, in UTC ms; of all firms, also of what is over."""
        found: dict[str, int] = {}
        with self._session.read() as connection:
            for row in connection.execute(across_firms(PROJECT)).mappings():
                day = dt.datetime.fromisoformat(row["started"]).replace(tzinfo=dt.UTC)
                found[row["site"]] = min(milliseconds(day), found.get(row["site"], milliseconds(day)))
        return found

    def _topic(self, row: RegisteredProject) -> str:
        return f"project:{row.id}"
