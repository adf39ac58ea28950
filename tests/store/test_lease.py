"""A lease is held by one, and lost with its connection (findings R9)."""

from __future__ import annotations

import psycopg
import pytest

from store.engine import POSTGRESQL_OPTIONS
from store.errors import StoreError
from store.lease import PostgresqlLease


def test_of_two_processes_one_holds_it_and_the_other_after_it(bare_postgres_dsn: str) -> None:
    one, other = PostgresqlLease(bare_postgres_dsn, "writer"), PostgresqlLease(bare_postgres_dsn, "writer")
    assert (one.hold(), other.hold(), one.hold()) == (True, False, True)
    one.release()
    assert other.hold()
    other.release()


def test_its_connection_notices_a_cut_cable_on_both_sides(bare_postgres_dsn: str) -> None:
    lease = PostgresqlLease(bare_postgres_dsn, "writer")
    assert lease.hold()
    held = lease._connection
    assert held is not None
    asked = held.info.get_parameters()
    for name in ("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"):
        assert asked[name] == str(POSTGRESQL_OPTIONS[name])
    assert held.execute("SHOW lock_timeout").fetchone() == ("10s",)
    lease.release()


def test_one_whose_connection_the_server_ended_is_lost_and_says_so(bare_postgres_dsn: str) -> None:
    lease = PostgresqlLease(bare_postgres_dsn, "writer")
    assert lease.hold()
    held = lease._connection
    assert held is not None
    with psycopg.connect(bare_postgres_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (held.info.backend_pid,))
    with pytest.raises(StoreError, match="lease"):
        lease.hold()
    assert lease.hold()
    lease.release()
