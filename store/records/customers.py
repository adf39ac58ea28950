"""Who projects are for, as the firm calls them."""

from __future__ import annotations

from store.records import changes
from store.records.noun import Noun
from store.records.registry import Customer
from store.records.schema import CUSTOMER, PROJECT
from store.records.tenancy import delete_of, rows_of


class Customers(Noun[Customer]):
    """Of each firm."""

    name = "customer"
    table = CUSTOMER
    row = Customer
    keys = ("firm", "id")

    def of(self, firm: str) -> list[Customer]:
        """By id."""
        return self.rows(rows_of(CUSTOMER, firm).order_by(CUSTOMER.c.id))

    def erase_unnamed(self, firm: str) -> None:
        """Delete those that no project names, not even one that is over, with their past."""
        with self._session.write() as connection:
            projects = connection.execute(rows_of(PROJECT, firm, retired=True)).mappings()
            named = {row["customer"] for row in projects}
            for row in connection.execute(rows_of(CUSTOMER, firm, retired=True)).mappings().all():
                if row["id"] not in named:
                    connection.execute(delete_of(CUSTOMER, firm).where(CUSTOMER.c.id == row["id"]))
                    changes.forget_row(connection, firm, self.name, row["id"])

    def _topic(self, row: Customer) -> str:
        return f"firm:{row.firm}"

    def site_of(self, _: Customer) -> None:
        """None: customers are the firm's."""
