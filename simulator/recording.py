"""Write a simulated past as a recording (DESIGN.md §10): what `plumbline-edge backfill` reads."""

from __future__ import annotations

import contextlib
import csv
import gzip
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from simulator.history import HistoryChunk, history
from simulator.model.plan import stage_on
from simulator.site import CLIMATE, GATES, METER, METER_PROFILE, WATER, SimulatedSite
from wire.batch import Frame

#: Fast rather than small: a recording of the demo is read once.
_GZIP_LEVEL: Final = 1
_AREA_M2: Final = 90


def write_recording(folder: Path, site: SimulatedSite, start_ms: int, end_ms: int, step_s: int = 60) -> None:
    """Write all of [start, end) into `folder`, made if missing; what was there is overwritten.

    Badges are raw card numbers as readers give them: the recording stays on the site's side of the wire.
    """
    (folder / "readings").mkdir(parents=True, exist_ok=True)
    (folder / "truth").mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(
        yaml.safe_dump(_site(site, start_ms), sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    _write_stages(folder / "truth/stages.csv", site, start_ms, end_ms)
    with contextlib.ExitStack() as files:
        writer = _Writer(folder, files)
        for chunk in history(site, start_ms, end_ms, step_s):
            writer.add(chunk)


class _Writer:
    """Open files of a recording, one a device; a file's columns are those of its first frame."""

    def __init__(self, folder: Path, files: contextlib.ExitStack) -> None:
        self._folder = folder
        self._files = files
        self._readings: dict[str, TextIO] = {}
        self._events = csv.writer(files.enter_context(_create(folder / "events.csv.gz")))
        self._events.writerow(["time", "device", "kind", "badge", "trade", "direction"])

    def add(self, chunk: HistoryChunk) -> None:
        """Append an hour."""
        for frame in chunk.frames:
            if frame.device not in self._readings:
                file = _create(self._folder / "readings" / f"{frame.device}.csv.gz")
                self._readings[frame.device] = self._files.enter_context(file)
                self._readings[frame.device].write(",".join(["time", *frame.values]) + "\n")
            self._readings[frame.device].writelines(_rows(frame))
        self._events.writerows(
            (swipe.time_ms, swipe.device, "badge", swipe.number, swipe.trade, swipe.direction)
            for swipe in chunk.swipes
        )


def _rows(frame: Frame) -> Iterator[str]:
    columns: Iterable[tuple[Any, ...]] = zip(frame.time, *frame.values.values(), strict=True)
    return (",".join(map(str, row)) + "\n" for row in columns)


def _create(path: Path) -> TextIO:
    return gzip.open(path, "wt", compresslevel=_GZIP_LEVEL, encoding="utf-8", newline="")


def _site(site: SimulatedSite, start_ms: int) -> dict[str, Any]:
    devices: list[dict[str, Any]] = [
        {"id": METER, "kind": "electricity_meter", "location": "entrance", "profile": METER_PROFILE},
        {"id": WATER, "kind": "water_meter", "location": "entrance", "profile": "pulse-water-meter"},
    ]
    for device in CLIMATE:
        room = device.removeprefix("th-")
        devices.append({"id": device, "kind": "climate_sensor", "location": room, "profile": "xy-md02"})
    devices += [{"id": gate, "kind": "badge_reader", "location": "entrance"} for gate in GATES]
    return {
        "site": site.name,
        "timezone": site.timezone,
        "area_m2": _AREA_M2,
        "started": site.model.calendar.date_at(start_ms).isoformat(),
        "devices": devices,
    }


def _write_stages(path: Path, site: SimulatedSite, start_ms: int, end_ms: int) -> None:
    """One stage a day: this model knows no overlap."""
    day, last = site.model.calendar.date_at(start_ms), site.model.calendar.date_at(end_ms - 1)
    lines = ["date,stage,share"]
    while day <= last:
        lines.append(f"{day},{stage_on(site.model.seed, day).name},1")
        day += timedelta(days=1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
