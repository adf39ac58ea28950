"""A simulated renovation as rows of days: plain figures of each sensor, the stages that were, what was known
before.

Deliberately none of the product's analytics: what is asked is how hard the sites are, not how good we are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.renovation import truth
from simulator.renovation.badges import GENERAL
from simulator.renovation.crews import TRADES
from simulator.renovation.device_faults import Table
from simulator.renovation.occurrences import METER, WATER
from simulator.renovation.packages import IDLE, STAGES
from simulator.renovation.readings import read, recorded_passes
from simulator.renovation.recording import bookings
from simulator.renovation.renovation import Renovation
from simulator.renovation.weather import saturation_g_m3

Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]

LABELS: Final = (*STAGES, IDLE)
#: A stage counts for a day from this share of its labour on.
_COUNTS_FROM: Final = 0.15
_MINUTES: Final = 1440
_BANDS_W: Final = (60, 150, 300, 500, 800, 1100, 1500, 2000, 3000)
_CARDS: Final = (*TRADES, GENERAL, "")


@dataclass(frozen=True, slots=True)
class SiteDays:
    """`sensors` gives (days, figures) each; `known` what was planned and booked; `labels` (days, LABELS)."""

    seed: int
    sensors: dict[str, Floats]
    known: Floats
    labels: Labels

    def so_far(self) -> Floats:
        """Every figure of every sensor, with those of the two days before and what has been so far."""
        here = np.hstack(list(self.sensors.values()))
        before = [np.vstack([np.zeros((lag, here.shape[1])), here[:-lag]]) for lag in (1, 2)]
        return np.hstack([here, *before, np.cumsum(here, axis=0), self.known])

    def with_hindsight(self) -> Floats:
        """The same, and what came after."""
        here = np.hstack(list(self.sensors.values()))
        after = [np.vstack([here[lag:], np.zeros((lag, here.shape[1]))]) for lag in (1, 2)]
        sums = np.cumsum(here, axis=0)
        days_left = np.arange(len(here), 0, -1)[:, None]
        return np.hstack([self.so_far(), *after, sums[-1] - sums, days_left])


def site_days(seed: int, *, wide: bool = False) -> SiteDays:
    """One site, simulated and summed up."""
    site = Renovation(seed, wide=wide)
    times = np.arange(site.first_ms, site.last_ms, 60_000)
    tables = {device: _whole(table, times) for device, table in read(site, times).items()}
    days = site.works.days
    sensors = {
        "electricity": _electricity(tables[METER], days),
        "water": _water(tables[WATER], days),
        "humidity": _humidity([table for device, table in tables.items() if device.startswith("th-")], days),
    }
    sensors["headcount"], sensors["trades"] = _badges(site)
    return SiteDays(seed, sensors, _known(site), _labels(site))


def _whole(table: Table, times: NDArray[np.int64]) -> dict[str, Floats]:
    """Columns on every minute; what is missing stays as it was."""
    index = np.clip(np.searchsorted(table.times, times, side="right") - 1, 0, None)
    return {name: column[index] for name, column in table.columns.items()}


def _electricity(columns: dict[str, Floats], days: int) -> Floats:
    power = columns["active_power"][: days * _MINUTES].reshape(days, _MINUTES)
    work, night = power[:, 7 * 60 : 19 * 60], np.hstack([power[:, : 6 * 60], power[:, 21 * 60 :]])
    edges = [0, *_BANDS_W, 1e9]
    bands = [((work >= low) & (work < high)).mean(axis=1) for low, high in pairwise(edges)]
    steps = (np.abs(np.diff(work, axis=1)) > 200).sum(axis=1)
    return np.column_stack([work.sum(axis=1) / 60e3, night.sum(axis=1) / 60e3, steps, *bands])


def _water(columns: dict[str, Floats], days: int) -> Floats:
    drawn = np.clip(np.diff(columns["water_volume"], prepend=columns["water_volume"][0]), 0, 500)
    drawn = drawn[: days * _MINUTES].reshape(days, _MINUTES)
    hourly = drawn.reshape(days, 24, 60).sum(axis=2)
    work = drawn[:, 7 * 60 : 19 * 60]
    return np.column_stack(
        [work.sum(axis=1), hourly.max(axis=1), hourly[:, :6].sum(axis=1), (work > 3).sum(axis=1)]
    )


def _humidity(rooms: list[dict[str, Floats]], days: int) -> Floats:
    vapour = np.array([
        (room["relative_humidity"] / 100 * saturation_g_m3(room["temperature"]))[: days * _MINUTES]
        .reshape(days, _MINUTES).mean(axis=1)
        for room in rooms
    ])  # fmt: skip
    humidity = np.array(
        [room["relative_humidity"][: days * _MINUTES].reshape(days, _MINUTES).mean(axis=1) for room in rooms]
    )
    driest = vapour.min(axis=0)
    change = np.diff(vapour[0], prepend=vapour[0][0])
    return np.column_stack([vapour[0], driest, vapour[0] - driest, change, humidity[0], humidity.max(axis=0)])


def _badges(site: Renovation) -> tuple[Floats, Floats]:
    days = site.works.days
    cards: list[dict[int, str]] = [{} for _ in range(days)]
    first, last = np.full(days, 24.0), np.zeros(days)
    for event, _ in recorded_passes(site):
        day = site.days.day_of(event.time_ms)
        if 0 <= day < days:
            cards[day][event.card] = event.trade
            hour = (event.time_ms - site.days.midnights[day]) / 3_600_000
            first[day], last[day] = min(first[day], hour), max(last[day], hour)
    heads = np.array([len(seen) for seen in cards], dtype=float)
    trades = np.array([[list(seen.values()).count(trade) for trade in _CARDS] for seen in cards], dtype=float)
    return np.column_stack([heads, np.maximum(last - first, 0)]), trades


def _known(site: Renovation) -> Floats:
    """Where the plan is, what is booked, which day it is."""
    days = site.works.days
    planned = np.zeros((days, len(STAGES)))
    for row in site.plan:
        planned[row.first_day : row.last_day + 1, STAGES.index(row.stage)] = 1
    booked = np.zeros((days, 3))
    for booking in bookings(site):
        day = site.days.day_of(booking.start_ms)
        if 0 <= day < days:
            booked[day, ("ponding_test", "pressure_test", "crew").index(booking.kind)] = 1
    length = max(row.last_day for row in site.plan) + 1
    week = [_weekday(site.days.date(day)) for day in range(days)]
    return np.column_stack([planned, booked, np.arange(days), np.arange(days) / length, week])


def _weekday(day: date) -> int:
    return day.weekday()


def _labels(site: Renovation) -> Labels:
    labels = np.zeros((site.works.days, len(LABELS)), dtype=bool)
    for row in truth.stage_shares(site):
        labels[(row.day - site.days.start).days, LABELS.index(row.stage)] = row.share >= _COUNTS_FROM
    return labels
