"""The log on PostgreSQL: what is not settled is not read, and a server that goes away costs nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Final

import psycopg
import pytest

from benchmarks.servers import Postgres
from store.errors import StoreError
from store.log.contract import Entry
from store.log.postgresql import PostgresqlLog
from tests.servers import free_port, wait_until

STREAM: Final = "01K" + "A" * 23
NOW: Final = 1_764_000_000_000
#: What a reader would do who trusts the offsets alone.
_TRUSTING: Final = 'SELECT "offset" FROM plumbline_log.batch WHERE "offset" > %s ORDER BY "offset"'
_OPEN_APPEND: Final = (
    "SELECT * FROM plumbline_log.append"
    "(1, ARRAY[%s]::bigint[], ARRAY[%s]::bigint[], ARRAY[''::bytea], ARRAY[NULL::bytea])"
)


def entry(seq: int, agent: str = "a") -> Entry:
    return Entry("s", agent, STREAM, seq, b"payload %d" % seq)


@pytest.fixture
def log(postgres_dsn: str) -> Iterator[PostgresqlLog]:
    log = PostgresqlLog(postgres_dsn)
    yield log
    log.close()


Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture
def connect(postgres_dsn: str) -> Iterator[Callable[[], Connection]]:
    """Connections of others to the same database, not in autocommit."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(psycopg.connect(postgres_dsn))


def stream_id(connection: Connection, agent: str) -> int:
    """Of a stream of `agent`, entered and committed."""
    query = "INSERT INTO plumbline_log.stream (site, agent, stream) VALUES ('s', %s, %s) RETURNING id"
    row = connection.execute(query, (agent, STREAM)).fetchone()
    connection.commit()
    assert row is not None
    return int(row[0])


def offsets(log: PostgresqlLog, after: int = 0) -> list[int]:
    return [record.offset for record in log.read(after, 100)]


def test_a_reader_does_not_run_past_an_append_that_is_still_open(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    slow = connect()
    slow.execute(_OPEN_APPEND, (stream_id(slow, "slow"), 1))  # takes offset 1 and lingers
    assert log.append([entry(1)], NOW) == [2]
    trusting = connect().execute(_TRUSTING, (0,)).fetchall()
    assert trusting == [(2,)], "who trusts the offsets reads 2, and will never see 1"
    assert offsets(log) == []
    assert log.last_offset() == 0
    slow.commit()
    assert offsets(log) == [1, 2]
    assert log.last_offset() == 2


def test_the_order_of_transactions_is_not_the_order_of_offsets(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    """Why the oldest open transaction (pg_snapshot_xmin) alone would not do: the one that began first may
    take the higher offset."""
    first, second = connect(), connect()
    streams = stream_id(first, "first"), stream_id(second, "second")
    begun = first.execute("SELECT pg_current_xact_id()::text::bigint").fetchone()
    second.execute(_OPEN_APPEND, (streams[1], 1))  # offset 1, a younger transaction
    first.execute(_OPEN_APPEND, (streams[0], 1))  # offset 2
    first.commit()
    horizon = connect().execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetchone()
    assert begun is not None
    assert horizon is not None
    assert begun[0] < horizon[0], "by that rule offset 2 could be read, and 1 would be lost"
    assert offsets(log) == []
    second.commit()
    assert offsets(log) == [1, 2]


def test_what_lies_before_an_open_append_is_read_meanwhile(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    log.append([entry(1), entry(2)], NOW)
    slow = connect()
    slow.execute(_OPEN_APPEND, (stream_id(slow, "slow"), 1))
    log.append([entry(3)], NOW)
    assert offsets(log) == [1, 2]
    assert log.last_offset() == 2


def test_an_append_that_fails_leaves_a_hole_nobody_waits_for(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    slow = connect()
    slow.execute(_OPEN_APPEND, (stream_id(slow, "slow"), 1))
    log.append([entry(1)], NOW)
    slow.rollback()
    assert offsets(log) == [2]
    assert log.streams("s") == {("a", STREAM): [(1, 1)]}


def test_other_transactions_of_the_server_do_not_hold_readers_up(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    other = connect()
    other.execute("CREATE TABLE something_long (id int)")
    log.append([entry(1)], NOW)
    assert offsets(log) == [1]
    other.rollback()


def test_two_appends_of_one_stream_wait_for_each_other(
    log: PostgresqlLog, connect: Callable[[], Connection]
) -> None:
    slow = connect()
    slow.execute(_OPEN_APPEND, (stream_id(slow, "a"), 1))
    answers: list[list[int | None]] = []
    thread = threading.Thread(target=lambda: answers.append(log.append([entry(1), entry(2)], NOW)))
    thread.start()
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    watch = connect()
    watch.autocommit = True
    wait_until(lambda: watch.execute(waiting).fetchone() == (1,), what="the second worker waiting")
    slow.commit()
    thread.join()
    assert answers == [[None, 2]]


def test_streams_in_any_order_never_deadlock(log: PostgresqlLog) -> None:
    agents = [f"a{number}" for number in range(20)]

    def work(order: list[str]) -> None:
        for seq in range(1, 21):
            log.append([entry(seq, agent) for agent in order], NOW)

    threads = [threading.Thread(target=work, args=(order,)) for order in (agents, agents[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log.read(0, 1000)) == 400


def test_after_a_restart_of_the_server_it_goes_on_without_a_word(
    log: PostgresqlLog, postgres_cluster: Postgres
) -> None:
    log.append([entry(1)], NOW)
    postgres_cluster.stop()
    postgres_cluster.start()
    assert log.append([entry(2)], NOW) == [2]
    assert [record.entry for record in log.read(0, 10)] == [entry(1), entry(2)]


def test_a_server_that_is_away_is_a_store_error_without_the_password() -> None:
    dsn = f"postgresql://cloud:s3cret@127.0.0.1:{free_port()}/plumbline"
    with pytest.raises(StoreError, match=r"cloud:\*\*\*@127\.0\.0\.1.*refused") as caught:
        PostgresqlLog(dsn)
    assert "s3cret" not in str(caught.value)


def test_only_an_address_of_postgresql_is_taken() -> None:
    with pytest.raises(StoreError, match="not PostgreSQL"):
        PostgresqlLog("sqlite:////tmp/log.db")
    with pytest.raises(StoreError, match="mysql"):
        PostgresqlLog("mysql://host/name")


def test_killed_in_the_middle_of_appends_what_was_acknowledged_is_there_and_groups_are_whole(
    log: PostgresqlLog, postgres_cluster: Postgres
) -> None:
    acknowledged: list[int] = []
    errors: list[StoreError] = []

    def work() -> None:
        start = 1
        while not errors:
            try:
                log.append([entry(seq) for seq in range(start, start + 10)], NOW)
            except StoreError as error:
                errors.append(error)
            else:
                acknowledged.append(start + 9)
                start += 10

    thread = threading.Thread(target=work)
    thread.start()
    wait_until(lambda: len(acknowledged) > 20, what="appends")
    postgres_cluster.kill()
    thread.join()
    with pytest.raises(StoreError, match=r"127\.0\.0\.1"):
        log.last_offset()
    postgres_cluster.start()
    ((first, last),) = log.streams("s")["a", STREAM]
    assert first == 1
    assert last in (acknowledged[-1], acknowledged[-1] + 10)
    again = log.append([entry(seq) for seq in range(1, last + 11)], NOW)
    assert [offset is None for offset in again] == [True] * last + [False] * 10
    assert [record.entry.seq for record in log.read(0, last + 10)] == list(range(1, last + 11))


def test_a_connection_that_the_server_has_ended_is_replaced(
    log: PostgresqlLog, postgres_cluster: Postgres
) -> None:
    log.append([entry(1)], NOW)
    backend = log._database.engine.raw_connection()
    pid = backend.driver_connection.info.backend_pid  # type: ignore[union-attr]
    backend.close()
    with psycopg.connect(postgres_cluster.dsn(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    assert log.append([entry(2)], NOW) == [2]


def test_several_may_open_an_empty_database_at_once(bare_postgres_dsn: str) -> None:
    logs: list[PostgresqlLog] = []
    threads = [
        threading.Thread(target=lambda: logs.append(PostgresqlLog(bare_postgres_dsn))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(logs) == 4
    assert [log.append([entry(1)], NOW) for log in logs] == [[1], [None], [None], [None]]
    for log in logs:
        log.close()


def test_a_commit_is_on_disk_though_the_server_would_not_wait(
    postgres_cluster: Postgres, bare_postgres_dsn: str
) -> None:
    with psycopg.connect(bare_postgres_dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET synchronous_commit = off".encode())
    log = PostgresqlLog(bare_postgres_dsn)
    with log._connected("ask") as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    log.close()


def test_closed_it_says_so(log: PostgresqlLog) -> None:
    log.close()
    with pytest.raises(StoreError, match="closed"):
        log.append([entry(1)], NOW)
