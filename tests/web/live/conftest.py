"""Servers that the suites of log, records and registry share."""

from __future__ import annotations

from tests.postgres import bare_postgres_dsn, postgres_cluster, postgres_dsn

__all__ = ["bare_postgres_dsn", "postgres_cluster", "postgres_dsn"]
