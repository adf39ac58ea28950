"""The time series in one SQLite file."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from store.errors import StoreError
from store.sqlite import Database
from store.timeseries.contract import Aggregate, Block, Differences, Finding, Latest, Window, empty_window
from store.timeseries.counter import Exchange, Life
from store.timeseries.limits import must_be_counter
from store.timeseries.sqlite import retention, rollup, window
from store.timeseries.sqlite.schema import SCHEMA, TABLES, bring_up_to_date
from store.timeseries.sqlite.write import SeriesIds, Step, known_series

logger = logging.getLogger(__name__)

#: One step to the end of each series: the newest is looked up, not kept, so late data cannot spoil it.
_LATEST: Final = """
SELECT device, quantity, time, value FROM series CROSS JOIN point
  ON point.series = series.id
    AND time = (SELECT max(time) FROM point WHERE point.series = series.id AND time <= ?)
WHERE site = ?
"""
#: Later than any time: the greatest integer of SQLite.
_EVER: Final = (1 << 63) - 1
_NEWEST: Final = "SELECT max((SELECT max(time) FROM point WHERE point.series = series.id)) FROM series"
#: A file that is at most so far empty is left alone: what comes next fills it.
_FREE_SHARE_LEFT: Final = 0.1
_STEP_MINUTES: Final = 2000


class SqliteTimeSeries:
    """`store.timeseries.contract.TimeSeries` on SQLite (WAL, synchronous=NORMAL: the log fills it anew).

    The first value of a (site, device, quantity, time) stands: a repeat changes nothing, whatever it says.
    Raises StoreError where the disk will not.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, "NORMAL")
        with self._database.write() as connection:
            bring_up_to_date(connection, path)
        self._known = SeriesIds()
        self._too_late = 0

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        """See the contract. A position before the one already reached does not take it back.

        A late reading for a minute whose readings `forget` has deleted and whose rollup is kept is left out,
        and said in the program's log: it could not be told from one that is in the rollup already. Where
        there is no rollup either, as for a site that was away longer than the retention, it is taken.
        """
        with self._database.write() as connection:
            step = Step(connection, self._known, differences or Differences())
            step.write(blocks, position)
        step.known.ids.update(step.found)
        self._known = step.known
        self._too_late += step.too_late
        if step.too_late:
            logger.warning("%d late readings left out: their minutes are closed", step.too_late)
        return step.readings + step.too_late

    def counts(self) -> dict[str, int]:
        """See the contract."""
        return {"too_late": self._too_late}

    def position(self) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT position FROM reached").fetchone()[0])

    def devices(self, site: str) -> dict[str, list[str]]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT device, quantity FROM series WHERE site = ? ORDER BY device, quantity", (site,)
            ).fetchall()
        found: defaultdict[str, list[str]] = defaultdict(list)
        for device, quantity in rows:
            found[device].append(quantity)
        return dict(found)

    def latest(self, site: str, until: int | None = None) -> dict[tuple[str, str], Latest]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(_LATEST, (_EVER if until is None else until, site)).fetchall()
        return {(device, quantity): Latest(time, value) for device, quantity, time, value in rows}

    def newest(self) -> int | None:
        """See the contract."""
        with self._database.read() as connection:
            newest = connection.execute(_NEWEST).fetchone()[0]
        return None if newest is None else int(newest)

    def raw(
        self, site: str, device: str, quantity: str, start: int, end: int, *, limit: int | None = None
    ) -> tuple[list[int], list[float]]:
        """See the contract."""
        with self._database.read() as connection:
            series = known_series(connection, (site, device, quantity))
            rows = connection.execute(
                "SELECT time, value FROM point WHERE series = ? AND time >= ? AND time < ? "
                "ORDER BY time LIMIT ?",
                (series, start, end, -1 if limit is None else limit),
            ).fetchall()
        return [time for time, _ in rows], [value for _, value in rows]

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
        """See the contract, and `window.window` for bounds."""
        with self._database.read() as connection:
            series = known_series(connection, (site, device, quantity))
            return window.window(connection, series, quantity, start, end, step_ms, aggregates, exchanges)

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
        with self._database.read() as connection:
            series = known_series(connection, (site, device, quantity))
            return window.life(connection, series, quantity, start, end, step_ms, exchanges)

    def roll_up(self, limit: int) -> int:
        """See the contract."""
        with self._database.write() as connection:
            return rollup.roll_up(connection, limit)

    def forget(self, raw_before: int, rollups_before: int) -> int:
        """See the contract, and `retention.forget` for what is spared."""
        return retention.forget(self._database, raw_before, rollups_before)

    def erase(self, site: str) -> None:
        """See the contract. Other processes may go on writing to this file."""
        retention.erase(self._database, site)

    def compact(self) -> None:
        """See the contract. Does nothing while less than a tenth of the file is empty.

        Else the file is written anew: the writer waits for it (the log waits with it, pages do not), and the
        disk must have room for what is left once more. Deletions alone do not need it: new readings take up
        the room that old ones left. See docs/decisions/0013-what-the-time-series-lets-go.md.
        """
        if self._free_share() > _FREE_SHARE_LEFT:
            self._database.compact()

    def _free_share(self) -> float:
        with self._database.read() as connection:
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
        return float(free) / max(1, int(pages))

    def check(self, *, fix: bool) -> list[Finding]:
        """See the contract. Quick, so that it may run at every start: it does not read the file through."""
        try:
            return [*self._check_tables(fix=fix), *self._check_rollups(fix=fix)]
        except StoreError as error:
            return [Finding(str(error), "free the disk, or restore the file from a backup")]

    def _check_tables(self, *, fix: bool) -> list[Finding]:
        with self._database.read() as connection:
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        missing = sorted(TABLES.keys() - there)
        if missing and fix:
            with self._database.write() as connection:
                for statement in SCHEMA:
                    connection.execute(statement)
        what = f"{self._database.path}: no table {', '.join(missing)}"
        return [Finding(what, "doctor --fix makes it, empty", mended=fix)] if missing else []

    def _check_rollups(self, *, fix: bool) -> list[Finding]:
        """A few stale minutes are there in every running service; more than a step of them wait for one."""
        with self._database.read() as connection:
            if not rollup.more_than(connection, _STEP_MINUTES):
                return []
        while fix and self.roll_up(_STEP_MINUTES):
            pass
        what = f"{self._database.path}: more than {_STEP_MINUTES} minutes are not rolled up"
        return [Finding(what, "the ingest service does it while idle, or doctor --fix now", mended=fix)]

    def close(self) -> None:
        """See the contract."""
        self._database.close()
