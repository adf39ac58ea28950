"""`plumbline export parquet | recording | projects`."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

from plumbline.clock import now_ms
from plumbline.commands.process import add_config
from plumbline.days import days_with_readings
from plumbline.exporting import export_recording
from plumbline.projects_yaml import written as file_text
from plumbline.registration import projects_of
from plumbline.settings import Settings, SettingsError, load_settings
from plumbline.stores import Stores, open_records, open_stores
from store.records.registry import Site
from store.timeseries.parquet import day_span, export_day
from web.customer.project import registered_projects


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Three forms; days are the site's own."""
    forms = parser.add_subparsers(required=True, metavar="parquet|recording|projects")
    projects = forms.add_parser("projects", help="what the registry holds, as a file that `import` takes")
    projects.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    projects.set_defaults(form=None)
    add_config(projects)
    parquet = forms.add_parser("parquet", help="closed days, one file a site and day")
    parquet.set_defaults(form=_parquet)
    recording = forms.add_parser("recording", help="a folder that `plumbline replay` reads")
    recording.set_defaults(form=_recording)
    for form in (parquet, recording):
        form.add_argument("--site", required=True)
        form.add_argument("--out", type=Path, required=True, metavar="FOLDER")
        form.add_argument("--first", type=dt.date.fromisoformat, metavar="DAY", help="YYYY-MM-DD")
        form.add_argument("--last", type=dt.date.fromisoformat, metavar="DAY", help="inclusive")
        add_config(form)


def run(arguments: argparse.Namespace) -> int:
    """0 when written."""
    settings = load_settings(arguments.config)
    if arguments.form is None:
        return _projects(settings, arguments.out)
    with open_stores(settings) as stores:
        code: int = arguments.form(settings, stores, _site(settings, stores, arguments.site), arguments)
    return code


def _projects(settings: Settings, out: Path | None) -> int:
    records = open_records(settings)
    try:
        registered = registered_projects(records)
    finally:
        records.close()
    own = [project for project in registered if project.firm == settings.firm.id]
    text = file_text(projects_of(own))
    if out is None:
        print(text, end="")
    else:
        out.write_text(text, encoding="utf-8")
        print(f"{out}: {len(own)} projects; links stay where they are: a file has no tokens", file=sys.stderr)
    return 0


def _site(settings: Settings, stores: Stores, name: str) -> Site:
    site = stores.records.sites.get(settings.firm.id, name)
    if site is None:
        known = ", ".join(one.id for one in stores.records.sites.of(settings.firm.id)) or "none yet"
        raise SettingsError(f"--site {name}: no such site of {settings.firm.id} (known: {known})")
    return site


def _parquet(settings: Settings, stores: Stores, site: Site, arguments: argparse.Namespace) -> int:
    now = now_ms()
    days = [day for day in _days(settings, stores, site, arguments) if day_span(site.timezone, day)[1] <= now]
    for day in days:
        done = export_day(stores.timeseries, site.id, site.timezone, day, arguments.out)
        kept = "" if done.written else " (kept: the store holds fewer by now)"
        print(f"{done.path}: {done.readings:,} readings{kept}")
    if not days:
        print(f"{site.id} has no closed day with readings in that span", file=sys.stderr)
    return 0


def _recording(settings: Settings, stores: Stores, site: Site, arguments: argparse.Namespace) -> int:
    days = _days(settings, stores, site, arguments)
    if not days:
        print(f"{site.id} has no reading in that span", file=sys.stderr)
        return 1
    start, end = day_span(site.timezone, days[0])[0], day_span(site.timezone, days[-1])[1]
    written = export_recording(arguments.out, site, stores.timeseries, stores.records, start, end)
    print(f"{arguments.out}: {written.readings:,} readings, {written.events:,} events")
    return 0


def _days(settings: Settings, stores: Stores, site: Site, arguments: argparse.Namespace) -> list[dt.date]:
    days_back = settings.retention.readings_days
    return [
        day
        for day in days_with_readings(stores.timeseries, site.id, site.timezone, days_back, now_ms())
        if (arguments.first is None or day >= arguments.first)
        and (arguments.last is None or day <= arguments.last)
    ]
