"""Requests to InfluxDB: what is sent where in each generation, and which answer is worth another try."""

from __future__ import annotations

import gzip
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException

from store.errors import StoreError
from store.timeseries.influxdb.settings import Generation, InfluxSettings

logger = logging.getLogger(__name__)

#: Answers after which the same request may succeed by itself. All others need a person or another request.
#: 1.x: docs.influxdata.com/influxdb/v1/tools/api (/write: 500 for an overloaded server and timeouts; the
#: write throttle of `max-concurrent-write-limit` answers 503). 2.x: docs.influxdata.com/influxdb/v2/api/
#: response-codes and …/write-data/troubleshoot (429 quota and 503 overload, both with Retry-After; 500).
#: 3: docs.influxdata.com/influxdb3/core/write-data/troubleshoot (503 stands in places where 2.x said 500;
#: 400 also for a batch of which a part was rejected; 403 where 2.x said 401: none of them gets better).
#: 502 and 504 come from proxies in front.
AGAIN: Final[Mapping[Generation, frozenset[int]]] = {
    1: frozenset({500, 502, 503, 504}),
    2: frozenset({429, 500, 502, 503, 504}),
    3: frozenset({429, 500, 502, 503, 504}),
}
#: What to do about the others.
_REMEDY: Final = {
    400: "the server refuses the content",
    401: "give a valid token (2.x, 3) or username and password (1.x)",
    403: "give the token or user the right to read and write there",
    404: "it is not there: `plumbline doctor --fix` makes it",
    413: "raise the server's limit of the body size",
    422: "the server refuses the content",
}
#: Points older than the retention are refused by name (1.x 400, 2.x 422); the rest of the body was stored.
_BEYOND: Final = re.compile(r"beyond retention policy")
_DROPPED: Final = re.compile(r"dropped=(\d+)")
_MISSING: Final = re.compile(r"database not found|bucket .*not found|could not find bucket", re.IGNORECASE)
#: The client's class of precisions is a list of strings, its annotation notwithstanding.
_MILLISECONDS: Final[Any] = "ms"
#: Three tries within half a second: whoever calls waits and tries again too, and with more patience.
_PAUSES_S: Final = (0.1, 0.3)
_LONGEST_WORD: Final = 300
#: A question longer than this is posted: proxies take addresses of 8 KB.
_LONGEST_ADDRESS: Final = 4_000


class NotThereError(StoreError):
    """The database or bucket does not exist (yet)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said. `retry_after_s`: how long it wants to be left alone, where it says so."""

    status: int
    body: bytes
    retry_after_s: float | None = None

    def words(self) -> str:
        """The reason given, short and on one line."""
        text = " ".join(self.body.decode(errors="replace").split())
        try:
            told = json.loads(self.body)
            text = str(told.get("error") or told.get("message") or text)
        except (ValueError, AttributeError):
            pass
        return text[:_LONGEST_WORD]


class Http:
    """Connections to one server, kept open and shared by threads. Raises StoreError and nothing else."""

    def __init__(self, settings: InfluxSettings, sleep: Callable[[float], None] = time.sleep) -> None:
        self.settings = settings
        #: Readings the server did not take because its retention policy is over for them.
        self.beyond_retention = 0
        self._sleep = sleep
        self._pool = urllib3.PoolManager(
            maxsize=8,
            retries=False,
            timeout=urllib3.Timeout(connect=min(3.0, settings.timeout_s), read=settings.timeout_s),
            cert_reqs="CERT_REQUIRED" if settings.verify else "CERT_NONE",
            ca_certs=settings.ca_file,
        )
        self._headers = dict(_authorization(settings))
        self._client = None if settings.generation == 1 else _client(settings)
        self._write_api = self._client.write_api(write_options=SYNCHRONOUS) if self._client else None

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]

    def write(self, body: bytes) -> None:
        """Store lines of line protocol with times in milliseconds. What was stored when it fails half-way
        may be written again. Raises NotThereError where there is no such database or bucket."""
        answer = self._tried(lambda: self._post_lines(body))
        if answer.status < 300:
            return
        words = answer.words()
        if _BEYOND.search(words) and answer.status in (400, 422):
            self._count_beyond(words)
        elif answer.status == 413 and body.count(b"\n") > 1:
            lines = body.splitlines(keepends=True)
            self.write(b"".join(lines[: len(lines) // 2]))
            self.write(b"".join(lines[len(lines) // 2 :]))
        else:
            raise self.error("write", answer.status, words)

    def query(self, statement: str, *, change: bool = False) -> list[dict[str, Any]]:
        """The results of InfluxQL, one for each statement, as /query gives them with times in milliseconds.
        `change`: it is no question, so the server wants it posted."""
        fields = {"db": self.settings.database, "epoch": "ms", "q": statement}
        if self.settings.generation == 1:
            # What is not chunked, `max-row-limit` may cut short, and before 1.7.8 the mark that says so is
            # not to be believed (github.com/influxdata/influxdb/issues/10114).
            fields |= {"chunked": "true", "chunk_size": "10000"}
        method = "POST" if change or len(statement) > _LONGEST_ADDRESS else "GET"
        answer = self._tried(lambda: self.request(method, "/query", fields=fields))
        if answer.status >= 300:
            raise self.error("query", answer.status, answer.words())
        try:
            results = merged(answer.body)
        except (ValueError, KeyError, TypeError) as error:
            place = self.settings.place
            raise StoreError(f"what answers at {place} is no InfluxDB: {error}; look at the url") from error
        errors = [str(result["error"]) for result in results if "error" in result]
        # Statements after the one that failed are told to be "not executed", in any order.
        for words in sorted(errors, key="not executed".__eq__):
            raise self.error("query", answer.status, words[:_LONGEST_WORD])
        return results

    def request(
        self, method: str, path: str, *, fields: Mapping[str, str] | None = None, body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """One request, no second try. Fields go into the address for GET, else into a form."""
        kind: dict[str, Any] = {} if method == "GET" or fields is None else {"encode_multipart": False}
        if fields is not None:
            kind["fields"] = dict(fields)
        if body is not None:
            kind["body"] = body
        response = self._pool.request(
            method, self.settings.url.rstrip("/") + path, headers={**self._headers, **(headers or {})}, **kind
        )
        return Answer(response.status, response.data, _seconds(response.headers.get("Retry-After")))

    def error(self, doing: str, status: int, words: str) -> StoreError:
        """The error for an answer nobody can use."""
        kind = NotThereError if _MISSING.search(words) else StoreError
        remedy = _REMEDY.get(404 if kind is NotThereError else status, "look at the server's log")
        place = f"{self.settings.database!r} on {self.settings.place}"
        return kind(f"InfluxDB {doing} of {place}: {status} {words or 'without a word'}; {remedy}")

    def _tried(self, send: Callable[[], Answer]) -> Answer:
        """Send, again where another try helps. Requests here change nothing when repeated."""
        place = self.settings.place
        for pause_s in (*_PAUSES_S, None):
            try:
                answer = send()
            except urllib3.exceptions.ProtocolError as error:
                # A kept connection ended under us, as it does when the server was restarted.
                if pause_s is None:
                    raise StoreError(f"InfluxDB at {place} breaks off: {error}") from error
                continue
            except (urllib3.exceptions.HTTPError, OSError) as error:
                raise StoreError(f"InfluxDB at {place} does not answer: {_reason(error)}") from error
            if answer.status not in AGAIN[self.settings.generation] or pause_s is None:
                break
            wanted_s = answer.retry_after_s if answer.retry_after_s is not None else pause_s
            if wanted_s > 1.0:
                break
            self._sleep(wanted_s)
        return answer

    def _post_lines(self, body: bytes) -> Answer:
        if self._write_api is None:
            path = f"/write?db={quote(self.settings.database, safe='')}&precision=ms"
            if self.settings.gzip:
                return self.request(
                    "POST", path, body=gzip.compress(body, 1), headers={"Content-Encoding": "gzip"}
                )
            return self.request("POST", path, body=body)
        try:
            self._write_api.write(
                self.settings.database,
                self.settings.org,
                body,
                write_precision=_MILLISECONDS,
            )
        except ApiException as error:
            if not error.status:
                raise urllib3.exceptions.HTTPError(error.reason) from error
            said = error.body or ""
            headers: Mapping[str, str] = error.headers or {}
            return Answer(error.status, said if isinstance(said, bytes) else said.encode(),
                          _seconds(headers.get("Retry-After")))  # fmt: skip
        return Answer(204, b"")

    def _count_beyond(self, words: str) -> None:
        found = _DROPPED.search(words)
        self.beyond_retention += int(found[1]) if found else 1
        logger.warning("InfluxDB %r keeps nothing so old: %s", self.settings.database, words)


def merged(body: bytes) -> list[dict[str, Any]]:
    """The results of an answer that may have come in chunks: one JSON document a line, each with up to
    chunk_size rows, which go on where the one before ended. Raises ValueError, KeyError or TypeError."""
    results: dict[int, dict[str, Any]] = {}
    for line in body.splitlines():
        for result in json.loads(line)["results"]:
            known = results.setdefault(int(result.get("statement_id", 0)), result)
            if known is not result:
                _go_on(known, result)
    return [results[number] for number in sorted(results)]


def _go_on(known: dict[str, Any], result: Mapping[str, Any]) -> None:
    """Add what a further chunk has to a result."""
    if "error" in result:
        known.setdefault("error", result["error"])
    held = known.setdefault("series", [])
    for series in result.get("series", ()):
        if held and (held[-1].get("tags"), held[-1]["columns"]) == (series.get("tags"), series["columns"]):
            held[-1]["values"] += series["values"]
        else:
            held.append(series)


def _client(settings: InfluxSettings) -> InfluxDBClient:
    return InfluxDBClient(
        settings.url, settings.token, org=settings.org, timeout=int(settings.timeout_s * 1000),
        enable_gzip=settings.gzip, verify_ssl=settings.verify, ssl_ca_cert=settings.ca_file,
    )  # fmt: skip


def _authorization(settings: InfluxSettings) -> Mapping[str, str]:
    if settings.token:
        return {"Authorization": f"Token {settings.token}"}
    if settings.username:
        return urllib3.make_headers(basic_auth=f"{settings.username}:{settings.password}")
    return {}


def _seconds(retry_after: str | None) -> float | None:
    """Seconds of a Retry-After; a date in it (RFC 9110, 10.2.3) is too far away for us."""
    if retry_after is None:
        return None
    return float(retry_after) if retry_after.isdigit() else 60.0


def _reason(error: Exception) -> str:
    """The last and plainest of the causes."""
    return str(getattr(error, "reason", None) or error)[:_LONGEST_WORD]
