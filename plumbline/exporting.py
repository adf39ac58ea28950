"""Write what the stores hold of a site as a recording (DESIGN.md §10), for `plumbline replay` and analysis.

Badges are the pseudonyms the stores hold: the card numbers never left the site.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import yaml

from store.records.records import Records
from store.records.registry import Device, Site
from store.timeseries.contract import TimeSeries
from wire.durations import DAY_MS, HOUR_MS

#: Read at a time, so that a year needs no more memory than this.
_STEP_MS: Final = 6 * HOUR_MS
_EVENT_COLUMNS: Final = ("time", "device", "kind", "badge", "trade", "direction")


@dataclass(frozen=True, slots=True)
class Written:
    """What a recording holds."""

    readings: int
    events: int


def export_recording(
    folder: Path,
    site: Site,
    timeseries: TimeSeries,
    records: Records,
    start: int,
    end: int,
) -> Written:
    """All of [start, end) (UTC ms) into `folder`, made if missing; files of the same name are overwritten."""
    (folder / "readings").mkdir(parents=True, exist_ok=True)
    devices = timeseries.devices(site.id)
    _write_site(folder / "site.yaml", site, records, devices, start)
    readings = 0
    for device, quantities in devices.items():
        with _created(folder / "readings" / f"{device}.csv.gz") as file:
            file.write(",".join(["time", *quantities]) + "\n")
            for at in range(start, end, _STEP_MS):
                columns = [
                    timeseries.raw(site.id, device, quantity, at, min(at + _STEP_MS, end))
                    for quantity in quantities
                ]
                readings += sum(len(times) for times, _ in columns)
                file.writelines(_rows(columns))
    return Written(readings, _write_events(folder / "events.csv.gz", site.id, records, start, end))


def _rows(columns: list[tuple[list[int], list[float]]]) -> Iterator[str]:
    """The columns side by side, a row a moment; empty where a column has nothing then."""
    table: dict[int, list[str]] = {}
    for at, (times, values) in enumerate(columns):
        for time, value in zip(times, values, strict=True):
            table.setdefault(time, [""] * len(columns))[at] = f"{value!r}"
    for time in sorted(table):
        yield f"{time},{','.join(table[time])}\n"


def _write_events(path: Path, site: str, records: Records, start: int, end: int) -> int:
    count = 0
    with _created(path) as file:
        writer = csv.writer(file)
        writer.writerow(_EVENT_COLUMNS)
        for at in range(start, end, DAY_MS):
            for one in records.events.between(site, at, min(at + DAY_MS, end)):
                event = one.event
                said = (event.badge, event.trade, event.direction)
                writer.writerow((event.time, event.device, event.kind, *(one or "" for one in said)))
                count += 1
    return count


def _write_site(path: Path, site: Site, records: Records, devices: dict[str, list[str]], start: int) -> None:
    known = {device.id: device for device in _all_devices(records, site)}
    names = sorted({*known, *devices})
    started = next((p.started for p in records.projects.of(site.firm) if p.site == site.id), None)
    data = {
        "site": site.id,
        "timezone": site.timezone,
        "started": started or datetime.fromtimestamp(start / 1000, UTC).date().isoformat(),
        "devices": [
            {"id": name, "kind": known[name].kind if name in known else "other"}
            | ({"location": room} if name in known and (room := known[name].room) else {})
            for name in names
        ],
    }
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _all_devices(records: Records, site: Site) -> Iterator[Device]:
    after = ""
    while page := records.devices.of(site.firm, site.id, after=after):
        yield from page
        after = page[-1].id


@contextmanager
def _created(path: Path) -> Iterator[TextIO]:
    """Written beside and renamed: a file that is there is whole."""
    beside = path.with_name(path.name + ".new")
    with gzip.open(beside, "wt", compresslevel=6, encoding="utf-8", newline="") as file:
        yield file
    beside.replace(path)
