"""What has to be done: tasks in labour-hours, laid over the rooms of a home as work packages.

Hours from published rates a worker and day of 8 h: wall tiles 5 m2, floor tiles 6 m2, plaster 14 m2
(walls), chasing 20 m (m.jia.com/zixun/article/100705). The rest is assumed, so that a home of 90 m2 takes
about 700 labour-hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from simulator.renovation.chance import happens, within
from simulator.renovation.home import Home, Room
from simulator.renovation.variety import Variety

STAGES: Final = (
    "demolition",
    "rough_in",
    "waterproofing",
    "tiling",
    "screed_drying",
    "carpentry",
    "painting",
    "installation",
    "cleaning",
    "handover",
)
#: A day on which nobody works and no layer is waited for.
IDLE: Final = "idle"
HOME: Final = "home"

Layer = Literal["screed", "plaster", "thin"]
Test = Literal["ponding", "pressure"]


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work. `per` is what `hours` is multiplied with: m2 of floor or wall, or nothing."""

    name: str
    stage: str
    trade: str
    rooms: Literal["all", "wet", "dry", "home"]
    hours: float
    per: Literal["floor", "wall", "once"]
    #: Finished before: in the same room, or (`+`) in the whole home.
    after: tuple[str, ...] = ()
    #: Nights between what it follows and itself.
    nights: int = 0
    #: A layer that must have dried in this room.
    waits_for: Layer | None = None
    #: A layer, and the water in it that can evaporate, kg a m2 of `per`.
    lays: tuple[Layer, float] | None = None
    test: Test | None = None


#: In the usual order. Evaporable water: 8 kg/m2 for 45 mm of cement screed (koeck.biz).
TASKS: Final = (
    Task("strip", "demolition", "labourer", "all", 0.75, "floor"),
    Task("haul", "demolition", "labourer", "home", 0.18, "floor", ("+strip",)),
    Task("chasing", "rough_in", "electrician", "all", 0.32, "floor", ("strip",)),
    Task("wiring", "rough_in", "electrician", "all", 0.42, "floor", ("chasing",)),
    Task("piping", "rough_in", "plumber", "wet", 1.7, "floor", ("strip",)),
    Task("pressure_test", "rough_in", "plumber", "home", 2.0, "once", ("+piping",), test="pressure"),
    Task("screed", "screed_drying", "plasterer", "dry", 0.5, "floor", ("wiring",), lays=("screed", 4.5)),
    Task("plaster", "screed_drying", "plasterer", "dry", 0.57, "wall", ("wiring",), lays=("plaster", 1.8)),
    Task("patching", "screed_drying", "plasterer", "wet", 0.3, "wall", ("piping", "wiring"),
         lays=("plaster", 2.0)),
    Task("membrane_1", "waterproofing", "waterproofer", "wet", 0.20, "wall", ("patching",), 1,
         lays=("thin", 0.4)),
    Task("membrane_2", "waterproofing", "waterproofer", "wet", 0.16, "wall", ("membrane_1",), 1,
         lays=("thin", 0.4)),
    Task("ponding", "waterproofing", "waterproofer", "wet", 1.2, "once", ("membrane_2",), 1, test="ponding"),
    Task("wall_tiles", "tiling", "tiler", "wet", 1.6, "wall", ("ponding",), lays=("thin", 1.1)),
    Task("floor_tiles", "tiling", "tiler", "wet", 1.35, "floor", ("wall_tiles",), lays=("thin", 2.0)),
    Task("ponding_2", "waterproofing", "tiler", "wet", 0.8, "once", ("floor_tiles",), 2, test="ponding"),
    Task("floor_tiles_dry", "tiling", "tiler", "dry", 1.35, "floor", ("screed",), 2, lays=("thin", 2.0)),
    Task("ceiling", "carpentry", "carpenter", "all", 0.75, "floor",
         ("wiring", "wall_tiles", "+pressure_test")),
    Task("cabinets", "carpentry", "carpenter", "dry", 1.0, "floor", ("ceiling",)),
    Task("frames", "carpentry", "carpenter", "all", 1.6, "once", ("ceiling",)),
    Task("putty_1", "painting", "painter", "dry", 0.10, "wall", ("plaster", "ceiling"), waits_for="plaster",
         lays=("thin", 0.7)),
    Task("putty_2", "painting", "painter", "dry", 0.09, "wall", ("putty_1",), 2, lays=("thin", 0.5)),
    Task("sanding", "painting", "painter", "dry", 0.07, "wall", ("putty_2",), 2),
    Task("paint_1", "painting", "painter", "dry", 0.06, "wall", ("sanding", "cabinets"), lays=("thin", 0.12)),
    Task("paint_2", "painting", "painter", "dry", 0.06, "wall", ("paint_1",), 1, lays=("thin", 0.12)),
    Task("flooring", "installation", "installer", "dry", 0.35, "floor", ("paint_2", "screed"),
         waits_for="screed"),
    Task("fittings", "installation", "electrician", "all", 0.28, "floor", ("paint_2", "ceiling", "+sanding")),
    Task("sanitary", "installation", "plumber", "wet", 0.9, "floor", ("ponding_2", "ceiling")),
    Task("kitchen", "installation", "installer", "home", 20.0, "once", ("+floor_tiles", "+ceiling")),
    Task("doors", "installation", "installer", "all", 1.2, "once", ("flooring", "frames", "+paint_1")),
    Task("appliances", "installation", "installer", "home", 9.0, "once", ("kitchen", "+fittings")),
    Task("cleaning", "cleaning", "cleaner", "all", 0.22, "floor",
         ("+doors", "+sanitary", "appliances", "+fittings")),
    Task("inspection", "handover", "manager", "home", 5.0, "once", ("+cleaning",)),
    Task("defects", "handover", "installer", "home", 7.0, "once", ("inspection",)),
    Task("handing_over", "handover", "manager", "home", 4.0, "once", ("defects",)),
)  # fmt: skip
_WET_ONLY_TILES: Final = "floor_tiles_dry"


@dataclass(frozen=True, slots=True)
class WorkPackage:
    """A task in one room (`home` where it belongs to none): what is estimated, and what it takes."""

    id: str
    task: Task
    room: str
    surface_m2: float
    estimated_h: float
    hours: float
    after: tuple[str, ...]
    #: Done once more, for something was wrong.
    again: bool = False


def draw_packages(rng: np.random.Generator, home: Home, variety: Variety) -> list[WorkPackage]:
    """The packages of a home in the usual order of their tasks, with the order this firm has."""
    tasks = _chosen(rng, home, _ordered(rng, variety))
    plastered = within(rng, variety.plastered)
    rooms = {task.name: _rooms(home, task) for task in tasks}
    packages = []
    for task in tasks:
        effort = within(rng, variety.effort)
        for room in rooms[task.name]:
            surface_m2 = _surface(home, room, task) * (plastered if task.name == "plaster" else 1.0)
            estimated = task.hours * (1.0 if task.per == "once" else surface_m2)
            hours = estimated * effort * within(rng, (0.85, 1.15))
            packages.append(
                _package(task, room.name if room else HOME, surface_m2, estimated, hours, tasks, rooms)
            )
    return packages


def _package(
    task: Task,
    room: str,
    surface_m2: float,
    estimated: float,
    hours: float,
    tasks: Sequence[Task],
    rooms: dict[str, list[Room | None]],
) -> WorkPackage:
    known = {other.name for other in tasks}
    after = tuple(_followed(task, room, known, rooms))
    return WorkPackage(f"{task.name}@{room}", task, room, surface_m2, estimated, hours, after)


def _followed(task: Task, room: str, known: set[str], rooms: dict[str, list[Room | None]]) -> Iterator[str]:
    for name in task.after:
        everywhere, other = name.startswith("+"), name.removeprefix("+")
        if other not in known:
            continue
        places = [place.name if place else HOME for place in rooms[other]]
        yield from (f"{other}@{place}" for place in places if everywhere or place in (room, HOME))


def _rooms(home: Home, task: Task) -> list[Room | None]:
    if task.rooms == "home":
        return [None]
    return [room for room in home.rooms if task.rooms == "all" or room.wet == (task.rooms == "wet")]


def _surface(home: Home, room: Room | None, task: Task) -> float:
    if room is None:
        return home.area_m2
    return room.wall_m2 if task.per == "wall" else room.floor_m2


def _chosen(rng: np.random.Generator, home: Home, tasks: list[Task]) -> list[Task]:
    """A new flat has little to demolish; floors are tiled or of wood; walls are plastered or only patched."""
    tiled, second_test = happens(rng, 0.45), happens(rng, 0.5)
    left_out = {_WET_ONLY_TILES} if not tiled else {"flooring"}
    if not second_test:
        left_out.add("ponding_2")
    factor = {"strip": 1.0 if home.old else 0.25, "haul": 1.0 if home.old else 0.4}
    return [
        replace(task, hours=task.hours * factor.get(task.name, 1.0))
        for task in tasks
        if task.name not in left_out
    ]


def _ordered(rng: np.random.Generator, variety: Variety) -> list[Task]:
    """The firm's own order: each change is one that some firms make."""
    changes: dict[str, tuple[str, ...]] = {}
    odd = variety.odd_orders
    if happens(rng, odd):  # the screed is cast when the bathrooms are tiled
        changes["screed"] = ("wiring", "+wall_tiles")
    if happens(rng, odd):  # plaster before pipes
        changes["patching"] = ("strip",)
        changes["piping"] = ("strip", "patching")
    if happens(rng, odd):  # ceilings as soon as the cables lie
        changes["ceiling"] = ("wiring",)
    if happens(rng, odd):  # cabinets come finished, when the walls are painted
        changes["cabinets"] = ("paint_2",)
        changes["paint_1"] = ("sanding",)
    if happens(rng, odd / 2):  # tiles before electricity is done, in old homes
        changes["membrane_1"] = ("piping",)
    if happens(rng, odd / 2):  # painted last
        changes["putty_1"] = ("plaster", "ceiling", "frames")
    return [replace(task, after=changes.get(task.name, task.after)) for task in TASKS]


def again(package: WorkPackage, share: float, number: int) -> WorkPackage:
    """A part of a finished package that is done once more."""
    task = replace(package.task, nights=2, waits_for=None)
    return replace(
        package,
        id=f"{package.id}#{number}",
        task=task,
        surface_m2=package.surface_m2 * share,
        hours=package.hours * share,
        after=(package.id,),
        again=True,
    )
