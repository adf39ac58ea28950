"""The records on a PostgreSQL server that goes away and comes back."""

from __future__ import annotations

import pytest

from benchmarks.servers import Postgres
from store.errors import StoreError
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Firm, Registration
from tests.registered import register
from tests.servers import free_port

ITEM = Quarantined(1, "topic", b"payload", "schema", "v: missing")


def test_after_a_restart_they_go_on_without_a_word(postgres_dsn: str, postgres_cluster: Postgres) -> None:
    records = Records(postgres_dsn)
    register(records, Registration(firms=[Firm("one", "One")]))
    postgres_cluster.stop()
    postgres_cluster.start()
    records.quarantine.add([ITEM])
    assert records.firms.all() == [Firm("one", "One")]
    records.close()


def test_while_the_server_is_dead_every_call_says_so_and_what_was_stored_is_there_after(
    postgres_dsn: str, postgres_cluster: Postgres
) -> None:
    records = Records(postgres_dsn)
    records.quarantine.add([ITEM])
    postgres_cluster.kill()
    with pytest.raises(StoreError, match=r"write postgresql://.*127\.0\.0\.1"):
        records.readers.move("alerts", 3)
    with pytest.raises(StoreError, match=r"read postgresql://"):
        records.readers.position("alerts")
    postgres_cluster.start()
    assert records.quarantine.items()[0].payload == b"payload"
    records.close()


def test_a_password_is_never_told() -> None:
    with pytest.raises(StoreError, match=r":\*\*\*@") as caught:
        Records(f"postgresql://cloud:s3cret@127.0.0.1:{free_port()}/plumbline")
    assert "s3cret" not in str(caught.value)
