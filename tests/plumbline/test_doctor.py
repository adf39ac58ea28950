"""`plumbline doctor` names what is wrong and what to do; `--fix` sets up what is missing."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from plumbline.cli import main
from plumbline.clock import now_ms
from plumbline.doctor import Line, examine
from plumbline.importing import take_in
from plumbline.settings import Settings
from plumbline.stores import open_records, open_stores
from store import key_file
from store.log.contract import Entry
from store.records.access_log import Deed
from store.records.accounts import Account
from store.records.contract import AgentState, Quarantined
from store.timeseries.contract import Block
from tests.plumbline.installation import SITE, installation
from tests.plumbline.provision.desk import BROKER, Desk
from tests.servers import Mosquitto, free_port
from web.access.seal import Seal
from wire.status import SpoolStatus, Status


def lines(settings: Settings, *, fix: bool = False) -> dict[str, Line]:
    return {line.part: line for line in examine(settings, fix=fix)}


def test_a_missing_folder_fails_until_it_is_mended(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    found = next(line for line in examine(settings, fix=False) if line.part == "data")
    assert found.level == "fail"
    assert "--fix" in found.remedy
    settings = installation(tmp_path / "other")
    assert next(iter(examine(settings, fix=True))).level == "mended"
    assert all(line.level in ("ok", "warn") for line in examine(settings, fix=False))


def test_a_broker_that_is_away_or_refuses_us_is_named(tmp_path: Path) -> None:
    port = free_port()
    settings = installation(tmp_path, broker={"host": "127.0.0.1", "port": port})
    away = lines(settings, fix=True)["broker"]
    assert away.level == "fail"
    assert str(port) in away.what
    with Mosquitto(tmp_path / "m") as running:
        settings = installation(tmp_path, broker={"host": "127.0.0.1", "port": running.port})
        assert lines(settings)["broker"].level == "ok"
    with Mosquitto(tmp_path / "n", "allow_anonymous false") as running:
        settings = installation(tmp_path, broker={"host": "127.0.0.1", "port": running.port})
        assert lines(settings)["broker"].level == "fail"


def test_a_database_that_is_away_is_named_and_the_rest_is_still_looked_at(tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(f"postgresql://nobody@127.0.0.1:{free_port()}/nothing")
    settings = installation(tmp_path, stores={"records": {"kind": "postgresql", "dsn_file": "dsn"}})
    found = lines(settings, fix=True)
    assert found["records"].level == "fail"
    assert found["log"].level == "ok"


def test_quarantine_is_counted_by_reason(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    settings.data.mkdir()
    records = open_records(settings)
    records.quarantine.add(
        [Quarantined(1, "t", b"p", "unknown_device", "meter-9 is not registered", SITE, "pi-1")]
    )
    records.close()
    found = lines(settings)["quarantine"]
    assert "1 batches" in found.what
    assert "replay" in found.remedy


def test_a_step_that_no_figure_counts_is_told_until_somebody_says_what_it_was(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    hour_ms, now = 3_600_000, now_ms()
    times = [now - 3 * hour_ms, now - 2 * hour_ms, now - hour_ms, now - hour_ms // 2]
    values: list[float | None] = [45679.0, 45679.5, 3.0, 3.4]
    with open_stores(settings) as stores:
        take_in(stores.records, settings, 1)
        stores.timeseries.write([Block(SITE, "meter-main", times, {"active_energy_import": values})], 1)
    told = lines(settings)["counters"]
    assert told.level == "warn"
    assert "45679.5 -> 3 at " in told.what
    at = dt.datetime.fromtimestamp(times[2] // 60_000 * 60, dt.UTC).isoformat()
    said = ("meter", "exchanged", SITE, "meter-main", "--at", at, "--old-last", "45679.5", "--new-first", "3")
    assert main([*said, "--config", str(tmp_path / "plumbline.yaml")]) == 0
    assert "counters" not in lines(settings)


def test_it_exits_1_where_something_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installation(tmp_path)
    config = ["--config", str(tmp_path / "plumbline.yaml")]
    assert main(["doctor", *config]) == 1
    assert main(["doctor", "--fix", *config]) == 0
    assert "mended data" in capsys.readouterr().out


def test_batches_that_never_came_are_named(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    stream = "01K" + "A" * 23
    with open_stores(settings) as stores:
        take_in(stores.records, settings, 1)
        stores.log.append([Entry(SITE, "pi-1", stream, seq, b"payload") for seq in (1, 2, 5, 9)], 1)
        online = Status(online=True, sent=1, stream=stream, spool=SpoolStatus(last_seq=9))
        stores.records.agent_states.put(AgentState(SITE, "pi-1", 1, online))
    found = lines(settings)["gaps"]
    assert "3-4, 6-8" in found.what
    assert stream in found.what


def test_a_certificate_that_ends_soon_is_a_warning_with_the_command_that_renews_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, dt.datetime.now(dt.UTC) - dt.timedelta(days=340))
    for kept in ("pi-1", "pi-2"):
        desk.agent(kept)
    desk.issuing.server(["mqtt.example.cn"], tmp_path / "broker")
    desk.agent("pi-3")
    desk.issuing.revoke_agent(SITE, "pi-3")
    desk.later(days=340)
    desk.issuing.rotate(SITE, "pi-2", tmp_path / "new", BROKER, qr=False)
    found = [line for line in examine(desk.settings, fix=False) if line.part == "certificates"]
    assert {line.level for line in found} == {"warn"}
    assert sorted(line.remedy for line in found) == [
        f"plumbline provision rotate {SITE} pi-1",
        "plumbline provision server mqtt.example.cn",
    ]


def edited(settings: Settings, statement: str) -> None:
    """By somebody who has the file of the database, and not the product."""
    with closing(sqlite3.connect(settings.data / "records.db", isolation_level=None)) as connection:
        connection.execute(statement)


def test_an_edited_row_of_the_access_log_is_named(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    settings.data.mkdir()
    firm = settings.firm.id
    with closing(open_records(settings)) as records:
        take_in(records, settings, 1)
        records.access_log.add([Deed(firm, n, "member:li", "", "changed", f"site:{n}") for n in range(3)])
    assert "access log" not in lines(settings)
    edited(settings, "UPDATE access_log SET who = 'member:wang' WHERE number = 2")
    found = lines(settings)["access log"]
    assert (found.level, found.what) == ("fail", f"firm {firm}: entry 2 was altered")


def seals_told(settings: Settings) -> list[str]:
    return [line.what for line in examine(settings, fix=False) if "authenticator" in line.what]


def test_a_key_that_opens_no_authenticator_is_named_and_none_is_made(tmp_path: Path) -> None:
    """It was lost, or is another installation's, or the database is of another backup."""
    settings = installation(tmp_path)
    settings.data.mkdir()
    firm, key = settings.firm.id, settings.data / key_file.NAME
    seal = Seal(key_file.read_or_make(settings.data))
    with closing(open_records(settings)) as records:
        take_in(records, settings, 1)
        secret = seal.close(bytes(20), firm, "li")
        records.accounts.add(Account(firm, "li", "Li", "li", None, frozenset({"owner"}), None, None, secret))
    assert seals_told(settings) == []
    key.write_bytes(bytes(key_file.BYTES))
    assert seals_told(settings) == [f"1 authenticator opens nothing: {key} is not the key it was sealed with"]
    key.unlink()
    assert seals_told(settings) == [f"1 authenticator opens nothing: {key} is missing"]
    assert not key.exists()
