"""What is sent to each generation of InfluxDB, and which answer is worth another try.

InfluxDB 2 and 3 are not to be had here: `Scripted` answers as the vendor documents it, and the write path of
2.x also meets a real server, VictoriaMetrics.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import pytest
import urllib3

from benchmarks.servers import Influx, VictoriaMetrics
from store.errors import StoreError
from store.timeseries.contract import Block
from store.timeseries.influxdb import setup
from store.timeseries.influxdb.http import AGAIN, Http, NotThereError, merged
from store.timeseries.influxdb.lines import bodies
from store.timeseries.influxdb.series import InfluxTimeSeries
from store.timeseries.influxdb.settings import Generation, InfluxSettings
from tests.influx import settings_for
from tests.servers import free_port, wait_until

GENERATIONS: Final[tuple[Generation, ...]] = (1, 2, 3)
SECRET: Final = "do-not-tell"
Reply = tuple[int, dict[str, str], object]


class Scripted:
    """Answers with one reply after the other, then with the last one; keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, str, bytes]] = []
        self.headers: list[dict[str, str]] = []
        script = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                script.asked.append((self.command, self.path, body))
                script.headers.append(dict(self.headers.items()))
                status, headers, told = script.replies[0]
                if len(script.replies) > 1:
                    del script.replies[0]
                content = b"" if told is None else json.dumps(told).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = answer  # noqa: N815 - as http.server wants it

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def settings(generation: Generation, url: str) -> InfluxSettings:
    return InfluxSettings(generation=generation, url=url, database="plumbline", org="firm", token=SECRET,
                          retention_days=30, timeout_s=5)  # fmt: skip


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def opened() -> Iterator[list[Http]]:
    https: list[Http] = []
    yield https
    for http in https:
        http.close()


def write(script: Scripted, generation: Generation, pauses: list[float], body: bytes = b"m a=1 1\n") -> Http:
    http = Http(settings(generation, script.url), sleep=pauses.append)
    try:
        http.write(body)
    finally:
        http.close()
    return http


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_precision_is_always_given(generation: Generation, pauses: list[float]) -> None:
    with Scripted((204, {}, None)) as script:
        write(script, generation, pauses)
    method, address, body = script.asked[0]
    query = parse_qs(urlsplit(address).query)
    assert (method, query["precision"], body) == ("POST", ["ms"], b"m a=1 1\n")
    assert urlsplit(address).path == ("/write" if generation == 1 else "/api/v2/write")
    assert query.get("db" if generation == 1 else "bucket") == ["plumbline"]
    assert script.headers[0]["Authorization"] == f"Token {SECRET}"


@pytest.mark.parametrize(
    ("generation", "status"),
    [(generation, status) for generation in GENERATIONS for status in AGAIN[generation]],
)
def test_what_may_pass_by_itself_is_tried_again(
    generation: Generation, status: int, pauses: list[float]
) -> None:
    with Scripted(
        (status, {}, {"message": "busy"}), (status, {"Retry-After": "1"}, None), (204, {}, None)
    ) as script:
        write(script, generation, pauses)
    assert len(script.asked) == 3
    assert pauses == [0.1, 1.0]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_needs_a_person_is_not(generation: Generation, status: int, pauses: list[float]) -> None:
    with (
        Scripted((status, {}, {"message": "no such luck", "error": "no such luck"})) as script,
        pytest.raises(StoreError, match=rf"'plumbline' on {script.url}: {status} no such luck; ") as caught,
    ):
        write(script, generation, pauses)
    assert len(script.asked) == 1
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_server_that_wants_to_be_left_alone_is(generation: Generation, pauses: list[float]) -> None:
    """The log waits, as long as it takes; the adapter does not."""
    with Scripted((503, {"Retry-After": "30"}, None)) as script, pytest.raises(StoreError, match="503"):
        write(script, generation, pauses)
    assert (len(script.asked), pauses) == (1, [])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_it_gives_up_after_three_tries(generation: Generation, pauses: list[float]) -> None:
    with Scripted((503, {}, None)) as script, pytest.raises(StoreError, match="503"):
        write(script, generation, pauses)
    assert (len(script.asked), pauses) == (3, [0.1, 0.3])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_body_too_large_is_halved_until_it_fits(generation: Generation, pauses: list[float]) -> None:
    too_large: Reply = (413, {}, {"error": "Request Entity Too Large"})
    body = b"m a=1 1\nm a=2 2\nm a=3 3\n"
    with Scripted(too_large, (204, {}, None), too_large, (204, {}, None)) as script:
        write(script, generation, pauses, body)
    assert [asked[2] for asked in script.asked] == [
        body, b"m a=1 1\n", b"m a=2 2\nm a=3 3\n", b"m a=2 2\n", b"m a=3 3\n"
    ]  # fmt: skip


@pytest.mark.parametrize(("generation", "status"), [(1, 400), (2, 422)])
def test_what_is_too_old_for_the_retention_is_dropped_and_counted(
    generation: Generation, status: int, pauses: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    words = "partial write: points beyond retention policy dropped=17"
    with (
        Scripted((status, {}, {"error": words, "message": words})) as script,
        caplog.at_level(logging.WARNING),
    ):
        http = write(script, generation, pauses)
    assert http.beyond_retention == 17
    assert "dropped=17" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_refused_connection_is_told_at_once(generation: Generation, pauses: list[float]) -> None:
    port = free_port()
    http = Http(settings(generation, f"http://127.0.0.1:{port}"), sleep=pauses.append)
    with pytest.raises(StoreError, match=rf"127.0.0.1:{port} does not answer"):
        http.write(b"m a=1 1\n")
    assert pauses == []
    http.close()


def test_secrets_are_not_shown() -> None:
    shown = repr(InfluxSettings(generation=1, url="http://h:1", database="d", token=SECRET, password=SECRET))
    assert SECRET not in shown
    with pytest.raises(ValueError, match="must not hold a password") as caught:
        InfluxSettings(generation=1, url=f"http://user:{SECRET}@h:1", database="d")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"url": "h:8086"}, "http://host:port"),
        ({"generation": 4}, "must be 1, 2 or 3"),
        ({"database": ""}, "is not named"),
        ({"generation": 2}, "needs an org and a token"),
        ({"retention_days": 0}, "at least 1"),
    ],
)
def test_settings_that_cannot_be_are_named(change: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        InfluxSettings(**{"generation": 1, "url": "http://h:1", "database": "d", **change})


def test_an_answer_in_chunks_is_put_together() -> None:
    def chunk(statement: int, device: str, *values: int) -> str:
        series = {
            "name": "m",
            "tags": {"device": device},
            "columns": ["time"],
            "values": [[at] for at in values],
        }
        return json.dumps({"results": [{"statement_id": statement, "series": [series], "partial": True}]})

    body = "\n".join([chunk(0, "a", 1, 2), chunk(0, "a", 3), chunk(0, "b", 1), chunk(1, "b", 9)]).encode()
    first, second = merged(body)
    assert [series["values"] for series in first["series"]] == [[[1], [2], [3]], [[1]]]
    assert [series["values"] for series in second["series"]] == [[[9]]]


def test_what_is_no_influxdb_is_said_to_be_none(opened: list[Http]) -> None:
    with Scripted((200, {}, {"hello": "world"})) as script:
        opened.append(Http(settings(1, script.url)))
        with pytest.raises(StoreError, match="is no InfluxDB"):
            opened[0].query("SELECT 1")


def test_influxdb_3_is_asked_one_statement_at_a_time_over_72_hours_at_most() -> None:
    start = 1_764_000_000_000
    with Scripted((200, {}, {"results": [{"statement_id": 0}]})) as script:
        store = InfluxTimeSeries(settings(3, script.url), clock=lambda: start)
        store.window("s", "d", "a", start, start + 10 * 86_400_000, 3_600_000, ["mean", "last"])
        store.close()
    questions = [parse_qs(urlsplit(address).query)["q"][0] for _, address, _ in script.asked]
    assert all(";" not in question for question in questions)
    assert sum("telemetry_1h" in question for question in questions) == 2 * 4  # mean, last


# Real servers.


def test_the_client_of_influxdb_2_writes_what_victoria_metrics_reads(tmp_path: Path) -> None:
    block = Block("fenglin-18", "厨房 1", [1_764_000_000_001], {"active_power": [812.5], "voltage": [230.0]})
    with VictoriaMetrics(tmp_path) as server:
        http = Http(settings(2, server.url))
        for body in bodies("telemetry", [block]):
            http.write(body)
        http.close()
        urllib3.request("GET", f"{server.url}/internal/force_flush")

        def stored() -> dict[str, Any]:
            address = f"{server.url}/api/v1/export?match[]={{site='fenglin-18'}}"
            rows = map(json.loads, urllib3.request("GET", address).data.splitlines())
            return {row["metric"]["__name__"]: row for row in rows}

        wait_until(lambda: len(stored()) == 2, what="both quantities shown")
        power = stored()["telemetry_active_power"]
    assert power["metric"]["device"] == "厨房 1"
    assert (power["timestamps"], power["values"]) == ([1_764_000_000_001], [812.5])


def test_readings_older_than_the_retention_do_not_stop_the_others(tmp_path: Path) -> None:
    base = settings_for(tmp_path)
    store = InfluxTimeSeries(
        InfluxSettings(generation=1, url=base.url, database=base.database, retention_days=7)
    )
    assert store.check(fix=True)[0].mended
    now = store._clock()
    old = Block("s", "d", [now - 30 * 86_400_000, now], {"a": [1.0, 2.0]})
    store.write([old], 5)
    assert store.raw("s", "d", "a", 0, now + 1) == ([now], [2.0])
    assert (store.counts()["beyond_retention"], store.position()) == (1, 5)
    store.close()


def test_a_changed_retention_is_found_and_mended(tmp_path: Path) -> None:
    base = settings_for(tmp_path)
    for days, found in ((None, "no database"), (30, "keeps readings for 0s, not 30d"), (None, "not INF")):
        http = Http(replace(base, retention_days=days))
        assert found in setup.check(http, fix=False)[0].what
        assert setup.check(http, fix=True)[0].mended
        assert setup.check(http, fix=True) == []
        http.close()


class GuardedInflux(Influx):
    """Wants a name and a password."""

    def command(self) -> list[str]:
        command = list(super().command())
        path = self.folder / "influxdb.conf"
        path.write_text(path.read_text().replace("[http]\n", "[http]\n  auth-enabled = true\n"))
        return command


def test_a_missing_right_is_told_with_what_to_do(tmp_path: Path) -> None:
    with GuardedInflux(tmp_path) as server:

        def enter(username: str = "", password: str = "") -> Http:
            return Http(InfluxSettings(generation=1, url=server.url, database="plumbline", username=username,
                                       password=password))  # fmt: skip

        nobody = enter()
        nobody.query("CREATE USER admin WITH PASSWORD 'a-secret' WITH ALL PRIVILEGES", change=True)
        admin = enter("admin", "a-secret")
        admin.query("CREATE USER visitor WITH PASSWORD 'v-secret'", change=True)
        visitor = enter("visitor", "v-secret")
        assert "401" in setup.check(nobody, fix=True)[0].what
        finding = setup.check(visitor, fix=True)[0]
        assert "could not be mended" in finding.what
        assert 'CREATE DATABASE "plumbline"' in finding.remedy
        assert setup.check(admin, fix=True)[0].mended
        assert setup.check(admin, fix=False) == []
        with pytest.raises(StoreError, match="403"):
            visitor.write(b"m a=1 1\n")
        for http in (nobody, admin, visitor):
            http.close()


def test_a_field_of_another_type_is_told(tmp_path: Path) -> None:
    store = InfluxTimeSeries(settings_for(tmp_path))
    store.check(fix=True)
    store._http.write(b"telemetry,site=s,device=d a=1i 1764000000000\n")
    with pytest.raises(StoreError, match="field type conflict"):
        store.write([Block("s", "d", [1_764_000_000_001], {"a": [1.5]})], 1)
    assert store.position() == 0
    store.close()


def test_a_database_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    http = Http(settings_for(tmp_path))
    with pytest.raises(NotThereError, match="doctor --fix"):
        http.write(b"m a=1 1\n")
    http.close()


# Setting up 2 and 3, as the vendor documents the answers.


def test_a_missing_bucket_of_influxdb_2_is_made_with_its_retention(opened: list[Http]) -> None:
    orgs: Reply = (200, {}, {"orgs": [{"id": "0rg"}]})
    missing: Reply = (404, {}, {"code": "not found", "message": 'bucket "plumbline" not found'})
    with Scripted(missing, orgs, (201, {}, {"id": "b"})) as script:
        opened.append(Http(settings(2, script.url)))
        assert setup.check(opened[0], fix=True)[0].mended
    assert json.loads(script.asked[-1][2]) == {
        "orgID": "0rg", "name": "plumbline", "retentionRules": [{"type": "expire", "everySeconds": 2_592_000}]
    }  # fmt: skip


def test_a_bucket_of_influxdb_2_with_another_retention_is_found(opened: list[Http]) -> None:
    bucket = {"id": "b1", "name": "plumbline", "retentionRules": [{"type": "expire", "everySeconds": 3600}]}
    with Scripted((200, {}, {"buckets": [bucket]})) as script:
        opened.append(Http(settings(2, script.url)))
        finding = setup.check(opened[0], fix=False)[0]
        assert "3600 s, not 2592000 s" in finding.what
        assert "influx bucket update --id b1" in finding.remedy
        assert setup.check(opened[0], fix=True)[0].mended
    assert script.asked[-1][:2] == ("PATCH", "/api/v2/buckets/b1")


def test_a_missing_database_of_influxdb_3_is_made_with_its_retention(opened: list[Http]) -> None:
    with Scripted((200, {}, [{"iox::database": "_internal"}]), (200, {}, None)) as script:
        opened.append(Http(settings(3, script.url)))
        assert setup.check(opened[0], fix=True)[0].mended
    assert json.loads(script.asked[-1][2]) == {"db": "plumbline", "retention_period": "30d"}


def test_a_token_without_rights_is_told(opened: list[Http]) -> None:
    for generation in GENERATIONS[1:]:
        with Scripted(
            (401, {}, {"message": "unauthorized access", "error": "unauthorized access"})
        ) as script:
            opened.append(Http(settings(generation, script.url)))
            finding = setup.check(opened[-1], fix=True)[0]
        assert "401 unauthorized access" in finding.what
        assert "token" in finding.remedy


def test_influxdb_3_says_that_it_cannot_erase() -> None:
    store = InfluxTimeSeries(settings(3, "http://127.0.0.1:9"))
    with pytest.raises(StoreError, match="cannot delete the readings of site 'fenglin-18'"):
        store.erase("fenglin-18")
    assert store.forget(1, 1) == 0
    store.close()
