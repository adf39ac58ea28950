"""One site, for the house's own people: rooms and devices, agents, who passed, what was set aside."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analytics.situation.agents import Agent
from analytics.situation.glance import beats
from analytics.situation.showing import in_order
from store.records.access import Access
from store.records.registry import Device
from store.timeseries.contract import Latest
from web.access.principal import Member
from web.firm.wording import Said, sentence
from web.http.assets import Assets
from web.kit.act import Tabs
from web.kit.chart import Chart
from web.kit.devices import device_name
from web.kit.frame import Frame, frame
from web.kit.heartbeat import Heartbeat, heartbeat
from web.kit.language import Language, typeset
from web.kit.link import Link
from web.kit.mark import Badge, Tone
from web.kit.numbers import age, moment, reading, span
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.site.charts import chart_of
from web.site.reading import Facts, shown_quantity
from web.site.words import WORDS, count, say
from wire.kinds import BADGE_READER, KINDS
from wire.quantities import QUANTITIES

#: Values a device's line has room for.
_MOST_VALUES: Final = 3
#: Of a badge's pseudonym so many digits tell people apart on a page.
_BADGE_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """`values` is what it said last, `newest` (UTC ms) when it last spoke, `said` what holds of that now."""

    name: str
    id: str
    values: str
    newest: int | None
    age: str
    said: Badge


@dataclass(frozen=True, slots=True)
class RoomOf:
    """The devices of a room; `name` of those that hang in none."""

    name: str
    devices: tuple[DeviceRow, ...]


@dataclass(frozen=True, slots=True)
class SitePage:
    """`live`: what the page listens to; `knows`: what its script needs, as JSON. None is what somebody may
    not see: of that nothing is said, least of all that there is none."""

    frame: Frame
    text: dict[str, str]
    name: str
    said: tuple[Said, ...]
    hours: Heartbeat
    newest: int | None
    age: str
    rooms: tuple[RoomOf, ...] | None
    gone: tuple[DeviceRow, ...]
    quantities: Tabs | None
    charts: tuple[Chart, ...] | None
    agents: Table | None
    passages: Table | None
    set_aside: Table | None
    live: str
    knows: str


def build(
    member: Member,
    access: Access,
    facts: Facts,
    quantity: str,
    live: str,
    language: Language,
    assets: Assets,
) -> SitePage:
    """The page of who is signed in."""
    seen, place, now = facts.seen, facts.seen.place, facts.now
    name = typeset(seen.listed.name(language), language)
    crumbs = (Link(say(language, "crumb"), "/firm"), Link(name, f"/sites/{place.site}", current=True))
    top = masthead(member, "firm", language, crumbs)
    sees_devices = access.may("device", "see", site=place.site)
    newest = seen.glance.newest
    return SitePage(
        frame=frame(language, name, assets, room="site", masthead=top),
        text=WORDS.raw(language, _TEXTS),
        name=name,
        said=sentence(seen, language),
        hours=heartbeat(beats(seen.known, place.devices, now), language),
        newest=newest,
        age=say(language, "none") if newest is None else age(max(0, now - newest), language),
        rooms=tuple(_rooms(facts, language)) if sees_devices else None,
        gone=tuple(_gone(facts, language)),
        quantities=_quantities(facts, quantity, language),
        charts=None if facts.latest is None else tuple(_drawn(facts, language)),
        agents=_agents(facts, language),
        passages=_passages(facts, language),
        set_aside=_set_aside(facts, language),
        live=live,
        knows=json.dumps({"now": now, "text": WORDS.raw(language, _AGES)}, ensure_ascii=False),
    )


def _drawn(facts: Facts, language: Language) -> Iterator[Chart]:
    for one in facts.drawn:
        yield chart_of(one, _device_called(one.device, facts, language), facts, language)


def _rooms(facts: Facts, language: Language) -> Iterator[RoomOf]:
    place = facts.seen.place
    by_room: defaultdict[str | None, list[Device]] = defaultdict(list)
    known = {room.id for room in place.rooms}
    for device in place.devices:
        by_room[device.room if device.room in known else None].append(device)
    for room in place.rooms:
        if devices := by_room[room.id]:
            yield RoomOf(typeset(room.name(language), language), _rows(devices, facts, language))
    if devices := by_room[None]:
        yield RoomOf(say(language, "room.none"), _rows(devices, facts, language))


def _rows(devices: list[Device], facts: Facts, language: Language) -> tuple[DeviceRow, ...]:
    return tuple(_device(one, facts, language) for one in devices)


def _device(device: Device, facts: Facts, language: Language) -> DeviceRow:
    heard = facts.seen.known.devices.get(device.id)
    newest = heard.time if heard is not None else None
    return DeviceRow(
        name=typeset(getattr(KINDS.get(device.kind, KINDS["other"]), language), language),
        id=device.id,
        values=_values(device.id, facts, language),
        newest=newest,
        age=say(language, "none") if newest is None else age(max(0, facts.now - newest), language),
        said=_standing(device, facts, language),
    )


def _values(device: str, facts: Facts, language: Language) -> str:
    """What it said last, the first few of what it measures."""
    said = {quantity: one for (of, quantity), one in (facts.latest or {}).items() if of == device}
    known = [quantity for quantity in in_order(set(said)) if quantity in QUANTITIES]
    return " · ".join(_value(quantity, said[quantity], language) for quantity in known[:_MOST_VALUES])


def _value(quantity: str, said: Latest, language: Language) -> str:
    row = QUANTITIES[quantity]
    amount = reading(row, said.value, language)
    printed = f"{amount.text} {amount.unit}".strip()
    return f"{getattr(row, language)} {printed}" if row.kind == "state" else printed


def _standing(device: Device, facts: Facts, language: Language) -> Badge:
    """Whether what it said counts: not when its agent says that it fails, nor when it is silent or late."""
    if (fault := _fault(device, facts)) is not None:
        return Badge(say(language, f"fault.{fault}"), "alarm")
    if device in facts.seen.glance.silent:
        return Badge(say(language, "device.silent"), "alarm")
    if any(alarm.device == device for alarm in facts.seen.glance.alarms):
        return Badge(say(language, "device.alarm"), "alarm")
    if device in facts.seen.glance.late:
        return Badge(say(language, "device.late"), "watch")
    key = "device.waits" if device.kind == BADGE_READER or not device.interval_ms else "device.counts"
    return Badge(say(language, key), "data")


def _fault(device: Device, facts: Facts) -> str | None:
    """What the agent that is there says is wrong with it."""
    for agent in facts.seen.known.agents.values():
        if agent.online and (fault := agent.devices.get(device.id)) is not None:
            return fault
    return None


def _gone(facts: Facts, language: Language) -> Iterator[DeviceRow]:
    """What was taken out, as far as it left something."""
    for device in facts.gone:
        times = [one.time for (of, _), one in (facts.latest or {}).items() if of == device]
        heard = facts.seen.known.devices.get(device)
        newest = max([*times, *([heard.time] if heard else [])], default=None)
        yield DeviceRow(
            name=device,
            id=device,
            values=_values(device, facts, language),
            newest=newest,
            age=say(language, "none") if newest is None else age(max(0, facts.now - newest), language),
            said=Badge(say(language, "device.gone"), "plain"),
        )


def _device_called(device: str, facts: Facts, language: Language) -> str:
    place = facts.seen.place
    found = next((one for one in place.devices if one.id == device), None)
    return device if found is None else device_name(found, place, language)


def _quantities(facts: Facts, asked: str, language: Language) -> Tabs | None:
    measured = in_order({quantity for _, quantity in facts.latest or {} if quantity in QUANTITIES})
    if not measured:
        return None
    shown = shown_quantity(facts.latest or {}, asked)
    address = f"/sites/{facts.seen.place.site}?quantity="
    links = (
        Link(typeset(getattr(QUANTITIES[one], language), language), f"{address}{one}#charts", one == shown)
        for one in measured
    )
    return Tabs(say(language, "charts"), tuple(links))


def _agents(facts: Facts, language: Language) -> Table | None:
    if facts.agents is None:
        return None
    columns = (
        *(Column(say(language, f"agent.{key}")) for key in ("name", "state", "version", "clock")),
        Column(say(language, "agent.spool")),
    )
    rows = tuple(Row(tuple(_agent(one, facts, language))) for one in facts.agents)
    return Table(say(language, "agents"), columns, rows)


def _agent(one: Agent, facts: Facts, language: Language) -> Iterator[Cell]:
    status, zone = one.state.status, facts.seen.place.zone
    since = moment(one.heard, facts.now, zone, language)
    lost = one.condition in {"offline", "silent"}
    tone: Tone = "alarm" if lost else "data" if one.live else "watch"
    yield Cell(one.state.agent)
    under = say(language, "agent.heard", when=since) if lost else age(max(0, facts.now - one.heard), language)
    yield Cell(under=under, part=Badge(say(language, f"agent.{one.condition}"), tone))
    yield Cell(status.version or "–")
    off_ms = abs(status.sent - one.state.received)
    yield Cell(span(off_ms, language) if one.condition == "clock" else say(language, "agent.clock.right"))
    waiting = count(language, "agent.batches", status.spool.batches) if status.spool.batches else ""
    lost_of = status.dropped.readings + status.dropped.unspooled_readings + status.dropped.events
    dropped = count(language, "agent.dropped", lost_of) if lost_of else ""
    yield Cell(waiting or say(language, "agent.empty"), under=dropped)


def _passages(facts: Facts, language: Language) -> Table | None:
    if facts.passages is None:
        return None
    columns = (Column(say(language, "passage")), Column(say(language, "passage.badge")))
    zone = facts.seen.place.zone
    rows = tuple(
        Row(
            (
                Cell(
                    f"{moment(one.event.time, facts.now, zone, language)} "
                    + say(language, f"passage.{one.event.direction or 'unknown'}"),
                    under=_device_called(one.event.device, facts, language),
                ),
                Cell((one.event.badge or "").removeprefix("b:")[:_BADGE_DIGITS]),
            )
        )
        for one in reversed(facts.passages)
    )
    return Table(say(language, "passages"), columns, rows)


def _set_aside(facts: Facts, language: Language) -> Table | None:
    if not facts.set_aside:
        return None
    columns = (Column(say(language, "aside.reason")), Column(say(language, "aside.count"), "number"))
    rows = tuple(
        Row((Cell(_reason(reason, language), under=reason), Cell(str(number))))
        for reason, number in sorted(facts.set_aside.items())
    )
    return Table(say(language, "aside"), columns, rows)


def _reason(reason: str, language: Language) -> str:
    """One that a newer version has set aside for is said by its name."""
    key = f"aside.{reason}"
    return say(language, key) if key in WORDS.texts[language] else reason


_TEXTS: Final = (
    "lost", "hours", "devices", "devices.none", "gone", "charts", "charts.none", "agents", "agents.none",
    "passages", "passages.none", "aside", "aside.lead",
)  # fmt: skip
_AGES: Final = ("age.now", "age.seconds", "age.minutes", "age.hours", "age.days")
