"""Time series: every reading once, idempotent on (site, device, quantity, time)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Aggregate = Literal["min", "max", "mean", "last", "count"]


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one device: `time` has n UTC milliseconds, each column n values; null is not stored."""

    site: str
    device: str
    time: Sequence[int]
    values: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Window:
    """Buckets [time[i], time[i] + step_ms); a bucket without readings has null in every aggregate."""

    step_ms: int
    time: list[int]
    columns: dict[Aggregate, list[float | None]]


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest reading of a series."""

    time: int
    value: float


class TimeSeries(Protocol):
    """Safe to call from several threads; blocking."""

    def write(self, blocks: Sequence[Block], position: int) -> int:
        """Store the blocks and, in the same transaction, the log offset they reach to. Writing again what is
        there already changes nothing. Returns the number of readings handled."""

    def position(self) -> int:
        """The log offset this store has reached, 0 when new."""

    def latest(self, site: str) -> dict[tuple[str, str], Latest]:
        """(device, quantity) -> newest reading."""

    def raw(
        self, site: str, device: str, quantity: str, start: int, end: int
    ) -> tuple[list[int], list[float]]:
        """Every reading in [start, end), ascending."""

    def window(
        self,
        site: str,
        device: str,
        quantity: str,
        start: int,
        end: int,
        step_ms: int,
        aggregates: Sequence[Aggregate],
    ) -> Window:
        """Aggregates over buckets of `step_ms`; from the 1-minute rollups where it is whole minutes."""

    def roll_up(self, limit: int) -> int:
        """Bring up to `limit` stale minutes of the rollup up to date; how many were."""

    def close(self) -> None: ...
