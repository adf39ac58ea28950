"""A renovation as a recording on disk (DESIGN.md §10, docs/recording.md), with its truth beside it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.csv  # type: ignore[import-untyped]
import yaml

from simulator.renovation import truth
from simulator.renovation.chance import generator, happens
from simulator.renovation.device_faults import Table
from simulator.renovation.occurrences import METER, SMOKE, WATER, Booking, Occurrence
from simulator.renovation.readings import read, recorded_passes
from simulator.renovation.renovation import Renovation
from wire.durations import HOUR_MS

#: Crews whose coming was announced, of all that came.
_ANNOUNCED: Final = 0.6
_COMPRESSION: Final = 1


def write_renovation(folder: Path, site: Renovation, step_s: int = 60) -> None:
    """Write all of a renovation into `folder`, made if missing. The same site gives the same bytes."""
    for name in ("readings", "truth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    described = yaml.safe_dump(describe(site), sort_keys=False, allow_unicode=True)
    (folder / "site.yaml").write_text(described, encoding="utf-8")
    times = np.arange(site.first_ms, site.last_ms, step_s * 1000)
    for device, table in read(site, times).items():
        _write_table(folder / "readings" / f"{device}.csv.gz", table)
    _write_events(folder / "events.csv.gz", site)
    _write_truth(folder / "truth", site)


def describe(site: Renovation) -> dict[str, Any]:
    """`site.yaml`: what may be known beforehand."""
    devices = [
        {"id": METER, "kind": "electricity_meter", "location": "entrance"},
        {"id": WATER, "kind": "water_meter", "location": "entrance"},
        *({"id": f"th-{room}", "kind": "climate_sensor", "location": room} for room in site.sensor_rooms),
        {"id": SMOKE, "kind": "smoke_detector", "location": "entrance"},
        *({"id": gate, "kind": "badge_reader", "location": "entrance"} for gate in site.gates),
    ]
    return {
        "site": f"renovation-{site.seed}",
        "timezone": site.days.timezone,
        "area_m2": site.home.area_m2,
        "started": site.days.start.isoformat(),
        "plan": [
            {"stage": row.stage, "start": site.days.date(row.first_day).isoformat(),
             "end": site.days.date(row.last_day).isoformat()}
            for row in site.plan
        ],
        "devices": devices,
        "bookings": [
            {"kind": it.kind, "start": _local(site, it.start_ms), "end": _local(site, it.end_ms)}
            for it in bookings(site)
        ],
    }  # fmt: skip


def bookings(site: Renovation) -> list[Booking]:
    """What was announced: tests, and most of the crews, also those that did not come."""
    rng = generator(site.seed, "bookings")
    found = list(site.effects.bookings)
    found += [
        Booking("ponding_test", test.filled_ms - HOUR_MS, site.days.at(test.until_day, 12))
        for test in site.works.tests
    ]
    found += [
        Booking("pressure_test", session.start_ms, session.end_ms)
        for session in site.works.sessions
        if session.package.task.test == "pressure"
    ]
    for shift in site.works.shifts:
        if happens(rng, _ANNOUNCED) or not shift.came:
            crew = site.crews[shift.crew]
            start, end = (
                site.days.at(shift.day, round(2 * hour) / 2) for hour in (crew.arrives_h, crew.leaves_h)
            )
            found.append(Booking("crew", start, end))
    return sorted(found, key=lambda booking: (booking.start_ms, booking.end_ms, booking.kind))


def _local(site: Renovation, time_ms: int) -> str:
    """RFC 3339 in the site's zone."""
    day = site.days.day_of(time_ms)
    midnight = site.days.midnight(day)
    return (midnight + timedelta(milliseconds=time_ms - int(site.days.midnights[day]))).isoformat(
        timespec="seconds"
    )


def _write_table(path: Path, table: Table) -> None:
    """One device's readings: milliseconds, then a column a quantity."""
    columns = pa.table({"time": table.times, **table.columns})
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    buffer = io.BytesIO()
    buffer.write((",".join(columns.column_names) + "\n").encode())
    pa.csv.write_csv(columns, buffer, options)
    path.write_bytes(_gzipped(buffer.getvalue()))


def _write_events(path: Path, site: Renovation) -> None:
    rows = (
        (event.time_ms, gate, "badge", f"{event.card:010d}", event.trade, event.direction)
        for event, gate in recorded_passes(site)
    )
    path.write_bytes(_gzipped(_csv(("time", "device", "kind", "badge", "trade", "direction"), rows).encode()))


def _write_truth(folder: Path, site: Renovation) -> None:
    shares = ((row.day, row.stage, f"{row.share:.4f}") for row in truth.stage_shares(site))
    done = truth.finish(site)
    progressed = ((site.days.date(day), f"{part:.5f}", done) for day, part in enumerate(truth.progress(site)))
    tables = {
        "stages": _csv(("date", "stage", "share"), shares),
        "progress": _csv(("date", "progress", "finish"), progressed),
        "incidents": _occurrences(site, truth.incidents(site)),
        "near_misses": _occurrences(site, truth.near_misses(site)),
    }
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def _occurrences(site: Renovation, found: Iterable[Occurrence]) -> str:
    rows = ((_local(site, o.start_ms), _local(site, o.end_ms), o.kind, o.device, o.notes) for o in found)
    return _csv(("start", "end", "kind", "device", "notes"), rows)


def _gzipped(content: bytes) -> bytes:
    """Compressed without a time stamp, so that the same content gives the same bytes."""
    return gzip.compress(content, _COMPRESSION, mtime=0)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
