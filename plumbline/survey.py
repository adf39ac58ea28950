"""What the stores hold, looked at now and then in the background, so that health never waits for a store."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection
from typing import Any, Final

from parts.part import Part
from parts.progress import LATE_S, Progress
from plumbline.clock import now_ms
from plumbline.stores import Stores
from store.errors import StoreError
from store.threads import EVERY_POOL, HEALTH

EVERY_S: Final = 1.0


class Survey:
    """The newest look at the stores, as the part `stores`."""

    def __init__(self, stores: Stores, sites: Callable[[], Collection[str]]) -> None:
        """`sites` now: whose agents are counted."""
        self._stores = stores
        self._sites = sites
        self._progress = Progress()
        self._followed_s = time.monotonic()
        self._figures: dict[str, Any] = {}

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("stores", self.run, lambda: self._figures, self.well)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        self._followed_s = time.monotonic()
        while not stop.is_set():
            self._progress.begin()
            try:
                self._take(await HEALTH.run(self._look))
            except StoreError as error:
                self._progress.failed(error)
            else:
                self._progress.done()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await stop.wait()

    def well(self) -> str | None:
        """Why stores cannot be read or records written, or that the time series falls behind the log and
        does not move."""
        stuck_s = time.monotonic() - self._followed_s
        if stuck_s > LATE_S and (lag := self._figures.get("time_series_lag", 0)):
            return f"the time series is {lag} batches behind the log and has not moved for {stuck_s:.0f} s"
        return self._progress.well()

    def _take(self, figures: dict[str, Any]) -> None:
        moved = figures["timeseries_offset"] != self._figures.get("timeseries_offset")
        if moved or figures["time_series_lag"] == 0:
            self._followed_s = time.monotonic()
        self._figures = figures

    def _look(self) -> dict[str, Any]:
        """Blocking. The position first: what is appended meanwhile is no lag."""
        looked_at = now_ms()
        self._stores.records.probe()
        log_offset = self._stores.log.last_offset()
        position = self._stores.timeseries.position()
        states = [state for site in self._sites() for state in self._stores.records.agent_states.of(site)]
        return {
            "looked_at": looked_at,
            "log_offset": log_offset,
            "timeseries_offset": position,
            "time_series_lag": max(log_offset - position, 0),
            "agents_online": sum(state.status.online for state in states),
            "spooled_batches": sum(state.status.spool.batches for state in states),
            "quarantined": sum(self._stores.records.quarantine.counts().values()),
            "refused_calls": {threads.name: threads.refused for threads in EVERY_POOL},
        }
