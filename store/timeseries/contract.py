"""Time series: every reading once, idempotent on (site, device, quantity, time)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from store.timeseries.counter import Exchange, Life, Mark

#: `mean` is weighted by time: each reading holds until the next one, at most for `limits.hold_ms`; so a gap
#: is not bridged. A bucket in which nothing holds, as one reading without a next one, has the plain mean.
#: `covered` is the share of the bucket's time that readings hold for, 0 to 1; null where readings are gone
#: and an old version has left no more than their plain mean. `increase` is for counters (null for all else)
#: by the rule of `store.timeseries.counter`.
Aggregate = Literal["min", "max", "mean", "last", "count", "increase", "covered"]

#: A window is for a chart or a rule, not for an export.
MOST_BUCKETS: Final = 200_000


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
    #: With `increase`: the steps in the window that are not as steps should be.
    marks: list[Mark] = field(default_factory=list)

    def put_growth(self, life: Life) -> None:
        """Fill `increase` and `marks`."""
        for bucket, amount in life.grown().items():
            self.columns["increase"][bucket] = amount
        self.marks.extend(life.marks())

    def put_mean(self, bucket: int, plain: float, held: tuple[float, float] | None, length_ms: int) -> None:
        """Fill `mean` and `covered` of a bucket, as far as they are asked for. `held`: area (value times ms)
        and ms of what readings hold for; None where only their plain mean is left."""
        if "mean" in self.columns:
            self.columns["mean"][bucket] = held[0] / held[1] if held and held[1] > 0 else plain
        if "covered" in self.columns and held:
            self.columns["covered"][bucket] = held[1] / length_ms


def empty_window(start: int, end: int, step_ms: int, aggregates: Sequence[Aggregate]) -> Window:
    """A window of [start, end) with nothing in it. Raises ValueError for a step or a number of buckets out of
    bounds."""
    if step_ms < 1:
        raise ValueError(f"step_ms is {step_ms}, at least 1")
    time = range(start, end, step_ms)
    if len(time) > MOST_BUCKETS:
        raise ValueError(f"{len(time)} buckets, at most {MOST_BUCKETS}: take a longer step")
    return Window(step_ms, list(time), {aggregate: [None] * len(time) for aggregate in aggregates})


class Latest(NamedTuple):
    """The newest reading of a series."""

    time: int
    value: float


class Differing(NamedTuple):
    """A reading that was not stored: another value stands at its moment. `time` is UTC ms."""

    site: str
    device: str
    quantity: str
    time: int
    kept: float
    came: float


#: Told of one write, at most; the rest is counted.
MOST_DIFFERING: Final = 1_000


@dataclass(slots=True)
class Differences:
    """What a write did not store, as other values stood there: how many, and the first of them."""

    count: int = 0
    first: list[Differing] = field(default_factory=list)

    def add(self, one: Differing) -> None:
        """Take one in."""
        self.count += 1
        if len(self.first) < MOST_DIFFERING:
            self.first.append(one)


@dataclass(frozen=True, slots=True)
class Finding:
    """What `check` found. `remedy` is what to do about it; `mended`: it was done now."""

    what: str
    remedy: str
    mended: bool = False


class TimeSeries(Protocol):
    """Safe to call from several threads; blocking. Everything raises StoreError where the store will not."""

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        """Store the blocks and, in the same transaction, the log offset they reach to. Writing again what is
        there already changes nothing. Of two values of one series at one moment the first one stored stands;
        others are entered in `differences`. Returns the number of readings handled."""

    def position(self) -> int:
        """The log offset up to which this store needs nothing more, 0 when new. After a restart it may be
        behind what was written: then the same blocks come again."""

    def devices(self, site: str) -> dict[str, list[str]]:
        """device -> its quantities, both ascending."""

    def latest(self, site: str, until: int | None = None) -> dict[tuple[str, str], Latest]:
        """(device, quantity) -> newest reading; where `until` (UTC ms) is given, of those up to it: one from
        ahead hides none that is true now."""

    def newest(self) -> int | None:
        """The time (UTC ms) of the newest reading of all sites; None where there is none."""

    def raw(
        self, site: str, device: str, quantity: str, start: int, end: int, *, limit: int | None = None
    ) -> tuple[list[int], list[float]]:
        """Every reading in [start, end), ascending; the first `limit` of them."""

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
        """Aggregates over buckets [start + i * step_ms, …); from the rollups (1 min, 1 h) where buckets are
        whole minutes or hours. `exchanges`: what people have said of this meter, for `increase`.

        Right for everything that was rolled up or is not rolled up yet; a store that cannot know which
        minutes are stale may lack late readings until the next `roll_up`.
        Raises ValueError for a step below 1 or more than 200,000 buckets."""

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
        """The growth of a counter over buckets of [start, end), as `window` counts it; newer readings may be
        added to it. Raises ValueError for what is no counter, a step below 1 or too many buckets."""

    def roll_up(self, limit: int) -> int:
        """Bring up to `limit` stale minutes of the rollups up to date; how many were."""

    def forget(self, raw_before: int, rollups_before: int) -> int:
        """Retention: delete readings before `raw_before` and rollups before `rollups_before` (UTC ms); how
        many readings went, where the store can say, else 0. Windows of whole minutes still answer for times
        of which only the rollup is left."""

    def erase(self, site: str) -> None:
        """Delete everything of a site (PIPL: a person may ask for it)."""

    def compact(self) -> None:
        """Give room back that deletions left, as far as the store does not do it by itself."""

    def check(self, *, fix: bool) -> list[Finding]:
        """Whether the store is reachable and set up (database or bucket, retention, rollups); sets up what is
        missing where `fix`. Says what is wrong in findings, not by raising."""

    def counts(self) -> dict[str, int]:
        """Readings left out since it was opened, by the reason; and what an older version made that is still
        to be made anew, where that is known. Does not block."""

    def close(self) -> None: ...
