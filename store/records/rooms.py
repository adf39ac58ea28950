"""The rooms of sites, as customers call them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from store.records.noun import Noun
from store.records.registry import Room
from store.records.schema import ROOM
from store.records.tenancy import rows_of


class Rooms(Noun[Room]):
    """Of each site."""

    name = "room"
    table = ROOM
    row = Room

    def of(self, firm: str, site: str) -> list[Room]:
        """As they are listed."""
        return self.rows(rows_of(ROOM, firm, site).order_by(*self.order()))

    def order(self) -> tuple[ColumnElement[Any], ...]:
        """As a person listed them."""
        return (ROOM.c.listed, ROOM.c.id)
