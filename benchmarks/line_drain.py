"""A week without a link, then one: the spool drains through the real service while devices are read on.

The week is of the 20 devices of `line_agent`, ten quantities each, every ten seconds: 12.1 million readings
in 60,480 batches, as the agent seals them. Meanwhile it reads the same devices once a second. Looked at,
twenty times a second, is the time series store: how old a new value is when it is first seen there, and how
old the newest value of the device that is furthest behind is at any moment, the second between two readings
included.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Final

from benchmarks.line_agent import LINES, METERS, running
from benchmarks.line_wire import CENTRES, QUANTITIES, STEPS
from benchmarks.load import SITE
from benchmarks.report import Figure
from edge_agent.host import local_socket
from edge_agent.spool.contents import Parcel
from edge_agent.spool.spool import Spool
from store.timeseries.sqlite import SqliteTimeSeries
from wire.batch import Frame
from wire.durations import DAY_MS

_DAYS: Final = 7
_EVERY_MS: Final = 10_000
_BATCHES: Final = _DAYS * DAY_MS // _EVERY_MS
_DEVICES: Final = [f"meter-{line}-{unit}" for line in range(LINES) for unit in range(1, METERS + 1)]
_BOUND_BYTES: Final = 512 << 20
_SEALED_TOGETHER: Final = 96
#: Different values, used in turn: a batch is compressed alone, so they need not differ all week.
_DIFFERENT: Final = 200
_LOOK_S: Final = 0.05
#: Which quantity of a device is looked at: all of them come together.
_OF: Final = "active_power"
_CALM_S: Final = 20.0
_DRAINED_WITHIN_S: Final = 1_200.0
#: Batches that wait when nothing but what is being read does.
_NO_BACKLOG: Final = 4


def measure(folder: Path) -> list[Figure]:
    """How quick it drains, and how old live values are meanwhile and afterwards."""
    folder.mkdir(parents=True)
    _fill(folder / "spool.db")
    in_spool = (folder / "spool.db").stat().st_size
    with running(folder, LINES, METERS, 0, 1.0) as children:
        store = SqliteTimeSeries(folder / "data" / "timeseries.db")
        _until_live(store)
        started_s = time.monotonic()
        waiting = local_socket.ask(folder / "spool.db").status.spool.batches
        seen, calm = Seen(store), Seen(store)
        while local_socket.ask(folder / "spool.db").status.spool.batches > _NO_BACKLOG:
            children.check()
            seen.look_for(1.0)
            if time.monotonic() - started_s > _DRAINED_WITHIN_S:
                raise SystemExit(f"the spool is not drained within {_DRAINED_WITHIN_S:.0f} s")
        drained_s = time.monotonic() - started_s
        calm.look_for(_CALM_S)
        store.close()
    readings = waiting * len(_DEVICES) * len(QUANTITIES)
    return [
        Figure(f"{_DAYS} days in the spool, {_BATCHES:,} batches", in_spool / (1 << 20), "MiB"),
        Figure(f"{_DAYS} days drained in", drained_s, "s"),
        Figure("drained, readings a second", readings / drained_s, "/s"),
        Figure("live value new in the store meanwhile, median", _quantile(seen.new_s, 0.5), "s",
               _quantile(calm.new_s, 0.5)),
        Figure("live value new in the store meanwhile, worst", max(seen.new_s), "s", max(calm.new_s), 2.0,
               sense="at most"),
        Figure("newest of the last device at any moment, median", _quantile(seen.oldest_s, 0.5), "s",
               _quantile(calm.oldest_s, 0.5)),
        Figure("newest of the last device at any moment, worst", max(seen.oldest_s), "s", max(calm.oldest_s)),
    ]  # fmt: skip


def _fill(path: Path) -> None:
    chance = random.Random(7)
    columns: list[dict[str, list[float | None]]] = [
        {
            quantity: [round(centre + step * chance.gauss(0, 5), 3)]
            for quantity, centre, step in zip(QUANTITIES, CENTRES, STEPS, strict=True)
        }
        for _ in range(_DIFFERENT * len(_DEVICES))
    ]
    first_ms = time.time_ns() // 1_000_000 // _EVERY_MS * _EVERY_MS - _BATCHES * _EVERY_MS
    spool = Spool.open(path, _BOUND_BYTES, first_ms)
    for start in range(0, _BATCHES, _SEALED_TOGETHER):
        numbers = range(start, min(start + _SEALED_TOGETHER, _BATCHES))
        spool.seal_all(
            [_parcel(columns, number, first_ms) for number in numbers], first_ms + numbers[-1] * _EVERY_MS
        )
    spool.close()


def _parcel(columns: list[dict[str, list[float | None]]], number: int, first_ms: int) -> Parcel:
    at = number % _DIFFERENT * len(_DEVICES)
    time_ms = first_ms + number * _EVERY_MS
    frames = [
        # Known to be right, and a million of them.
        Frame.model_construct(device=device, time=[time_ms + 64 * place], values=columns[at + place])
        for place, device in enumerate(_DEVICES)
    ]
    return frames, []


class Seen:
    """Ages of live values in a store, seconds, to the twentieth of one."""

    def __init__(self, store: SqliteTimeSeries) -> None:
        self._store = store
        self._newest_ms = self._newest()
        #: Of each value when it was first there; of the oldest newest value at each look.
        self.new_s: list[float] = []
        self.oldest_s: list[float] = []

    def look_for(self, seconds: float) -> None:
        """Look at the store for so long."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            newest_ms, now_s = self._newest(), time.time()
            self.new_s += [
                now_s - time_ms / 1000.0
                for device, time_ms in newest_ms.items()
                if time_ms != self._newest_ms.get(device)
            ]
            self.oldest_s.append(now_s - min(newest_ms.values()) / 1000.0)
            self._newest_ms = newest_ms
            time.sleep(_LOOK_S)

    def _newest(self) -> dict[str, int]:
        latest = self._store.latest(SITE)
        return {device: latest[device, quantity].time for device, quantity in latest if quantity == _OF}


def _until_live(store: SqliteTimeSeries) -> None:
    """Every device has been read by the agent and stored since it was started."""
    deadline = time.monotonic() + 60
    started_ms = time.time_ns() // 1_000_000
    while sum(one.time > started_ms for one in store.latest(SITE).values()) < len(_DEVICES) * len(QUANTITIES):
        if time.monotonic() > deadline:
            raise SystemExit("no live value of every device within a minute")
        time.sleep(_LOOK_S)


def _quantile(ages: list[float], share: float) -> float:
    return sorted(ages)[min(round(share * len(ages)), len(ages) - 1)]
