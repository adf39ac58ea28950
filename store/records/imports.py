"""The projects file that was taken in last, so that it is told from what pages have changed since."""

from __future__ import annotations

from dataclasses import dataclass

from store.records.changes import By
from store.records.schema import REGISTRY_IMPORT
from store.records.session import Session
from store.records.statements import put
from store.records.tenancy import rows_of
from store.records.utc import milliseconds, moment


@dataclass(frozen=True, slots=True)
class Imported:
    """`digest` of what was imported, `change` the firm's last change by then; `at` is UTC ms."""

    firm: str
    digest: bytes
    author: str
    at: int
    change: int


class Imports:
    """One a firm."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, firm: str) -> Imported | None:
        """None where no file was ever imported."""
        with self._session.read() as connection:
            row = connection.execute(rows_of(REGISTRY_IMPORT, firm)).mappings().one_or_none()
        if row is None:
            return None
        return Imported(firm, row["digest"], row["author"], milliseconds(row["at"]), row["change"])

    def put(self, firm: str, digest: bytes, change: int, by: By) -> None:
        """It is the last one."""
        row = {
            "firm": firm, "digest": digest, "author": by.author, "at": moment(by.at), "change": change,
        }  # fmt: skip
        with self._session.write() as connection:
            put(connection, REGISTRY_IMPORT, [row])
