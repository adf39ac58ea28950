"""What really happened: stages and progress by the day, incidents and what only looked like one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Truths, Whole
from simulator.renovation.moisture import first_mode_1_h
from simulator.renovation.mould import SENSITIVE, mould_index
from simulator.renovation.occurrences import WATER, Occurrence
from simulator.renovation.packages import IDLE
from simulator.renovation.renovation import Renovation
from simulator.renovation.weather import dew_point_c
from wire.durations import HOUR_MS

DRYING: Final = "screed_drying"
_HUMID: Final = 85.0
#: Inner surface of an outer corner: between indoor and outdoor temperature (temperature factor of a good
#: wall 0.75).
_CORNER: Final = 0.8
_AMBER: Final = 1.0
_SHORTEST_H: Final = {"high_humidity": 24, "condensation_risk": 6, "mould_risk": 1, "drying_stalled": 48}
#: Pauses of so many hours do not end what is going on: corners are wet by night.
_BRIDGED_H: Final = {"high_humidity": 3, "condensation_risk": 20, "mould_risk": 3, "drying_stalled": 3}
#: A layer that loses less than this share of what it should has stalled.
_STALLED: Final = 0.25


@dataclass(frozen=True, slots=True)
class StageShare:
    """A part of a day's labour that went into a stage; the parts of a day add up to 1."""

    day: date
    stage: str
    share: float


def stage_shares(site: Renovation) -> list[StageShare]:
    """Each day's stages. Without work it is drying that is waited for, or idle."""
    earned: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for session in site.works.sessions:
        earned[session.day][session.package.task.stage] += session.labour_h
    rows = []
    for day in range(site.works.days):
        hours = earned.get(day) or {DRYING if day in site.works.drying_days else IDLE: 1.0}
        whole = sum(hours.values())
        rows += [StageShare(site.days.date(day), stage, part / whole) for stage, part in hours.items()]
    return rows


def progress(site: Renovation) -> Floats:
    """Earned over total labour-hours at the end of each day; what is done again belongs to the total."""
    earned = np.zeros(site.works.days)
    for session in site.works.sessions:
        earned[session.day] += session.earned_h
    return np.asarray(np.cumsum(earned) / earned.sum())


def finish(site: Renovation) -> date:
    """The day on which the last package was finished."""
    return site.days.date(max(session.day for session in site.works.sessions))


def incidents(site: Renovation) -> list[Occurrence]:
    """Everything that was wrong, in order."""
    found = [*site.effects.incidents, *_of_the_works(site)]
    for room in site.sensor_rooms:
        found += _of_the_air(site, room)
    return sorted(found)


def near_misses(site: Renovation) -> list[Occurrence]:
    """Everything that looked wrong and was not, in order."""
    found = list(site.effects.near_misses)
    for test in site.works.tests:
        end = site.days.at(test.until_day, 9)
        found.append(
            Occurrence(test.filled_ms, end, "ponding", WATER, f"a booked test in {test.package.room}")
        )
    if site.living.sleepers:
        notes = f"{site.living.sleepers} people live on site"
        found.append(Occurrence(site.first_ms, site.last_ms, "lives_on_site", "", notes))
    if site.living.e_bike:
        found.append(Occurrence(site.first_ms, site.last_ms, "e_bike", "", "charged by day and over night"))
    return sorted(found)


def _of_the_works(site: Renovation) -> Iterator[Occurrence]:
    for test in site.works.tests:
        if test.failed:
            end = site.days.at(test.until_day, 9)
            notes = f"{test.package.room} lost water and is repaired"
            yield Occurrence(test.filled_ms, end, "ponding_test_failed", WATER, notes)
    for shift in site.works.shifts:
        if not shift.came:
            name = site.crews[shift.crew].name
            yield Occurrence(
                shift.arrives_ms, shift.leaves_ms, "no_show", site.gates[0], f"{name}: nobody came"
            )


def _of_the_air(site: Renovation, room: str) -> Iterator[Occurrence]:
    """Damp, condensation, mould and stalled drying as the physics has them, whatever the sensor says."""
    times = np.arange(site.first_ms, site.last_ms, HOUR_MS)
    air = site.room(room, times)
    outdoor = np.interp(
        times,
        site.first_ms + HOUR_MS * np.arange(len(site.weather.temperature_c)),
        site.weather.temperature_c,
    )
    corner = outdoor + _CORNER * (air.temperature - outdoor)
    mould = mould_index(SENSITIVE, air.temperature[:, None], air.humidity[:, None])[:, 0]
    states = {
        "high_humidity": (air.humidity > _HUMID, f"above {_HUMID:.0f} % for a day and longer"),
        "condensation_risk": (
            corner <= dew_point_c(air.temperature, air.vapour),
            "outer corners below the dew point",
        ),
        "mould_risk": (mould >= _AMBER, f"mould index {mould.max():.1f}"),
        "drying_stalled": (_stalled(site, room, len(times)), "a layer hardly loses water"),
    }
    for kind, (holds, notes) in states.items():
        for start, end in _spans(times, holds, _SHORTEST_H[kind], _BRIDGED_H[kind]):
            yield Occurrence(start, end, kind, f"th-{room}", notes)


def _stalled(site: Renovation, room: str, hours: int) -> Truths:
    """Hours in which screed or plaster lost, over three days, far less than diffusion would let go."""
    number = next(n for n, other in enumerate(site.home.rooms) if other.name == room)
    left = np.array(site.air.left)[: site.works.days, number]
    stalled = np.zeros(len(left), dtype=bool)
    for layer, thickness in enumerate((site.materials.screed_m, site.materials.plaster_m)):
        before, after = left[:-3, layer], left[3:, layer]
        slow = np.minimum(first_mode_1_h(thickness), 1 / 240)
        should = before * (1 - np.exp(-72 * slow))
        late = (before > 0.35) & (after <= before) & (before - after < _STALLED * should)
        stalled[3:] |= late
    return np.repeat(stalled, 24)[:hours]


def _spans(times: Whole, holds: Truths, least_h: int, bridged_h: int) -> Iterator[tuple[int, int]]:
    """Spans of at least `least_h` hours in which something holds, pauses of up to `bridged_h` bridged."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], holds.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    kept = np.concatenate([[True], starts[1:] - ends[:-1] > bridged_h]) if len(starts) else np.empty(0, bool)
    first, last = (
        starts[kept],
        ends[np.append(np.flatnonzero(kept)[1:] - 1, len(ends) - 1)] if len(ends) else ends,
    )
    for start, end in zip(first, last, strict=True):
        if end - start >= least_h:
            yield int(times[start]), int(times[0] + end * HOUR_MS)
