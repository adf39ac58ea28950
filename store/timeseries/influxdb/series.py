"""The time series in InfluxDB 1.x, 2.x or 3: docs/decisions/0007-influxdb.md says how and why."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from store.errors import StoreError
from store.timeseries import columns
from store.timeseries.contract import Aggregate, Block, Differences, Finding, Latest, Window, empty_window
from store.timeseries.counter import Exchange, Life
from store.timeseries.influxdb import lines, setup
from store.timeseries.influxdb import window as windows
from store.timeseries.influxdb.first import First
from store.timeseries.influxdb.http import Http
from store.timeseries.influxdb.query import (
    HOURS,
    MINUTES,
    RAW,
    REACHED,
    STALE,
    Questions,
    delete,
    name,
    select,
    where,
)
from store.timeseries.influxdb.query import (
    text as quoted,
)
from store.timeseries.influxdb.rebuild import Rebuild
from store.timeseries.influxdb.rollup import RollUp, tasks
from store.timeseries.influxdb.settings import InfluxSettings
from store.timeseries.influxdb.stale import Key, Marks, decoded, encoded, minutes_of
from store.timeseries.limits import COUNTERS, must_be_counter
from wire.durations import HOUR_MS, MINUTE_MS
from wire.ranges import Ranges

#: Readings of one page of `raw`: some 2 MB of JSON.
_PAGE: Final = 100_000
_BODIES_UNDER_WAY: Final = 2
#: A series of at most this many readings an hour is read about as quickly as its minutes.
_SPARSE_HOUR: Final = 90
#: Devices whose marks are told in one request.
_MARKS: Final = 1_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class InfluxTimeSeries:
    """`store.timeseries.contract.TimeSeries` on InfluxDB. One process at a time may write; any may read.

    Nothing is asked of the
    server before the first call. Every method raises StoreError where the server will not.
    """

    def __init__(self, settings: InfluxSettings, clock: Callable[[], int] = _now_ms) -> None:
        """`clock` gives UTC ms: minutes that are not over by it are not rolled up yet."""
        self._http = Http(settings)
        self._questions = Questions(self._http)
        self._windows = windows.Windows(self._questions, self.raw)
        self._first = First(self._newest_of, self.raw)
        self._roll = RollUp(self._questions, self._store)
        self._rebuild = Rebuild(self._questions, self._roll, self._store_state, self.devices)
        self._clock = clock
        self._sender = ThreadPoolExecutor(_BODIES_UNDER_WAY, "influxdb-write")
        self._writing = threading.Lock()
        self._rolling = threading.Lock()
        self._marks: Marks | None = None
        self._reached = 0
        self._state_time = 0
        self._fields: set[str] = set()

    # Writing.

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        """See the contract. InfluxDB would keep the last of two values at one moment, so what is not newer
        than all that is known of its series is looked up before.

        In this order: marks of the minutes that become stale, readings, position; a failure leaves a mark or
        a reading too many, which the next try of the same blocks makes right.
        """
        merged = columns.merge(blocks)
        with self._writing:
            marks = self._begun()
            fresh = self._first.only_new(merged, differences or Differences())
            self._tell(marks, marks.add(minutes_of(fresh, MINUTE_MS)))
            self._store(RAW, fresh)
            if position > self._reached:
                self._store_state([f"{REACHED} position={position}i"])
                self._reached = position
        return columns.readings_of(merged)

    def counts(self) -> dict[str, int]:
        """See the contract. The server refuses readings for which its retention policy is over."""
        return {
            "beyond_retention": self._http.beyond_retention,
            "devices_to_rebuild": self._rebuild.devices,
        }

    def _store(self, measurement: str, blocks: Sequence[Block]) -> None:
        """Lines are made while the server reads the ones before: two bodies under way leave it no pause,
        and are all that is held in memory."""
        sending: deque[Future[None]] = deque()
        try:
            for body in lines.bodies(measurement, blocks):
                if len(sending) == _BODIES_UNDER_WAY:
                    sending.popleft().result()
                sending.append(self._sender.submit(self._http.write, body))
        finally:
            # All of them have ended before anything is told about them, also where one has failed.
            wait(sending)
        for sent in sending:
            sent.result()

    def _store_state(self, lines: Sequence[str]) -> None:
        """Lines of our own book-keeping, at a time after all others of it, so that the last is the newest
        whatever the clock does. Within an hour they replace each other; InfluxDB 3 does not do that reliably,
        so there each has its own millisecond."""
        now = self._clock()
        if self._http.settings.generation == 3:
            self._state_time = max(now, self._state_time + 1)
        else:
            self._state_time = max(now // HOUR_MS * HOUR_MS, self._state_time)
        self._http.write("".join(f"{line} {self._state_time}\n" for line in lines).encode())

    def _tell(self, marks: Marks, keys: Sequence[Key]) -> None:
        """Let the server hold the marks of these devices."""
        for at in range(0, len(keys), _MARKS):
            part = keys[at : at + _MARKS]
            heads = [lines.tagged(STALE, {"site": site, "device": device}) for site, device in part]
            texts = [encoded(marks.stale[key]) for key in part]
            self._store_state([f'{head} minutes="{text}"' for head, text in zip(heads, texts, strict=True)])
            marks.told(part)

    def _begun(self) -> Marks:
        """What an earlier process left to do; the database is made where it is missing."""
        if self._marks is not None:
            return self._marks
        if open_findings := [found for found in self.check(fix=True) if not found.mended]:
            raise StoreError("; ".join(f"{found.what}: {found.remedy}" for found in open_findings))
        marks = Marks()
        written: set[Key] = set()
        for past in reversed(list(self._questions.pasts(self._clock()))):
            for series in self._questions.ask(
                select("last(minutes)", STALE, f" WHERE device != ''{past}", " GROUP BY site, device")
            ):
                key = series.tags["site"], series.tags["device"]
                marks.load(key, series.columns["last"][0])
                written.add(key)
                self._state_time = max(self._state_time, series.time[0])
        self._position()
        if self._http.settings.generation != 3:
            self._rebuild.begin(written)
        self._marks = marks
        return marks

    def position(self) -> int:
        """See the contract. Asked of the server each time: it may have been restored from a backup."""
        with self._writing:
            return self._position()

    def _position(self) -> int:
        self._reached = 0
        for past in self._questions.pasts(self._clock()):
            condition = f" WHERE {past.removeprefix(' AND ')}" if past else ""
            for series in self._questions.ask(select("last(position)", REACHED, condition)):
                self._state_time = max(self._state_time, series.time[0])
                self._reached = int(series.columns["last"][0])
                return self._reached
        return 0

    # Reading.

    def devices(self, site: str) -> dict[str, list[str]]:
        """See the contract; on InfluxDB 3 of the last 30 days."""
        found: dict[str, set[str]] = {}
        for past in self._questions.pasts(self._clock()):
            condition = where(site) + past
            by_device = " GROUP BY device"
            for answer in self._questions.ask_all([
                select("last(*)", RAW, condition, by_device),
                select(r"last(/\.count$/)", HOURS, condition, by_device),
            ]):  # fmt: skip
                for series in answer:
                    quantities = found.setdefault(series.tags["device"], set())
                    for column, values in series.columns.items():
                        if values and values[0] is not None:
                            quantities.add(column.removeprefix("last_").removesuffix(".count"))
        return {device: sorted(found[device]) for device in sorted(found)}

    def latest(self, site: str, until: int | None = None) -> dict[tuple[str, str], Latest]:
        """See the contract; on InfluxDB 3 of the last 30 days."""
        found: dict[tuple[str, str], Latest] = {}
        due = "" if until is None else f" AND time <= {until}ms"
        for past in (span + due for span in self._questions.pasts(self._clock())):
            known = sorted(self._fields)
            keys, *answers = self._questions.ask_all([
                f"SHOW FIELD KEYS FROM {RAW}", *(_last_of(quantity, site, past) for quantity in known)
            ])  # fmt: skip
            self._fields |= {field for series in keys for field in series.columns["fieldKey"]}
            new = sorted(self._fields.difference(known))
            answers += self._questions.ask_all([_last_of(quantity, site, past) for quantity in new])
            for quantity, answer in zip([*known, *new], answers, strict=True):
                for series in answer:
                    newest = Latest(series.time[0], float(series.columns["last"][0]))
                    found.setdefault((series.tags["device"], quantity), newest)
        return found

    def newest(self) -> int | None:
        """See the contract; on InfluxDB 3 of the last 30 days."""
        return self._newest_where("")

    def _newest_of(self, site: str, device: str) -> int | None:
        return self._newest_where(where(site, [device]))

    def _newest_where(self, condition: str) -> int | None:
        for past in self._questions.pasts(self._clock()):
            full = condition + past if condition else past.replace(" AND ", " WHERE ", 1)
            for series in self._questions.ask(select("*", RAW, full, " ORDER BY time DESC LIMIT 1")):
                return series.time[0]
        return None

    def raw(
        self, site: str, device: str, quantity: str, start: int, end: int, *, limit: int | None = None
    ) -> tuple[list[int], list[float]]:
        """See the contract; asked for in pages."""
        times: list[int] = []
        values: list[float] = []
        for first, until in self._questions.spans(start, end):
            at = first
            while at < until and (limit is None or len(times) < limit):
                page = _PAGE if limit is None else min(_PAGE, limit - len(times))
                answer = self._questions.ask(
                    select(name(quantity), RAW, where(site, [device], at, until), f" LIMIT {page}")
                )
                if not answer:
                    break
                times += answer[0].time
                values += map(float, answer[0].columns[quantity])
                at = times[-1] + 1 if len(answer[0].time) == page else until
        return times, values

    def window(
        self,
        site: str,
        device: str,
        quantity: str,
        start: int,
        end: int,
        step_ms: int,
        aggregates: Sequence[Aggregate],
        exchanges: Sequence[Exchange] = (),
    ) -> Window:
        """See the contract. Which minutes are stale is asked of the server, so that it is right in a process
        that only reads, too."""
        window = empty_window(start, end, step_ms, aggregates)
        series = (site, device, quantity)
        if not window.time or not aggregates:
            return window
        unit_ms = windows.unit_of(start, step_ms)
        counting = "increase" in aggregates and quantity in COUNTERS
        stale, sparse = self._standing(series, start, end, MINUTE_MS if counting else unit_ms)
        if sparse and not {"mean", "covered", "increase"} & set(aggregates):
            self._windows.bare(window, series, end)
        else:
            self._windows.fill(window, series, end, stale, exchanges)
        return window

    def life(
        self,
        site: str,
        device: str,
        quantity: str,
        start: int,
        end: int,
        step_ms: int,
        exchanges: Sequence[Exchange] = (),
    ) -> Life:
        """See the contract."""
        must_be_counter(quantity)
        empty_window(start, end, step_ms, ())
        stale = self._stale(site, device)
        return self._windows.life((site, device, quantity), start, end, step_ms, stale, exchanges)

    def _standing(
        self, series: tuple[str, str, str], start: int, end: int, unit_ms: int
    ) -> tuple[Ranges, bool]:
        """Which minutes of the device are stale; and whether one question of single readings answers best:
        because rollups do not serve, or because there are so few that minutes spare nothing and none of
        them is forgotten."""
        site, device, quantity = series
        if self._http.settings.generation == 3:
            return self._stale(site, device) if unit_ms > 1 else Ranges(), False
        if unit_ms == 1:
            return Ranges(), True
        marks, forgotten, readings = self._questions.ask_all([
            select("last(minutes)", STALE, where(site, [device])),
            select("last(raw_before)", REACHED),
            select(f"sum({name(f'{quantity}.count')}), count({name(f'{quantity}.count')})", HOURS,
                   where(site, [device], start, end)),
        ])  # fmt: skip
        stale = decoded(marks[0].columns["last"][0]) if marks else Ranges()
        if unit_ms == HOUR_MS or not readings or (forgotten and forgotten[0].columns["last"][0] > start):
            return stale, False
        total, hours = readings[0].columns["sum"][0], readings[0].columns["count"][0]
        return stale, total <= _SPARSE_HOUR * hours

    def _stale(self, site: str, device: str) -> Ranges:
        for past in self._questions.pasts(self._clock()):
            for series in self._questions.ask(select("last(minutes)", STALE, where(site, [device]) + past)):
                return decoded(series.columns["last"][0])
        return Ranges()

    # Looking after it.

    def roll_up(self, limit: int) -> int:
        """See the contract. A minute here is one of a device, with all its quantities. Where none is stale,
        rollups of another version are made anew; not on InfluxDB 3, where no point is mended for sure."""
        before = self._clock() // MINUTE_MS
        return self._roll_up(limit, before) or self._rebuild_some(limit, before)

    def _rebuild_some(self, limit: int, before: int) -> int:
        if self._http.settings.generation == 3:
            return 0
        with self._rolling, self._writing:
            self._begun()
            return self._rebuild.step(limit, before)

    def _roll_up(self, limit: int, before: int) -> int:
        with self._rolling:
            with self._writing:
                marks = self._begun()
                jobs = marks.take(limit, before)
            sites: dict[str, dict[str, list[str]]] = {}

            def quantities(site: str) -> dict[str, list[str]]:
                if site not in sites:
                    sites[site] = self.devices(site)
                return sites[site]

            for task in tasks(jobs, quantities):
                self._roll.run(task)
            with self._writing:
                self._tell(marks, marks.done(jobs))
        return sum(job.last - job.first + 1 for job in jobs)

    def forget(self, raw_before: int, rollups_before: int) -> int:
        """See the contract; the server does not say how many went. InfluxDB 3 deletes nothing by itself but
        by the database's retention, so there this does nothing."""
        if self._http.settings.generation == 3:
            return 0
        while self._roll_up(1000, -(-raw_before // MINUTE_MS)):
            pass
        whole_hours = rollups_before // HOUR_MS * HOUR_MS
        with self._writing:
            self._begun()
            known = self._questions.ask(select("last(raw_before)", REACHED))
            before = max(raw_before, known[0].columns["last"][0] if known else raw_before)
            self._store_state([f"{REACHED} raw_before={before}i"])
        with self._rolling:
            for measurement, end in ((RAW, raw_before), (MINUTES, rollups_before), (HOURS, whole_hours)):
                self._questions.change(delete(measurement, f"time < {end}ms"))
        return 0

    def erase(self, site: str) -> None:
        """See the contract. Raises StoreError on InfluxDB 3 Core, which cannot delete rows."""
        if self._http.settings.generation == 3:
            raise StoreError(
                f"InfluxDB 3 at {self._http.settings.place} cannot delete the readings of site {site!r}: "
                f"wait for the database's retention, or copy the other sites and delete the database"
            )
        with self._rolling, self._writing:
            marks = self._begun()
            self._first.forget()
            for measurement in (RAW, MINUTES, HOURS, STALE):
                self._questions.change(delete(measurement, f"site = {quoted(site)}"))
            marks.drop(site)
            self._rebuild.drop(site)

    def compact(self) -> None:
        """The server compacts by itself."""

    def check(self, *, fix: bool) -> list[Finding]:
        """See the contract."""
        return setup.check(self._http, fix=fix)

    def close(self) -> None:
        """See the contract."""
        self._sender.shutdown()
        self._http.close()


def _last_of(quantity: str, site: str, past: str) -> str:
    return select(f"last({name(quantity)})", RAW, where(site) + past, " GROUP BY device")
