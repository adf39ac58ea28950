"""What is written before anything starts: the settings and the projects, as an office would write them."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from plumbline.demo.place import Place, write_guests, write_private
from plumbline.demo.story import AGENT, FIRM, FIRM_NAME, SITES, SiteOfStory, Words

#: How often devices of a live site speak; those of the others every `step_s` of their history.
_LIVE_S: Final = {"meter-main": 1, "water-main": 2, "climate": 5}


def write_files(place: Place) -> None:
    """All but what depends on the sites' time zone."""
    for site in SITES:
        place.of(site).mkdir(parents=True)
        write_private(place.password_file(site), secrets.token_hex(16))
    write_guests(place)
    agents = [
        {
            "site": site.id,
            "agent": AGENT,
            "password_file": str(place.password_file(site).relative_to(place.folder)),
        }
        for site in SITES
    ]
    settings = {
        "data": "data",
        "projects": "projects.yaml",
        "firm": {"id": FIRM, "name": FIRM_NAME},
        "web": {"host": "127.0.0.1", "port": place.port},
        "embedded_broker_port": place.broker_port,
        "agents": agents,
    }
    _dump(place.settings_file, settings)


def write_projects(place: Place, timezone: str) -> None:
    """The projects file: three sites of one time zone."""
    today = dt.datetime.now(ZoneInfo(timezone)).date()
    _dump(place.folder / "projects.yaml", {"projects": [_project(site, timezone, today) for site in SITES]})


def slow_down(site_file: Path, interval_s: int) -> None:
    """Change a site file so that its devices are read every `interval_s`, as where data is dear."""
    content = yaml.safe_load(site_file.read_text("utf-8"))
    for line in content["lines"]:
        for device in line["devices"]:
            if "interval_s" in device:
                device["interval_s"] = interval_s
    _dump(site_file, content)


def timezone_of(site_file: Path) -> str:
    """What a site file says."""
    return str(yaml.safe_load(site_file.read_text("utf-8"))["timezone"])


def yesterday_at_dusk_ms(timezone: str) -> int:
    """UTC ms of the evening before, when a site was left."""
    zone = ZoneInfo(timezone)
    day = dt.datetime.now(zone).date() - dt.timedelta(days=1)
    return round(dt.datetime.combine(day, dt.time(17, 42), zone).timestamp() * 1000)


def _project(site: SiteOfStory, timezone: str, today: dt.date) -> dict[str, Any]:
    over = {"handover": today - dt.timedelta(days=1)} if site.pace == "handed_over" else {}
    return {
        "id": site.id,
        "site": site.id,
        "timezone": timezone,
        "title": _words(site.title),
        "customer": _words(site.customer),
        "started": today - dt.timedelta(days=site.days),
        **over,
        "rooms": [{"id": room.id, **_words(room.name)} for room in site.rooms],
        "devices": _devices(site),
    }


def _devices(site: SiteOfStory) -> list[dict[str, Any]]:
    def every(what: str) -> int:
        return _LIVE_S[what] if site.pace == "live" else site.step_s

    climate = [
        {"id": room.sensor, "kind": "climate_sensor", "room": room.id, "interval_s": every("climate")}
        for room in site.rooms
    ]
    return [
        {"id": "meter-main", "kind": "electricity_meter", "interval_s": every("meter-main")},
        {"id": "water-main", "kind": "water_meter", "interval_s": every("water-main")},
        *climate,
        {"id": "gate-in", "kind": "badge_reader"},
        {"id": "gate-out", "kind": "badge_reader"},
    ]


def _words(words: Words) -> dict[str, str]:
    return {"zh": words.zh, "en": words.en}


def _dump(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
