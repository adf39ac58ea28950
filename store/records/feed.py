"""The feed: what has changed in shared records, in the order in which it was committed.

Pages, notices and rules read it as they read the log: each with a position of its own (`Readers`), polling is
the truth, a hint makes it quick. A row says where to look, not what is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, insert

from store.records.schema import FEED
from store.records.session import Session
from store.records.tenancy import across_firms, delete_older
from store.records.utc import moment

#: Where PostgreSQL tells those who listen that the feed has grown.
CHANNEL: Final = "plumbline_feed"
#: An advisory lock: whoever writes into the feed does so one after the other.
_WRITING: Final = 0x706C_6D66


#: Firm, topic, key, and when (UTC ms).
Told = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Said:
    """A change. `topic`: whose: `site:…`, `project:…` or `firm:…`; `key` what of it: `device:meter-main`."""

    id: int
    firm: str
    topic: str
    key: str


class Feed:
    """For readers. Ids ascend with the commits: what is read after an id holds nothing that comes before."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, after: int, limit: int) -> list[Said]:
        """The next ones, of all firms: whoever hands them on looks whose they are."""
        query = _feed().where(FEED.c.id > after).order_by(FEED.c.id).limit(limit)
        with self._session.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Said(row["id"], row["firm"], row["topic"], row["key"]) for row in rows]

    def last(self) -> int:
        """The highest id, 0 where nothing is there (any more)."""
        query = _feed().order_by(FEED.c.id.desc()).limit(1)
        with self._session.read() as connection:
            return connection.scalar(query) or 0

    def tell(self, connection: Connection, told: Iterable[Told]) -> None:
        """For a repository, in the transaction that makes the change, as the last thing of it."""
        _insert(connection, told)

    def forget(self, before: int) -> int:
        """Delete what was said before UTC ms `before`; how many. Who reads more slowly begins with a look at
        everything."""
        with self._session.write() as connection:
            return connection.execute(delete_older(FEED, moment(before))).rowcount


def _feed() -> Select[Any]:
    return across_firms(FEED)


class OpenFeed(Feed):
    """Of a transaction, which says at its end what it has changed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._said: list[Told] = []

    def say(self, firm: str, topic: str, key: str, at: int) -> None:
        """To whoever reads it once this is committed; said twice it is said once. `at` is UTC ms."""
        self._said.append((firm, topic, key, at))

    def tell(self, _: Connection, told: Iterable[Told]) -> None:
        """As `say`."""
        self._said += told

    def write(self) -> None:
        """The last thing before the commit."""
        said, self._said = self._said, []
        with self._session.write() as connection:
            _insert(connection, said)


def _insert(connection: Connection, told: Iterable[Told]) -> None:
    """On PostgreSQL, where many commit at once, a reader would run past an id that was drawn before and is
    committed later (DESIGN §7): so they are drawn one transaction after the other, and only the commit itself
    is waited for."""
    rows = {
        (firm, topic, key): {"firm": firm, "topic": topic, "key": key, "at": moment(at)}
        for firm, topic, key, at in told
    }
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING})")
        connection.exec_driver_sql(f"SELECT pg_notify('{CHANNEL}', '')")
    connection.execute(insert(FEED), list(rows.values()))
