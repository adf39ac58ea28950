"""What goes wrong in devices and agents after the physics: stuck, drifting, silent, wrong clocks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simulator.renovation.arrays import Floats, Whole, rounded
from wire.durations import DAY_MS


@dataclass(frozen=True, slots=True)
class Table:
    """Readings of one device: ascending moments and a column a quantity."""

    times: Whole
    columns: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """A fault of `device`, or of all where it is None. `size` is %RH a day for drift, ms for a clock."""

    kind: Literal["stuck", "drift", "silent", "clock"]
    device: str | None
    start_ms: int
    end_ms: int
    size: float = 0.0


def with_faults(device: str, table: Table, faults: Iterable[DeviceFault]) -> Table:
    """Readings as they were recorded; silence leaves rows out, and stamps never go back."""
    for fault in faults:
        if fault.device in (None, device):
            table = _FAULTY[fault.kind](table, fault)
    return table


def _during(table: Table, fault: DeviceFault) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((table.times >= fault.start_ms) & (table.times < fault.end_ms))


def _stuck(table: Table, fault: DeviceFault) -> Table:
    first = min(int(np.searchsorted(table.times, fault.start_ms)), len(table.times) - 1)
    stuck = _during(table, fault)
    return Table(
        table.times, {name: np.where(stuck, column[first], column) for name, column in table.columns.items()}
    )


def _drift(table: Table, fault: DeviceFault) -> Table:
    """Only humidity drifts: polymers age, temperature does not."""
    off = np.clip((table.times - fault.start_ms) / DAY_MS, 0, None) * fault.size * _during(table, fault)
    columns = dict(table.columns)
    if "relative_humidity" in columns:
        columns["relative_humidity"] = rounded(np.clip(columns["relative_humidity"] + off, 0, 100), 1)
    return Table(table.times, columns)


def _silent(table: Table, fault: DeviceFault) -> Table:
    return _kept(table, ~_during(table, fault))


def _clock(table: Table, fault: DeviceFault) -> Table:
    """The agent's clock is off by `size`; it stamps nothing earlier than what it has stamped already."""
    stamps = table.times + np.where(_during(table, fault), np.int64(fault.size), np.int64(0))
    ahead = np.concatenate([[True], stamps[1:] > np.maximum.accumulate(stamps)[:-1]])
    return _kept(Table(stamps, table.columns), ahead)


def _kept(table: Table, rows: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Table:
    return Table(table.times[rows], {name: column[rows] for name, column in table.columns.items()})


_FAULTY = {"stuck": _stuck, "drift": _drift, "silent": _silent, "clock": _clock}
