"""By what a batch is judged: is the sender ours, are devices and quantities known, the values plausible, the
times believable? And the quick look at a whole batch, which most of them pass."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from store.records.registry import Directory
from wire.identifiers import DEVICE_PATTERN, device_name
from wire.quantities import QUANTITIES
from wire.topics import Topic

#: The start of 2020: no site of ours is older, and clocks that were never set stand before.
EARLIEST_MS: Final = 1_577_836_800_000
#: How long before the first day of work at a site a reading of it may be: its meters may have run in the
#: house before, and a recording of that be replayed. Of longer ago is a clock, or another site.
BEFORE_WORK_MS: Final = 2 * 366 * 86_400_000
#: How far ahead of ours an agent's clock may be before its times are not believed.
FURTHEST_AHEAD_MS: Final = 10 * 60 * 1000
#: How far a reading may be ahead of the clock that sent it: it trembles, and may just have been set.
TREMBLE_MS: Final = 10_000

Column = Sequence[float | None]
_DEVICE: Final = re.compile(DEVICE_PATTERN.removesuffix("$"))
_NUMBERS: Final = frozenset((int, float, type(None)))
_FRAME: Final = frozenset(("device", "time", "values"))


def stranger(topic: Topic, directory: Directory | None) -> str | None:
    """Why nothing is taken from this sender; None where it is one of ours (or nobody is listed at all)."""
    if directory is None:
        return None
    if topic.site not in directory.devices:
        return f"{topic}: no site {topic.site} is registered"
    agents = directory.agents.get(topic.site)
    if agents and topic.agent not in agents:
        return f"{topic}: {topic.agent} is no agent of site {topic.site} ({', '.join(sorted(agents))})"
    return None


@dataclass(frozen=True, slots=True)
class Measure:
    """What the parts of one batch are held against: the earliest and latest UTC ms that are believed, the
    devices of the site (None: all are known), and since when (UTC ms) others are retired."""

    earliest_ms: int
    latest_ms: int
    known: Collection[str] | None
    retired: Mapping[str, int] = field(default_factory=dict)

    def is_known(self, device: str) -> bool:
        """Whether a name may stand for a device of this site."""
        return device in self.known if self.known is not None else is_device_name(device)

    def was_known(self, device: str, time: int) -> bool:
        """Whether it stood for one at UTC ms `time`: what a retired device said before comes late."""
        return self.is_known(device) or time < self.retired.get(device, 0)

    def believes(self, time: object) -> bool:
        """Whether something may be the time of a reading."""
        return type(time) is int and self.earliest_ms <= time <= self.latest_ms


#: For what was judged before: its shape alone.
ANYTHING: Final = Measure(0, (1 << 63) - 1, None)


def measure(site: str, sent_ms: int, now_ms: int, directory: Directory | None) -> Measure:
    """For a batch of a site, `sent_ms` by its agent's clock and judged at `now_ms` by ours.

    No reading is later than the clock that sent it. An agent whose clock is ahead of ours is believed up to
    ten minutes, as far as it agrees with itself: order and distance of its readings are right then.
    """
    own_ms = sent_ms if sent_ms >= EARLIEST_MS else now_ms
    latest_ms = min(own_ms + TREMBLE_MS, now_ms + FURTHEST_AHEAD_MS)
    if directory is None:
        return Measure(EARLIEST_MS, latest_ms, None)
    earliest_ms = max(EARLIEST_MS, directory.begun.get(site, 0) - BEFORE_WORK_MS)
    known, retired = directory.devices.get(site, frozenset()), directory.retired.get(site, {})
    return Measure(earliest_ms, latest_ms, known, retired)


def is_device_name(name: str) -> bool:
    """Whether it is one on the wire, in its one spelling."""
    if _DEVICE.fullmatch(name) is None:
        return False
    try:
        return device_name(name) == name
    except ValueError:
        return False


def are_frames_clean(frames: list[Any], by: Measure) -> bool:
    """Whether nothing is wrong with any frame of a parsed batch, by a look at each frame and quantity."""
    gathered: dict[str, list[Any]] = {}
    return all(_is_frame_clean(frame, by, gathered) for frame in frames) and all(
        is_plausible(name, column) for name, column in gathered.items()
    )


def _is_frame_clean(frame: Any, by: Measure, gathered: dict[str, list[Any]]) -> bool:  # noqa: ANN401 - JSON
    """Its shape, device and times; its values join those of the same quantity."""
    if type(frame) is not dict or frame.keys() != _FRAME:
        return False
    device, times, values = frame["device"], frame["time"], frame["values"]
    if type(device) is not str or type(times) is not list or type(values) is not dict:
        return False
    return by.is_known(device) and _are_believed(times, by) and _gather(values, len(times), gathered)


def _are_believed(times: list[Any], by: Measure) -> bool:
    if set(map(type, times)) != {int}:
        return False
    return bool(by.earliest_ms <= min(times) and max(times) <= by.latest_ms)


def _gather(values: Mapping[str, Any], count: int, gathered: dict[str, list[Any]]) -> bool:
    for name, column in values.items():
        if type(column) is not list or len(column) != count:
            return False
        if name in gathered:
            gathered[name] += column
        else:
            gathered[name] = column.copy()
    return True


def is_plausible(name: str, column: Column) -> bool:
    """Whether every value is a number, or none at all, within the bounds of a quantity of the table."""
    quantity = QUANTITIES.get(name)
    kinds = set(map(type, column))
    if quantity is None or not kinds <= _NUMBERS:
        return False
    values = [value for value in column if value is not None] if type(None) in kinds else column
    if not values:
        return True
    # One that is not a number is neither least nor greatest, but it spoils the sum.
    in_bounds = quantity.least <= min(values) and max(values) <= quantity.most  # type: ignore[type-var,operator]
    try:
        return in_bounds and isfinite(sum(values))  # type: ignore[arg-type]
    except OverflowError:
        return False
