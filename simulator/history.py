"""The past of a simulated site as an agent would have recorded it: the same model, asked step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.model.people import Swipe
from simulator.site import CLIMATE, METER, WATER, SimulatedSite
from wire.batch import Frame
from wire.durations import HOUR_MS

_CHUNK_MS: Final = HOUR_MS
Columns = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class HistoryChunk:
    """At most an hour: one frame per device that spoke, and the cards seen (raw numbers)."""

    start_ms: int
    end_ms: int
    frames: list[Frame]
    swipes: list[Swipe]


def history(site: SimulatedSite, start_ms: int, end_ms: int, step_s: int = 60) -> Iterator[HistoryChunk]:
    """Everything in [start, end), oldest first; readings at whole multiples of `step_s` since 1970.

    Live devices of the same site continue it: the same counters, the same people.
    """
    step_ms = step_s * 1000
    chunk_ms = max(step_ms, _CHUNK_MS - _CHUNK_MS % step_ms)
    first_ms = start_ms
    while first_ms < end_ms:
        last_ms = min(end_ms, first_ms - first_ms % chunk_ms + chunk_ms)
        times = range(first_ms + -first_ms % step_ms, last_ms, step_ms)
        yield HistoryChunk(first_ms, last_ms, _frames(site, times), site.swipes(first_ms, last_ms))
        first_ms = last_ms


def _frames(site: SimulatedSite, times: range) -> list[Frame]:
    readers: dict[str, Callable[[Sequence[int]], Columns]] = {
        METER: lambda heard: _meter_columns(site, heard),
        WATER: lambda heard: {"water_volume": [float(site.model.water_litres(time)) for time in heard]},
    }
    for device in CLIMATE:
        readers[device] = _climate_reader(site, device)
    frames = []
    for device, read in readers.items():
        heard = [time for time in times if not site.is_silent(device, time)] if site.gaps else list(times)
        if heard:
            values: dict[str, list[float | None]] = {
                name: list(column) for name, column in read(heard).items()
            }
            frames.append(Frame(device=device, time=heard, values=values))
    return frames


def _climate_reader(site: SimulatedSite, device: str) -> Callable[[Sequence[int]], Columns]:
    def read(heard: Sequence[int]) -> Columns:
        readings = [site.model.room(device, time) for time in heard]
        return {
            "temperature": [reading.temperature for reading in readings],
            "relative_humidity": [reading.relative_humidity for reading in readings],
        }

    return read


def _meter_columns(site: SimulatedSite, heard: Sequence[int]) -> Columns:
    readings = [site.model.meter(time) for time in heard]
    columns: dict[str, Sequence[float]] = {
        "active_power": [float(reading.total_power) for reading in readings],
        "reactive_power": [float(sum(reading.reactive_power)) for reading in readings],
        "power_factor": [reading.power_factor for reading in readings],
        "frequency": [reading.frequency for reading in readings],
        "active_energy_import": [reading.energy_kwh for reading in readings],
        "active_energy_export": [0.0] * len(readings),
    }
    for index, phase in enumerate(("l1", "l2", "l3")):
        columns[f"active_power_{phase}"] = [float(reading.power[index]) for reading in readings]
        columns[f"voltage_{phase}"] = [reading.voltage[index] for reading in readings]
        columns[f"current_{phase}"] = [reading.current[index] for reading in readings]
    return columns
