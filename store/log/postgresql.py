"""The log in PostgreSQL, for several workers at once on as many machines."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Final

import psycopg

from store.engine import SqlDatabase
from store.errors import StoreError
from store.log.contract import LISTENING, Entry, Identity, Record, Standing

#: Where appends say that the log has grown.
CHANNEL: Final = "plumbline_log"
#: Marks, in the upper 16 bits of an advisory lock's key, those of the log; the lower 48 are an offset.
_MARK: Final = 0x706C << 48
#: An advisory lock too: one process at a time makes the tables.
_CREATING: Final = 0x706C_6D6C
_SCHEMA: Final = files("store.log").joinpath("postgresql.sql").read_text("utf-8").replace(":mark", str(_MARK))

#: Where readers must stop. The rows are looked at before the locks (a statement sees the rows of its
#: beginning, but locks as they are now): so an append that took an offset below the newest row is either seen
#: here, still open, or has ended, and then the next statement sees what it left.
_SETTLED: Final = """
SELECT least(
    greatest((SELECT max("offset") FROM plumbline_log.batch), (SELECT up_to FROM plumbline_log.trimmed)),
    (SELECT min((classid::bigint << 32 | objid::bigint) - %(mark)s) FROM pg_locks
     WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = %(mark)s >> 48
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())))
"""
_READ: Final = """
SELECT "offset", accepted_at, site, agent, stream.stream, seq, payload
FROM plumbline_log.batch JOIN plumbline_log.stream ON stream.id = batch.stream
WHERE "offset" > %s AND "offset" <= %s ORDER BY "offset" LIMIT %s
"""
_APPEND: Final = 'SELECT place, "offset" FROM plumbline_log.append(%b, %b, %b, %b, %b)'
_NEW_STREAMS: Final = """
INSERT INTO plumbline_log.stream (site, agent, stream)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING
"""
_STREAMS: Final = """
SELECT site, agent, stream, id FROM plumbline_log.stream
JOIN unnest(%s::text[], %s::text[], %s::text[]) AS asked (site, agent, stream) USING (site, agent, stream)
"""
_STANDING: Final = """
SELECT site, agent, stream.stream, asked.seq, payload, came,
    (SELECT substring(proofs FROM (8 * (asked.seq - first) + 1)::int FOR 8) FROM plumbline_log.proof
     WHERE proof.stream = stream.id AND first <= asked.seq
     AND asked.seq - first < length(proofs) / 8 ORDER BY first DESC LIMIT 1)
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[]) AS asked (site, agent, stream, seq)
JOIN plumbline_log.stream USING (site, agent, stream)
LEFT JOIN plumbline_log.batch ON batch.stream = stream.id AND batch.seq = asked.seq
"""
_SEEN: Final = """
SELECT agent, stream.stream, first, last
FROM plumbline_log.stream JOIN plumbline_log.seen ON seen.stream = stream.id
WHERE site = %s AND stream.stream NOT LIKE '~%%' ORDER BY agent, stream.stream, first
"""
_LISTENING: Final = """
SELECT max(last) FROM plumbline_log.seen JOIN plumbline_log.stream ON stream.id = seen.stream
WHERE site = '' AND agent = '' AND stream.stream = %s
"""
_TRIM: Final = """
WITH gone AS (
    DELETE FROM plumbline_log.batch WHERE "offset" IN (
        SELECT "offset" FROM plumbline_log.batch
        WHERE "offset" <= %s AND accepted_at < %s ORDER BY accepted_at LIMIT %s)
    RETURNING "offset", accepted_at, stream, seq, coalesce(came, substring(sha256(payload) FOR 8)) AS proof
), marked AS (
    UPDATE plumbline_log.trimmed SET up_to = greatest(up_to, (SELECT max("offset") FROM gone))
), run AS (
    SELECT *, seq - row_number() OVER (PARTITION BY stream ORDER BY seq) AS number FROM gone
), proved AS (
    INSERT INTO plumbline_log.proof (stream, first, accepted_at, proofs)
    SELECT stream, min(seq), max(accepted_at), string_agg(proof, '' ORDER BY seq) FROM run
    GROUP BY stream, number ON CONFLICT DO NOTHING
)
SELECT count(*) FROM gone
"""
_FORGET_PROOFS: Final = "DELETE FROM plumbline_log.proof WHERE accepted_at < %s"
#: Some megabytes to hash and to free.
_TRIM_STEP: Final = 1000

_OLDER: Final = 'SELECT 1 FROM plumbline_log.batch WHERE "offset" <= %s AND accepted_at < %s LIMIT 1'

_Stream = tuple[str, str, str]
_Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresqlLog:
    """`store.log.contract.Log` on PostgreSQL 14 or later: one append is one commit, on disk when it returns,
    and tells who follows the log (`store.log.follow`).

    Several workers may append at once; no reader is shown a batch before all batches with lower offsets have
    come or have failed for good. Raises StoreError where the server will not; whether what was being appended
    when a connection broke is there is then not known, and appending it again is right either way.
    """

    def __init__(self, dsn: str) -> None:
        """`dsn` is `postgresql://user:password@host/name`. Makes what is missing there."""
        self._database = SqlDatabase(dsn, pool_size=4)
        if self._database.is_sqlite:
            raise StoreError(f"{self._database.name}: not PostgreSQL")
        self._ids: dict[_Stream, int] = {}
        with self._database.closed_on_error(), self._connected("open") as loan, loan.transaction():
            _create(loan)

    @contextmanager
    def _connected(self, doing: str) -> Iterator[_Connection]:
        """A connection on loan, every statement of which is a transaction of its own."""
        with self._database.translated(doing):
            loan = self._database.engine.raw_connection()
            try:
                connection: _Connection = loan.driver_connection  # type: ignore[assignment]
                connection.autocommit = True
                yield connection
            except psycopg.Error as error:
                loan.invalidate(error)
                raise
            finally:
                loan.close()

    def append(self, entries: Sequence[Entry], accepted_at: int) -> list[int | None]:
        """See the contract. Of two entries with the same identity the first is kept."""
        offsets: list[int | None] = [None] * len(entries)
        if not entries:
            return offsets
        with self._connected("append to") as connection:
            ids = self._stream_ids(connection, {entry.identity[:3] for entry in entries})
            streams = [ids[entry.identity[:3]] for entry in entries]
            seqs = [entry.seq for entry in entries]
            payloads = [entry.payload for entry in entries]
            came = [entry.came for entry in entries]
            rows = connection.execute(_APPEND, (accepted_at, streams, seqs, payloads, came)).fetchall()
        for place, offset in rows:
            offsets[place - 1] = offset
        return offsets

    def _stream_ids(self, connection: _Connection, streams: set[_Stream]) -> dict[_Stream, int]:
        """Unknown ones are entered; a stream of which nothing comes after all harms nobody."""
        if unknown := sorted(streams - self._ids.keys()):
            columns = tuple(map(list, zip(*unknown, strict=True)))
            connection.execute(_NEW_STREAMS, columns)
            rows = connection.execute(_STREAMS, columns)
            self._ids.update({(site, agent, stream): found for site, agent, stream, found in rows})
        return self._ids

    def read(self, after: int, limit: int) -> list[Record]:
        """See the contract."""
        with self._connected("read") as connection:
            settled = _settled(connection)
            if settled <= after:
                return []
            rows = connection.cursor(binary=True).execute(_READ, (after, settled, limit)).fetchall()
        return [Record(offset, accepted_at, Entry(*identity)) for offset, accepted_at, *identity in rows]

    def standing(self, identities: Sequence[Identity]) -> list[Standing]:
        """See the contract."""
        if not identities:
            return []
        columns = tuple(map(list, zip(*identities, strict=True)))
        with self._connected("read") as connection:
            rows = connection.cursor(binary=True).execute(_STANDING, columns).fetchall()
        found: dict[Identity, Standing] = {
            (site, agent, stream, seq): Standing(payload, came if payload is not None else proved)
            for site, agent, stream, seq, payload, came, proved in rows
        }
        return [found.get(identity, Standing()) for identity in identities]

    def last_offset(self) -> int:
        """The highest offset a reader can reach now, 0 for an empty log."""
        with self._connected("read") as connection:
            return _settled(connection)

    def streams(self, site: str) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """See the contract."""
        with self._connected("read") as connection:
            rows = connection.execute(_SEEN, (site,)).fetchall()
        ranges: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for agent, stream, first, last in rows:
            ranges[agent, stream].append((first, last))
        return dict(ranges)

    def listening_since(self) -> int | None:
        """See the contract."""
        with self._connected("read") as connection:
            row = connection.execute(_LISTENING, (LISTENING,)).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def probe(self) -> None:
        """See the contract: a message into the server's own log (postgresql.org/docs/current, "Replication
        Management Functions")."""
        with self._connected("probe") as connection:
            connection.execute("SELECT pg_logical_emit_message(true, 'plumbline', 'probe')")

    def older(self, before_ms: int, up_to_offset: int) -> bool:
        """See the contract."""
        with self._connected("read") as connection:
            return connection.execute(_OLDER, (up_to_offset, before_ms)).fetchone() is not None

    def trim(self, before_ms: int, up_to_offset: int, proofs_before_ms: int = 0) -> int:
        """See the contract."""
        trimmed, count = 0, _TRIM_STEP
        with self._connected("trim") as connection:
            while count == _TRIM_STEP:
                row = connection.execute(_TRIM, (up_to_offset, before_ms, _TRIM_STEP)).fetchone()
                count = int(row[0]) if row else 0
                trimmed += count
            connection.execute(_FORGET_PROOFS, (proofs_before_ms,))
        return trimmed

    def close(self) -> None:
        """See the contract."""
        self._database.close()


def _create(connection: _Connection) -> None:
    """Run the schema unless this very one was run last: altering tables would wait for whoever appends."""
    digest = hashlib.blake2b(_SCHEMA.encode(), digest_size=16).hexdigest()
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATING,))
    found = connection.execute("SELECT obj_description(to_regnamespace('plumbline_log'), 'pg_namespace')")
    if found.fetchone() != (digest,):
        connection.execute(_SCHEMA, prepare=False)
        connection.execute(f"COMMENT ON SCHEMA plumbline_log IS '{digest}'")


def _settled(connection: _Connection) -> int:
    row = connection.execute(_SETTLED, {"mark": _MARK}).fetchone()
    return int(row[0]) if row else 0
