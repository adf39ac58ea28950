"""Who may enter, under one transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.engine import SqlDatabase
from store.records.access_log import AccessLog
from store.records.accounts import Accounts
from store.records.members import Members
from store.records.passes import Passes
from store.records.session import Each, Held, Session
from store.records.sessions import Sessions


class Identities:
    """Repositories over one way to the tables. Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self.accounts = Accounts(session)
        self.members = Members(session)
        self.sessions = Sessions(session)
        self.passes = Passes(session)
        self.access_log = AccessLog(session)


class IdentityStore(Identities):
    """Each call of a repository here is a transaction of its own; `begin` gives one over them all."""

    def __init__(self, database: SqlDatabase) -> None:
        """`database` has its tables already; whoever opened it closes it."""
        self._database = database
        super().__init__(Each(database))

    @contextmanager
    def begin(self) -> Iterator[Identities]:
        """One transaction, durable at its end and undone by any error."""
        with self._database.write() as connection:
            yield Identities(Held(connection))
