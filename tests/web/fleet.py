"""A small firm: a site in every state there is, told to the real stores at a moment of a working day."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from store.records.registry import Agent, Device, RegisteredProject, Registration, Room, Site
from store.records.tenancy import site_ref
from tests.registered import register
from tests.web.access.house import OURS
from tests.web.site_day import MINUTE_MS, Stand, watts
from wire.batch import Event, Frame

HOUR_MS: Final = 60 * MINUTE_MS
Column = list[float | None]
_STEP_MS: Final = 10 * MINUTE_MS
_BADGES = count(0xBAD6E)


@dataclass(frozen=True)
class Told:
    """What a site of the firm is like: minutes since it, or one device of it, was last heard; hours of past;
    people who came and how many of them left; whether the bathroom leaks."""

    id: str
    zh: str
    en: str
    silent_min: int = 0
    quiet_device: str = ""
    quiet_min: int = 0
    hours: int = 25
    came: int = 0
    left: int = 0
    leaks: bool = False
    started: str = "2026-10-20"


FLEET: Final = (
    Told("liuan", "柳岸 3-1102", "Willow Bank 3-1102", silent_min=390, started="2026-09-14"),
    Told(
        "donghu",
        "东湖名邸 9-1501",
        "East Lake 9-1501",
        quiet_device="th-bedroom",
        quiet_min=825,
        came=2,
        started="2026-11-02",
    ),
    Told("tingtao", "听涛阁 7-802", "Surf House 7-802", leaks=True, came=4, started="2026-10-09"),
    Told(
        "wutong",
        "梧桐湾 2-603",
        "Plane Tree Bay 2-603",
        quiet_device="th-bath",
        quiet_min=5,
        started="2026-11-11",
    ),
    Told("fenglin", "枫林路 18 号 3-501", "18 Fenglin Road, 3-501", came=3),
    Told("yunxi", "云栖里 5-201", "Cloud Lane 5-201", came=2, left=2, started="2026-08-31"),
    Told("banshan", "半山居 1-1901", "Hillside 1-1901", hours=9, came=1, started="2026-11-20"),
    Told("wangxi", "望溪台 10-702", "Brook Terrace 10-702", hours=0, started="2026-11-22"),
)
_ROOMS: Final = (
    ("bath", "主卫", "Bathroom"),
    ("living", "客厅", "Living room"),
    ("bedroom", "次卧", "Bedroom"),
)
_DEVICES: Final = (
    ("meter-main", "electricity_meter", None), ("water-main", "water_meter", None),
    ("th-bath", "climate_sensor", "bath"), ("th-living", "climate_sensor", "living"),
    ("th-bedroom", "climate_sensor", "bedroom"), ("leak-bath", "leak_sensor", "bath"),
    ("gate", "badge_reader", None),
)  # fmt: skip


def tell_fleet(stand: Stand, sites: Sequence[Told] = FLEET, firm: str = OURS) -> None:
    """Registered, then told as agents would, and followed."""
    register(stand.records, registration(sites, firm))
    for one in sites:
        if one.hours:
            _tell(stand, one)
    stand.follow()


def registration(sites: Sequence[Told], firm: str = OURS) -> Registration:
    """What the office has entered."""
    return Registration(
        sites=[Site(firm, site_ref(one.id), "Asia/Shanghai") for one in sites],
        projects=[RegisteredProject(firm, one.id, one.id, one.zh, one.en, one.started) for one in sites],
        rooms=[Room(firm, one.id, *room, listed=at) for one in sites for at, room in enumerate(_ROOMS)],
        agents=[Agent(firm, one.id, "pi-1") for one in sites],
        devices=[
            Device(firm, one.id, id_, kind, room, None if kind == "badge_reader" else 60.0, listed=at)
            for one in sites
            for at, (id_, kind, room) in enumerate(_DEVICES)
        ],
    )


def _tell(stand: Stand, one: Told) -> None:
    end = stand.clock() - one.silent_min * MINUTE_MS
    frames = []
    for device, kind, _ in _DEVICES:
        until = end - one.quiet_min * MINUTE_MS if device == one.quiet_device else end
        times = [*range(stand.clock() - one.hours * HOUR_MS, until, _STEP_MS), until]
        if kind != "badge_reader":
            frames.append(Frame(device=device, time=times, values=_values(kind, times, one.leaks)))
    stand.append(frames, _passages(stand.clock(), one), site=one.id)
    stand.status(site=one.id, online=not one.silent_min, devices=[device for device, _, _ in _DEVICES])


def _values(kind: str, times: Sequence[int], leaks: bool) -> dict[str, Column]:
    n, chance = len(times), random.Random(18)
    match kind:
        case "electricity_meter":
            return {
                "active_power": [round(watts(time, chance), 1) for time in times],
                "active_energy_import": [1_000 + at * 0.3 for at in range(n)],
            }
        case "water_meter":
            return {"water_volume": [5_000.0 + at for at in range(n)]}
        case "leak_sensor":
            leak: Column = [0.0] * (n - 1)
            return {"leak": [*leak, float(leaks)]}
    return {
        "temperature": [round(19.5 + 2 * math.sin(time / 9e6), 1) for time in times],
        "relative_humidity": [round(64 + 5 * math.cos(time / 1.1e7), 1) for time in times],
    }


def _passages(now: int, one: Told) -> list[Event]:
    people = [f"b:{hashlib.sha256(b'%d' % next(_BADGES)).hexdigest()[:32]}" for _ in range(one.came)]
    came = [_passage(now - 6 * HOUR_MS + at * MINUTE_MS, badge, "in") for at, badge in enumerate(people)]
    left = [
        _passage(now - HOUR_MS + at * MINUTE_MS, badge, "out") for at, badge in enumerate(people[: one.left])
    ]
    return [*came, *left]


def _passage(time: int, badge: str, direction: str) -> Event:
    return Event(device="gate", time=time, kind="badge", badge=badge, direction=direction)  # type: ignore[arg-type]
