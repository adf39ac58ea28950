"""InfluxQL: what we ask, and its answers as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from store.timeseries.influxdb.http import Http, NotThereError
from wire.durations import HOUR_MS

RAW: Final = "telemetry"
MINUTES: Final = "telemetry_1m"
HOURS: Final = "telemetry_1h"
STALE: Final = "telemetry_stale"
REACHED: Final = "telemetry_reached"

#: InfluxDB 3 Core refuses a question over more than 432 files, by default 72 hours
#: (docs.influxdata.com/influxdb3/core/reference/config-options, query-file-limit).
SPAN_3_MS: Final = 72 * HOUR_MS
#: And so its past is looked at in steps, this many of them: 30 days.
_SPANS_BACK: Final = 10
#: 1.x reads the statements of one request one after the other.
_STATEMENTS: Final = 100


@dataclass(frozen=True, slots=True)
class Series:
    """One table of an answer: `columns[name]` has as many values as `time`."""

    tags: Mapping[str, str]
    time: list[int]
    columns: Mapping[str, list[Any]]


def text(value: str) -> str:
    """A string in InfluxQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def name(identifier: str) -> str:
    """A field, tag or measurement in InfluxQL."""
    return '"' + identifier.replace("\\", "\\\\").replace('"', '\\"') + '"'


def where(site: str, devices: Sequence[str] = (), start: int | None = None, end: int | None = None) -> str:
    """The condition on tags and on start <= time < end."""
    parts = [f"site = {text(site)}"]
    if devices:
        parts.append("(" + " OR ".join(f"device = {text(device)}" for device in devices) + ")")
    if start is not None:
        parts.append(f"time >= {start}ms")
    if end is not None:
        parts.append(f"time < {end}ms")
    return " WHERE " + " AND ".join(parts)


def select(fields: str, source: str, condition: str = "", rest: str = "") -> str:
    """A question; `condition` and `rest` as the functions here give them."""
    return f"SELECT {fields} FROM {source}{condition}{rest}"  # noqa: S608 - quoted by text() and name()


def delete(source: str, condition: str) -> str:
    """Takes away rows of a measurement."""
    return f"DELETE FROM {source} WHERE {condition}"  # noqa: S608 - quoted by text() and name()


def by_time(start: int, step_ms: int) -> str:
    """Buckets that begin at `start` and go on every `step_ms`; an empty one gives no row."""
    return f" GROUP BY time({step_ms}ms, {start % step_ms}ms)"


class Questions:
    """Asks an InfluxDB of any generation. Nothing is known where the database is not made yet; all else that
    goes wrong is a StoreError."""

    def __init__(self, http: Http) -> None:
        self._http = http
        #: InfluxDB 3: one statement a request, and not the whole past in one.
        self.bounded = http.settings.generation == 3

    def ask(self, statement: str) -> list[Series]:
        """The tables one statement gives."""
        return self.ask_all([statement])[0]

    def ask_all(self, statements: Sequence[str]) -> list[list[Series]]:
        """The tables of each statement, in as few requests as the server allows (3 takes one in each)."""
        most = 1 if self.bounded else _STATEMENTS
        answers: list[list[Series]] = []
        for at in range(0, len(statements), most):
            part = statements[at : at + most]
            try:
                results = self._http.query(";".join(part))
            except NotThereError:
                return [[] for _ in statements]
            answers += [[_series(told) for told in result.get("series", ())] for result in results]
        return answers

    def change(self, statement: str) -> None:
        """Carry out a statement that is no question."""
        self._http.query(statement, change=True)

    def spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """[start, end) in parts that one question may cover."""
        if not self.bounded:
            yield start, end
            return
        for at in range(start, end, SPAN_3_MS):
            yield at, min(at + SPAN_3_MS, end)

    def reach(self, start: int, end: int) -> int:
        """How far towards `end` one question may look from `start`."""
        return min(end, start + SPAN_3_MS) if self.bounded else end

    def pasts(self, now: int) -> Iterable[str]:
        """Conditions that together cover the past, the newest first: all of it, on 3 the last 30 days."""
        if not self.bounded:
            return [""]
        ends = [now + HOUR_MS - number * SPAN_3_MS for number in range(_SPANS_BACK)]
        return [f" AND time >= {end - SPAN_3_MS}ms AND time < {end}ms" for end in ends]


def _series(told: Mapping[str, Any]) -> Series:
    names: list[str] = told["columns"]
    rows = told.get("values") or []
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in names]
    table = dict(zip(names, columns, strict=True))
    return Series(told.get("tags") or {}, table.pop("time", []), table)
