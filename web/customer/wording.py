"""A situation in the words and figures of one language: what a page prints and its live stream sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from analytics.situation.age import Freshness
from analytics.situation.judge import Measured, People, RoomNow, Situation, Total
from analytics.situation.showing import ALARMS, BANDS
from analytics.situation.state import POWER, Reading
from store.records.registry import Device, Room
from web.customer.words import count, say
from web.kit import numbers
from web.kit.figure import Figure, State
from web.kit.language import Language, typeset
from wire.durations import DAY_MS, MINUTE_MS
from wire.kinds import KINDS
from wire.quantities import QUANTITIES, Quantity

#: A loss is news for as long as the chart shows it; after that the notice alone keeps it.
LOSS_IN_HEADLINE_MS = DAY_MS


def figures(situation: Situation, language: Language) -> list[Figure]:
    """Every figure of the page, in order."""
    found = [
        Figure("headline", headline(situation, language), state=situation.newest_freshness),
        _updated(situation),
        Figure("people-line", _people_line(situation, language)),
        Figure("day", _day(situation, language)),
    ]
    if situation.people is not None:
        found.append(_people(situation.people, situation, language))
    for key, measured, print_ in (
        ("power", situation.power, numbers.power),
        ("energy", situation.energy, numbers.energy),
        ("water", situation.water, numbers.litres),
    ):
        if isinstance(measured, Measured):
            found.append(_measured(key, POWER, measured, situation, language, print_))
        elif measured is not None:
            found.append(_total(key, measured, situation, language, print_))
    for room in situation.rooms:
        found += _room(room, situation, language)
    return found + notices(situation, language)


def headline(situation: Situation, language: Language) -> str:
    """What is going on now, in a sentence; and, on lines of their own, what is not known."""
    if situation.link == "empty":
        return say(language, "headline.empty")
    if situation.link == "lost":
        return say(language, "headline.lost", when=_when(situation.newest, situation, language))
    sentences = [_activity(situation, language)]
    if situation.agents_lost:
        sentences.append(count(language, "headline.agent_lost", situation.agents_lost))
    if situation.silent:
        sentences.append(count(language, "headline.silent", len(situation.silent)))
    dropped = situation.dropped
    if dropped and (dropped.last is None or situation.now - dropped.last < LOSS_IN_HEADLINE_MS):
        sentences.append(say(language, "headline.dropped"))
    return "\n".join(sentences)


def notices(situation: Situation, language: Language) -> list[Figure]:
    """What a person should know before reading the figures; a notice with nothing to say is empty."""
    texts = {
        "notice-alarm": _alarms(situation, language),
        "notice-offline": _offline(situation, language),
        "notice-clock": _clock(situation, language),
        "notice-silent": _silent(situation, language),
        "notice-dropped": _dropped(situation, language),
        "notice-backlog": _backlog(situation, language),
    }
    return [Figure(key, text, state="late" if text else "none") for key, text in texts.items()]


def device_name(device: Device, situation: Situation, language: Language) -> str:
    """A device as a customer would call it; its id where there are several of its kind."""
    room = next((r.name(language) for r in situation.place.rooms if r.id == device.room), "")
    kind = getattr(KINDS.get(device.kind, KINDS["other"]), language)
    name = typeset(say(language, "device.in_room", room=room, kind=kind) if room else kind, language)
    alike = [d for d in situation.place.of_kind(device.kind) if d.room == device.room]
    return f"{name} ({device.id})" if len(alike) > 1 else name


def _activity(situation: Situation, language: Language) -> str:
    people = situation.people.count if situation.people else None
    if people is None:
        return say(language, _without_people(situation))
    if people:
        key = {"working": "headline.working", "idle": "headline.paused"}.get(
            situation.use, "headline.people_only"
        )
        return count(language, key, people)
    keys = {"working": "headline.power_without_people", "idle": "headline.quiet"}
    return say(language, keys.get(situation.use, "headline.nobody"))


def _without_people(situation: Situation) -> str:
    """Where nobody is counted (no gate, or it does not answer) power alone speaks; quiet needs both."""
    if situation.use == "working":
        return "headline.power_only"
    return "headline.quiet" if situation.people is None and situation.use == "idle" else "headline.partial"


def _updated(situation: Situation) -> Figure:
    return Figure("updated", "", time=situation.newest, state=situation.newest_freshness)


def _people_line(situation: Situation, language: Language) -> str:
    """Where nobody is there: since when, and when work usually starts, where the days say so."""
    people = situation.people
    if people is None or people.count is None or people.count > 0:
        return ""
    since = say(language, "people.nobody_lately")
    if people.left is not None:
        key = "people.nobody_since" if people.left.seen_out else "people.nobody_counted_since"
        since = say(language, key, when=_when(people.left.end, situation, language))
    if situation.usual_start is None:
        return since
    minutes = situation.usual_start // MINUTE_MS
    usual = say(language, "people.usual", when=f"{minutes // 60:02}:{minutes % 60:02}")
    return say(language, "people.join").join((since, usual))


def _day(situation: Situation, language: Language) -> str:
    if situation.day >= 1:
        return say(language, "day", n=situation.day)
    return count(language, "day.before", 1 - situation.day)


def _people(people: People, situation: Situation, language: Language) -> Figure:
    if people.count is None:
        why = {"reader": "no_data.reader", "link": "no_data.link"}.get(people.why, "no_data.never")
        state: State = "never" if people.why == "never" else "silent"
        return Figure("people", say(language, "no_data"), state=state, note=say(language, why))
    unit = count(language, "unit.people", people.count)
    return Figure("people", str(people.count), unit, people.time, situation.newest_freshness)


def _measured(
    key: str,
    quantity: str,
    measured: Measured,
    situation: Situation,
    language: Language,
    print_: numbers.Print,
) -> Figure:
    """A value a little beyond what there can be is shown as the limit that is meant, and a note says so."""
    reading = measured.reading
    if reading is None or measured.freshness == "silent":
        return _no_data(key, reading, situation, language)
    row = QUANTITIES[quantity]
    meant = row.meant(reading.value)
    amount = print_(meant, language)
    note = "" if row.mark(reading.value) is None else _beyond(reading, row, situation, language)
    return Figure(key, amount.text, amount.unit, reading.time, measured.freshness, note, value=meant)


def _beyond(reading: Reading, row: Quantity, situation: Situation, language: Language) -> str:
    said = f"{numbers.decimal(reading.value, 1, language)} {row.display_unit}"
    return say(language, "beyond_limit", when=_when(reading.time, situation, language), said=said)


def _no_data(key: str, reading: Reading | None, situation: Situation, language: Language) -> Figure:
    """What stands where a value cannot be given: since when, or that there never was one."""
    text = say(language, "no_data")
    if reading is None:
        return Figure(key, text, state="never", note=say(language, "no_data.never"))
    since = say(language, "no_data.since", when=_when(reading.time, situation, language))
    return Figure(key, text, "", reading.time, "silent", since)


def _total(key: str, total: Total, situation: Situation, language: Language, print_: numbers.Print) -> Figure:
    if total.value is None or total.time is None:
        known = None if total.time is None else Reading(total.time, 0.0)
        return _no_data(key, known, situation, language)
    amount = print_(total.value, language)
    note = ""
    state: Freshness = total.freshness
    if total.freshness == "silent":
        note, state = say(language, "as_of", when=_when(total.time, situation, language)), "late"
    elif total.since is not None:
        note = say(language, "counted_since", when=_when(total.since, situation, language))
    return Figure(key, amount.text, amount.unit, total.time, state, note)


def room_key(room: Room | None, quantity: str) -> str:
    """The id of a figure of a room, or of the site."""
    return f"{where_key(room)}-{quantity}"


def where_key(room: Room | None) -> str:
    """What the ids of the figures of a room, or of the site, begin with."""
    return "site" if room is None else f"room-{room.id}"


def _room(now: RoomNow, situation: Situation, language: Language) -> Iterator[Figure]:
    for quantity, measured in now.measured.items():
        print_ = partial(numbers.reading, QUANTITIES[quantity])
        figure = _measured(room_key(now.room, quantity), quantity, measured, situation, language, print_)
        yield _with_level(figure, quantity, measured)


def _with_level(figure: Figure, quantity: str, measured: Measured) -> Figure:
    if measured.freshness == "silent" or measured.reading is None:
        return figure
    value, band = measured.reading.value, BANDS.get(quantity)
    if band is None:
        return replace(figure, watch=quantity in ALARMS and value >= 1)
    watch = band.watch_above is not None and value > band.watch_above
    return replace(figure, level=band.share(value), watch=watch)


def _alarms(situation: Situation, language: Language) -> str:
    """A line each, above everything else."""
    return "\n".join(
        say(
            language,
            "notice.alarm",
            name=device_name(alarm.device, situation, language),
            what=getattr(QUANTITIES[alarm.quantity], language),
            when=_when(alarm.time, situation, language),
        )
        for alarm in situation.alarms
    )


def _offline(situation: Situation, language: Language) -> str:
    if not situation.agents_lost:
        return ""
    return say(language, "notice.offline", when=_when(situation.offline_since, situation, language))


def _clock(situation: Situation, language: Language) -> str:
    off_ms = situation.clock_off_ms
    if off_ms is None:
        return ""
    key = "notice.clock.ahead" if off_ms > 0 else "notice.clock.behind"
    return say(language, key, span=numbers.span(abs(off_ms), language))


def _silent(situation: Situation, language: Language) -> str:
    if situation.link != "live" or not situation.silent:
        return ""
    names = [device_name(device, situation, language) for device in situation.silent]
    text = say(language, "notice.silent", names=say(language, "notice.join").join(names))
    return typeset(text, language)


def _dropped(situation: Situation, language: Language) -> str:
    dropped = situation.dropped
    if dropped is None:
        return ""
    readings = numbers.decimal(dropped.readings, 0, language)
    events = numbers.decimal(dropped.events, 0, language)
    if dropped.last is None:
        return say(language, "notice.dropped.undated", readings=readings, events=events)
    when = _when(dropped.last, situation, language)
    return say(language, "notice.dropped", readings=readings, events=events, when=when)


def _backlog(situation: Situation, language: Language) -> str:
    backlog = situation.backlog
    if backlog is None:
        return ""
    oldest = _when(backlog.oldest, situation, language)
    return say(language, "notice.backlog", n=numbers.decimal(backlog.batches, 0, language), when=oldest)


def _when(time: int | None, situation: Situation, language: Language) -> str:
    """Local time of a moment, "–" where it is not known."""
    if time is None:
        return "–"
    return numbers.moment(time, situation.now, situation.place.zone, language)
