"""How far each reader of the log or of the feed has come."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from store.records.schema import READER
from store.records.session import Session
from store.records.statements import put

#: Begins the name of a reader of the feed, whose positions are ids there.
OF_FEED: Final = "feed:"


class Readers:
    """Positions by the reader's name. In a transaction with what a reader made of what it read, neither is
    there without the other (DESIGN §7)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def position(self, reader: str) -> int:
        """What it has reached, 0 for one not heard of."""
        with self._session.read() as connection:
            return connection.scalar(select(READER.c.position).where(READER.c.name == reader)) or 0

    def positions(self) -> dict[str, int]:
        """Every reader of the log that has a place -> the offset it has reached."""
        with self._session.read() as connection:
            rows = connection.execute(select(READER)).all()
        return {row.name: row.position for row in rows if not row.name.startswith(OF_FEED)}

    def move(self, reader: str, position: int) -> None:
        """Keep a reader's position; one before that already reached does not take it back."""
        row = {"name": reader, "position": position}
        with self._session.write() as connection:
            put(connection, READER, [row], lambda old, new: old.position < new.position)
