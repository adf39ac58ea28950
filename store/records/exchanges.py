"""What people say of exchanged meters: entered with author and time, never deleted but with the site."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from sqlalchemy import delete, insert, select, update

from store.records.schema import METER_EXCHANGE
from store.records.session import Session
from store.timeseries.counter import Exchange
from store.timeseries.limits import must_be_counter
from wire.durations import MINUTE_MS


@dataclass(frozen=True, slots=True)
class MeterExchange:
    """`at` (UTC ms, a whole minute): readings from then on are the new meter's. `old_last` and `new_first`:
    what the two showed, in the unit of `quantity`, None where it is not known. `entered` and `undone`: UTC
    ms. `id` is 0 until it is stored."""

    site: str
    device: str
    quantity: str
    at: int
    author: str
    entered: int
    old_last: float | None = None
    new_first: float | None = None
    undone: int | None = None
    undone_by: str | None = None
    id: int = 0


_EXCHANGE: Final = select(*(METER_EXCHANGE.c[name] for name in MeterExchange.__dataclass_fields__))


class ExchangeError(ValueError):
    """What cannot have happened: the rule and the remedy. `field` names the part of it that is wrong."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def checked(said: MeterExchange) -> MeterExchange:
    """With `at` on its minute. Raises ExchangeError."""
    try:
        must_be_counter(said.quantity)
    except ValueError as error:
        raise ExchangeError("quantity", str(error)) from error
    for name, value in (("old_last", said.old_last), ("new_first", said.new_first)):
        if value is not None and not (math.isfinite(value) and value >= 0):
            rule = f"{name} is {value:g}: a register shows 0 or more; correct it or leave it out"
            raise ExchangeError(name, rule)
    if not 0 <= said.at <= said.entered:
        raise ExchangeError("at", "at lies in the future: enter it when it has happened")
    return MeterExchange(
        said.site, said.device, said.quantity, said.at // MINUTE_MS * MINUTE_MS, said.author, said.entered,
        said.old_last, said.new_first,
    )  # fmt: skip


def told_of(every: Iterable[MeterExchange], device: str, quantity: str) -> list[Exchange]:
    """What holds for one counter, by time. Of several for one moment the one entered last stands; with an
    exchange entered for another counter of the device this one begins anew, too, with values nobody knows."""
    found: dict[int, Exchange] = {}
    for one in sorted(every, key=lambda one: (one.quantity == quantity, one.id)):
        if one.device == device and one.undone is None:
            own = one.quantity == quantity
            found[one.at] = Exchange(one.at, one.old_last if own else None, one.new_first if own else None)
    return [found[at] for at in sorted(found)]


class Exchanges:
    """Of each site's meters."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, said: MeterExchange) -> MeterExchange:
        """Store what a person says of a meter; with its id."""
        row = asdict(said)
        del row["id"]
        statement = insert(METER_EXCHANGE).returning(METER_EXCHANGE.c.id)
        with self._session.write() as connection:
            return replace(said, id=connection.scalars(statement, row).one())

    def of(self, site: str, *, undone: bool = False) -> list[MeterExchange]:
        """Those that hold, of a site, by id; `undone`: also those that do not any more."""
        columns = METER_EXCHANGE.c
        query = _EXCHANGE.where(columns.site == site).order_by(columns.id)
        if not undone:
            query = query.where(columns.undone.is_(None))
        with self._session.read() as connection:
            return [MeterExchange(*row) for row in connection.execute(query)]

    def undo(self, site: str, exchange_id: int, at: int, by: str) -> bool:
        """Whether the site had such a one that held."""
        columns = METER_EXCHANGE.c
        statement = update(METER_EXCHANGE).values(undone=at, undone_by=by)
        held = (columns.site == site, columns.id == exchange_id, columns.undone.is_(None))
        with self._session.write() as connection:
            return connection.execute(statement.where(*held)).rowcount > 0

    def erase(self, site: str) -> None:
        """Delete a site's."""
        with self._session.write() as connection:
            connection.execute(delete(METER_EXCHANGE).where(METER_EXCHANGE.c.site == site))
