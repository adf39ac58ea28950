"""Writes this folder anew, with the code of commit 225f4a1 itself.

    git archive 225f4a1 | tar -x -C OLD
    PYTHONPATH=OLD:. python tests/plumbline/of_225f4a1/make.py

InfluxDB and PostgreSQL are this machine's (today's benchmarks.servers start them). What is written: the
SQLite databases as `sqlite3.Connection.iterdump` tells them, the log in PostgreSQL as `pg_dump` does, and
InfluxDB as lines of its protocol. `answers.json`, what that version said of them, was taken once.
"""

# What is imported here is that commit's: neither names nor types are those of today.
# mypy: ignore-errors

from __future__ import annotations

import gzip
import json
import sqlite3
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.accept import accept  # noqa: F401  # fails at once where today's tree comes first
from store.engine import sqlite_url
from store.log.contract import Entry
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.records import registry as known
from store.records.contract import AgentState, Quarantined, SiteEvent
from store.records.sql_records import SqlRecords
from store.timeseries.contract import Block
from store.timeseries.influx import InfluxTimeSeries
from store.timeseries.influx_settings import InfluxSettings
from store.timeseries.sqlite import SqliteTimeSeries
from wire.batch import Batch, Event, Frame, encode
from wire.status import Status

HERE = Path(__file__).parent
FIRM, SITE, AGENT, STREAM = "hengtong", "fenglin-18", "pi-1", "01KAW9Q2V7Y8M3N5P6R8S0T2W4"
HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_732_406_400_000
END = START + 365 * DAY
#: Of the log the last week was left.
KEPT = 7 * DAY


def batches() -> Iterator[Batch]:
    """Every third day of a year: four readings of a meter, two of a sensor, somebody who came and went."""
    for n in range(122):
        times = [START + 3 * n * DAY + hour * HOUR for hour in (1, 7, 13, 19)]
        energy = [1000.0 + 12.75 * n + i for i in range(4)]
        warm = [18.5, 19.25 + 3 * n % 7]
        meter = {"active_power": [60.0, 820.5, 1410.0, 95.0], "active_energy_import": energy}
        climate = {"temperature": warm, "relative_humidity": [80.0, 61.5]}
        who = f"b:{3 * n:032x}"
        yield Batch(
            stream=STREAM, seq=n + 1, sent=times[3] + 1_000,
            frames=[
                Frame(device="meter-main", time=times, values=meter),
                Frame(device="th-bath", time=times[:2], values=climate),
            ],
            events=[
                Event(device="gate", time=times[1], kind="badge", badge=who, direction="in"),
                Event(device="gate", time=times[3], kind="badge", badge=who, direction="out"),
            ],
        )  # fmt: skip


def fill_log(log: SqliteLog | PostgresqlLog) -> None:
    for batch in batches():
        log.append([Entry(SITE, AGENT, STREAM, batch.seq, encode(batch))], batch.sent + 500)
    log.trim(END - KEPT, 122)
    log.close()


def fill_series(series: SqliteTimeSeries | InfluxTimeSeries) -> None:
    for batch in batches():
        series.write([Block(SITE, f.device, f.time, f.values) for f in batch.frames], batch.seq)
    while series.roll_up(10_000):
        pass
    series.close()


def fill_records(path: Path) -> None:
    records = SqlRecords(sqlite_url(path))
    registry = records.registry
    registry.register(
        known.Registration(
            firms=[known.Firm(FIRM, "恒通装饰")],
            members=[known.Member(FIRM, "li", "李工", frozenset({"owner", "project_manager"}))],
            sites=[known.Site(FIRM, SITE, "Asia/Shanghai")],
            projects=[
                known.RegisteredProject(FIRM, SITE, SITE, "枫林路 18 号", "18 Fenglin Road", "2024-11-20")
            ],
            rooms=[known.Room(FIRM, SITE, "bath", "主卫", "Bathroom")],
            agents=[known.Agent(FIRM, SITE, AGENT)],
            devices=[
                known.Device(FIRM, SITE, "meter-main", "electricity_meter", None, 60.0),
                known.Device(FIRM, SITE, "th-bath", "climate", "bath", 300.0),
                known.Device(FIRM, SITE, "gate", "gate", None, None),
            ],
        )
    )
    registry.add_token(FIRM, "grafana", bytes([7] * 32), frozenset({"telemetry:read"}), START, None)
    for batch in batches():
        records.add_events([SiteEvent(SITE, AGENT, event) for event in batch.events], batch.seq)
    records.move("analytics", 122)
    status = Status(online=True, sent=END - 1_500, stream=STREAM)
    records.put_agent_state(AgentState(SITE, AGENT, END - 1_000, status))
    topic = "plumbline/v1/{}/batch".format
    records.quarantine(
        [
            Quarantined(
                END - DAY, topic(f"{SITE}/{AGENT}"), b"\x00\xff broken", "schema", "v: missing", SITE, AGENT
            ),
            Quarantined(
                END - 2 * DAY, topic("elsewhere/pi-9"), b"{}", "wrong_site", "elsewhere", "elsewhere", "pi-9"
            ),
        ]
    )
    records.close()


def dump(path: Path) -> str:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return "\n".join(connection.iterdump()) + "\n"


def sqlite_dump(fill: Callable[[Path], None]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "one.db")
        return dump(Path(folder) / "one.db")


def lines_of(url: str, database: str) -> str:
    """All of a database as line protocol, by measurement and time."""
    asked = {"db": database, "q": "SELECT * FROM /.*/ GROUP BY *", "epoch": "ms"}
    with urllib.request.urlopen(f"{url}/query?{urllib.parse.urlencode(asked)}") as answer:  # noqa: S310
        series = json.load(answer)["results"][0]["series"]
    return "".join(sorted(line for one in series for line in _lines(one)))


def _lines(series: dict) -> Iterator[str]:
    tags = "".join(f",{name}={value}" for name, value in sorted(series.get("tags", {}).items()) if value)
    for time, *values in series["values"]:
        fields = zip(series["columns"][1:], values, strict=True)
        said = ",".join(f"{name}={_field(name, value)}" for name, value in fields if value is not None)
        yield f"{series['name']}{tags} {said} {time}\n"


def _field(name: str, value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value}i" if name in {"position", "raw_before"} else repr(float(value))


def main() -> None:
    from benchmarks.servers import Influx, Postgres

    (HERE / "log.sql").write_text(sqlite_dump(lambda path: fill_log(SqliteLog(path))))
    (HERE / "timeseries.sql").write_text(sqlite_dump(lambda path: fill_series(SqliteTimeSeries(path))))
    (HERE / "records.sql").write_text(sqlite_dump(fill_records))
    with tempfile.TemporaryDirectory() as folder, Influx(Path(folder)).start() as server:
        settings = InfluxSettings(generation=1, url=server.url, database="old")
        fill_series(InfluxTimeSeries(settings, clock=lambda: END))
        lines = lines_of(server.url, "old").encode()
        (HERE / "influxdb.lines.gz").write_bytes(gzip.compress(lines, mtime=0))
        server.kill()
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder)) as server:
        dsn = server.create_database("old")
        fill_log(PostgresqlLog(dsn))
        command = ["pg_dump", "--inserts", "--no-owner", "--schema=plumbline_log", dsn]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        # What is for psql alone (`\restrict`, since 15.14) is no SQL.
        kept = (line for line in told.splitlines(keepends=True) if not line.startswith("\\"))
        (HERE / "log_postgresql.sql").write_text("".join(kept))


if __name__ == "__main__":
    sys.exit(main())
