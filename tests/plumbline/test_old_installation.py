"""An installation of commit 225f4a1 with a year of data migrates by itself, and nothing of it is lost: one on
files, and one on PostgreSQL (log and records) and InfluxDB (time series).

`of_225f4a1/` was written by that commit's own code (`make.py` in it says how): its databases, and what it
answered of them.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
import yaml
from alembic import command
from alembic.config import Config

from benchmarks.opened import BROWSER
from plumbline.doctor import examine
from plumbline.processes import serve
from plumbline.settings import Settings, load_settings
from plumbline.stores import Stores, open_stores
from store.engine import SqlDatabase
from store.records import migration
from store.records.access import operator
from tests.influx import settings_for
from tests.plumbline.running import running, until
from tests.servers import free_port

OLD: Final = Path(__file__).parent / "of_225f4a1"
ANSWERS: Final[dict[str, Any]] = json.loads((OLD / "answers.json").read_text("utf-8"))
START, END = ANSWERS["start"], ANSWERS["end"]
FIRM, SITE, TOKEN = "hengtong", "fenglin-18", "7Kd2mQx9Rb4LtYw8"
PROJECTS: Final = f"""\
projects:
  - id: {SITE}
    token: {TOKEN}
    site: {SITE}
    timezone: Asia/Shanghai
    title: {{zh: 枫林路 18 号, en: 18 Fenglin Road}}
    customer: {{zh: 郑先生家, en: The Zheng home}}
    started: 2024-11-20
    closes: 19:30
    rooms: [{{id: bath, zh: 主卫, en: Bathroom}}]
    devices:
      - {{id: meter-main, kind: electricity_meter, interval_s: 60}}
      - {{id: th-bath, kind: climate, room: bath, interval_s: 300}}
      - {{id: gate, kind: gate}}
"""
#: In the order of their foreign keys.
TABLES: Final = (
    "firm", "member", "member_role", "site", "project", "room", "agent", "device", "token", "event",
    "agent_state", "quarantine", "reader",
)  # fmt: skip


@pytest.fixture(params=["files", "servers"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """As that version left it."""
    (tmp_path / "data").mkdir(mode=0o700)
    on_files = request.param == "files"
    stores = put_in_files(tmp_path / "data") if on_files else put_on_servers(request, tmp_path)
    content: dict[str, Any] = {
        "data": "data", "projects": "projects.yaml", "web": {"port": free_port()}, "embedded_broker_port": 0,
        "firm": {"id": FIRM, "name": "恒通装饰"},
        "agents": [{"site": SITE, "agent": "pi-1", "password_file": "agent-password"}],
        "stores": stores,
    }  # fmt: skip
    (tmp_path / "agent-password").write_text("a-password-of-old")
    (tmp_path / "projects.yaml").write_text(PROJECTS, "utf-8")
    (tmp_path / "plumbline.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return load_settings(tmp_path / "plumbline.yaml")


def put_in_files(data: Path) -> dict[str, Any]:
    """The three databases of `plumbline serve` alone."""
    for name in ("log", "timeseries", "records"):
        restore(data / f"{name}.db", name)
    return {}


def restore(path: Path, name: str) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((OLD / f"{name}.sql").read_text("utf-8"))
    connection.close()


def put_on_servers(request: pytest.FixtureRequest, folder: Path) -> dict[str, Any]:
    """Log and records in one PostgreSQL, the time series in InfluxDB."""
    dsn: str = request.getfixturevalue("bare_postgres_dsn")
    with psycopg.connect(dsn) as connection:
        connection.execute((OLD / "log_postgresql.sql").read_bytes(), prepare=False)
    restore(folder / "records.db", "records")
    move_records(folder / "records.db", dsn)
    (folder / "dsn").write_text(dsn)
    series = settings_for(folder)
    lines = gzip.decompress((OLD / "influxdb.lines.gz").read_bytes())
    for path, body in (("query?q=" + quote(f'CREATE DATABASE "{series.database}"'), b""),
                       (f"write?db={series.database}&precision=ms", lines)):  # fmt: skip
        httpx2.post(f"{series.url}/{path}", content=body).raise_for_status()
    rows = {"kind": "postgresql", "dsn_file": "dsn"}
    influx = {"kind": "influxdb", "generation": 1, "url": series.url, "database": series.database}
    return {"log": rows, "records": dict(rows), "time_series": influx}


def move_records(source: Path, dsn: str) -> None:
    """The rows of the first revision into PostgreSQL, as that version had them there."""
    database = SqlDatabase(dsn)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    found = sa.MetaData()
    old = sqlite3.connect(source)
    old.row_factory = sqlite3.Row
    with database.write() as connection:
        found.reflect(connection)
        for name in TABLES:
            rows = [dict(row) for row in old.execute(f"SELECT * FROM {name}")]  # noqa: S608
            connection.execute(found.tables[name].insert(), rows)
    old.close()
    source.unlink()
    database.close()


def answers_of(stores: Stores) -> dict[str, Any]:
    """What was asked of the old version."""
    series, records = stores.timeseries, stores.records
    devices = series.devices(SITE)
    window = series.window(
        SITE, "meter-main", "active_power", START, END, 30 * 86_400_000, ["count", "mean", "max", "min"]
    )
    return {
        "start": START,
        "end": END,
        "position": series.position(),
        "devices": devices,
        "latest": {f"{d} {q}": [one.time, one.value] for (d, q), one in series.latest(SITE).items()},
        "raw": {
            f"{d} {q}": [list(column) for column in series.raw(SITE, d, q, START, END)]
            for d, quantities in devices.items()
            for q in quantities
        },
        "power_by_30_days": {name: list(column) for name, column in window.columns.items()},
        "events": len(records.events.between(SITE, START, END)),
        "quarantine": len(records.quarantine.items()),
        "log": len(stores.log.read(0, 10_000)),
        "last_offset": stores.log.last_offset(),
        "readers": {name: records.readers.position(name) for name in ("events", "analytics")},
        "seen": [list(pair) for pairs in stores.log.streams(SITE).values() for pair in pairs],
    }


def test_every_count_and_figure_is_as_that_version_gave_it(settings: Settings) -> None:
    with open_stores(settings) as stores:
        told = answers_of(stores)
        means = told["power_by_30_days"].pop("mean")
        before = dict(ANSWERS["power_by_30_days"])
        assert means == [None if mean is None else pytest.approx(mean) for mean in before.pop("mean")]
        readers = ANSWERS["readers"] | {"analytics": 0}  # it begins anew: it keeps more than it did
        assert told == ANSWERS | {"power_by_30_days": before, "readers": readers}
        (state,) = stores.records.agent_states.of(SITE)
        assert (state.agent, state.received) == ("pi-1", END - 1000)
        assert [token.name for token in stores.records.tokens.all(operator(FIRM))] == ["grafana"]


async def test_it_starts_as_it_is_and_its_file_is_in_the_registry_from_then_on(settings: Settings) -> None:
    async with running(serve, settings) as process:
        await until(process.all_ok, "everything at work")
        headers = {"User-Agent": BROWSER}
        async with httpx2.AsyncClient(headers=headers, follow_redirects=True) as client:
            page = await client.get(f"http://127.0.0.1:{settings.web.port}/p/{TOKEN}?lang=en")
        assert page.status_code == 200
        assert "18 Fenglin Road" in page.text
    with open_stores(settings) as stores:
        records = stores.records
        devices = {one.id: one.kind for one in records.devices.of(FIRM, SITE)}
        assert devices == {
            "meter-main": "electricity_meter", "th-bath": "climate_sensor", "gate": "badge_reader"
        }  # fmt: skip
        (project,) = records.projects.of(FIRM)
        assert (project.customer, project.closes, project.started) == (SITE, "19:30", "2024-11-20")
        assert [link.whom for link in records.links.of(FIRM)] == ["projects.yaml"]
        assert {one.author for one in records.changes.newest(FIRM, 99)} == {"projects.yaml"}
        assert all(one.version == 1 for one in records.changes.newest(FIRM, 99))
        assert stores.records.events.between(SITE, START, END)


def test_doctor_finds_nothing_that_fails(settings: Settings) -> None:
    settings.projects.touch()
    told = list(examine(settings, fix=True))
    assert [str(line) for line in told if line.level == "fail"] == []
