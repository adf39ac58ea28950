"""Whether the database or bucket is there, with the retention it should have; and making it so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

from store.errors import StoreError
from store.timeseries.contract import Finding
from store.timeseries.influxdb.http import Answer, Http
from store.timeseries.influxdb.query import name
from store.timeseries.influxdb.settings import Generation

_HOURS: Final = re.compile(r"(\d+)h")
_DAY_S: Final = 86_400


def check(http: Http, *, fix: bool) -> list[Finding]:
    """What is not as it should be; with `fix` it is made so where we have the right to."""
    try:
        return _CHECKS[http.settings.generation](http, fix)
    except StoreError as error:
        return [Finding(str(error), _remedy(http))]


def _check_1(http: Http, fix: bool) -> list[Finding]:
    """InfluxQL of 1.x: docs.influxdata.com/influxdb/v1/query_language/manage-database."""
    settings = http.settings
    database = name(settings.database)
    duration = f" WITH DURATION {settings.retention_days}d" if settings.retention_days else ""
    if [settings.database] not in _rows(http, "SHOW DATABASES"):
        make = f"CREATE DATABASE {database}{duration}"
        return _mend(fix, f"there is no database {settings.database!r}", make,
                     lambda: http.query(make, change=True))  # fmt: skip
    for policy, kept, *_, default in _rows(http, f"SHOW RETENTION POLICIES ON {database}"):
        hours = _HOURS.match(kept)
        days = int(hours[1]) / 24 if hours else 0
        if default and days != (settings.retention_days or 0):
            wanted = f"{settings.retention_days}d" if settings.retention_days else "INF"
            alter = f"ALTER RETENTION POLICY {name(policy)} ON {database} DURATION {wanted} DEFAULT"
            what = f"{settings.database!r} keeps readings for {kept}, not {wanted}"
            return _mend(fix, what, alter, partial(http.query, alter, change=True))
    return []


def _check_2(http: Http, fix: bool) -> list[Finding]:
    """Buckets of 2.x: docs.influxdata.com/influxdb/v2/api/buckets. Names map to databases of InfluxQL by
    themselves (…/v2/api-guide/influxdb-1x/dbrp, virtual mappings)."""
    settings = http.settings
    seconds = (settings.retention_days or 0) * _DAY_S
    rules = [{"type": "expire", "everySeconds": seconds}] if seconds else []
    asked = urlencode({"org": settings.org, "name": settings.database})
    answer = _json(http, "GET", f"/api/v2/buckets?{asked}", missing={"buckets": []})
    if not answer["buckets"]:
        return _mend(fix, f"there is no bucket {settings.database!r}",
                     f"influx bucket create -o {settings.org} -n {settings.database} -r {seconds}s",
                     lambda: _make_bucket(http, rules))  # fmt: skip
    bucket = answer["buckets"][0]
    kept = sum(int(rule.get("everySeconds", 0)) for rule in bucket.get("retentionRules", ()))
    if kept == seconds:
        return []
    change = {"retentionRules": rules}
    return _mend(fix, f"bucket {settings.database!r} keeps readings {kept} s, not {seconds} s (0: for ever)",
                 f"influx bucket update --id {bucket['id']} --retention {seconds}s",
                 lambda: _json(http, "PATCH", f"/api/v2/buckets/{bucket['id']}", change))  # fmt: skip


def _make_bucket(http: Http, rules: list[dict[str, Any]]) -> None:
    orgs = _json(http, "GET", f"/api/v2/orgs?{urlencode({'org': http.settings.org})}")["orgs"]
    if not orgs:
        raise StoreError(f"there is no org {http.settings.org!r} on {http.settings.place}; make it first")
    wanted = {"orgID": orgs[0]["id"], "name": http.settings.database, "retentionRules": rules}
    _json(http, "POST", "/api/v2/buckets", wanted)


def _check_3(http: Http, fix: bool) -> list[Finding]:
    """Databases of 3 Core: docs.influxdata.com/influxdb3/core/api/database. The retention is fixed when one
    is made and not shown, so only a missing database is found."""
    settings = http.settings
    rows = _json(http, "GET", "/api/v3/configure/database?format=json")
    if any(settings.database in row.values() for row in rows):
        return []
    wanted: dict[str, Any] = {"db": settings.database}
    option = ""
    if settings.retention_days:
        wanted["retention_period"] = f"{settings.retention_days}d"
        option = f"--retention-period {settings.retention_days}d "
    return _mend(fix, f"there is no database {settings.database!r}",
                 f"influxdb3 create database {option}{settings.database}",
                 lambda: _json(http, "POST", "/api/v3/configure/database", wanted))  # fmt: skip


_CHECKS: Final[Mapping[Generation, Callable[[Http, bool], list[Finding]]]] = {
    1: _check_1,
    2: _check_2,
    3: _check_3,
}


def _mend(fix: bool, what: str, how: str, mend: Callable[[], object]) -> list[Finding]:
    place_and_way = f"`plumbline doctor --fix`, or on the server: {how}"
    if not fix:
        return [Finding(what, place_and_way)]
    try:
        mend()
    except StoreError as error:
        return [Finding(f"{what}, and it could not be mended: {error}", f"with more rights: {how}")]
    return [Finding(what, how, mended=True)]


def _remedy(http: Http) -> str:
    settings = http.settings
    entry = "username and password" if settings.generation == 1 else "token"
    kind = f"InfluxDB {settings.generation}"
    return f"see that {kind} runs at {settings.place} and takes the {entry}"


def _rows(http: Http, statement: str) -> list[list[Any]]:
    series = http.query(statement)[0].get("series") or [{}]
    rows: list[list[Any]] = series[0].get("values") or []
    return rows


def _json(
    http: Http, method: str, path: str, send: Mapping[str, Any] | None = None, missing: object = None
) -> Any:  # noqa: ANN401 - as the server has it
    """What the server answers; `missing` where it says there is no such thing."""
    body = None if send is None else json.dumps(send).encode()
    headers = {"Content-Type": "application/json"} if body else {}
    try:
        answer: Answer = http.request(method, path, body=body, headers=headers)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StoreError(f"InfluxDB at {http.settings.place} does not answer: {error}") from error
    if answer.status == 404 and missing is not None:
        return missing
    if answer.status >= 300:
        raise http.error(f"{method} {path.partition('?')[0]}", answer.status, answer.words())
    try:
        return json.loads(answer.body or b"null")
    except ValueError as error:
        raise StoreError(f"what answers at {http.settings.place} is no InfluxDB; look at the url") from error
