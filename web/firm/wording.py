"""A site in a sentence: what needs a look first, then who is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.situation.judge import Glance
from store.records.registry import Device
from web.firm.words import count, say
from web.kit.devices import device_name
from web.kit.language import Language
from web.kit.numbers import moment, span
from web.live.overview import Seen
from wire.quantities import QUANTITIES

#: Of several devices so many are named; of more the number says enough.
_NAMED = 2


@dataclass(frozen=True, slots=True)
class Said:
    """A part of a sentence; `alarm`: it needs a person."""

    text: str
    alarm: bool = False


def sentence(seen: Seen, language: Language) -> tuple[Said, ...]:
    """All that there is to say of a site in a line or two."""
    if seen.glance.link == "empty":
        return (Said(say(language, "site.empty")),)
    return (*_alarms(seen.glance, language), *_troubles(seen, language), *_people(seen, language))


def _alarms(now: Glance, language: Language) -> Iterator[Said]:
    for alarm in now.alarms:
        text = say(
            language,
            "site.alarm",
            name=device_name(alarm.device, now.place, language),
            what=getattr(QUANTITIES[alarm.quantity], language),
            when=moment(alarm.time, now.now, now.place.zone, language),
        )
        yield Said(text, alarm=True)


def _troubles(seen: Seen, language: Language) -> Iterator[Said]:
    now = seen.glance
    if now.link == "lost":
        since = now.newest if now.offline_since is None else min(now.newest or 0, now.offline_since)
        key = "site.lost.agent" if now.agents_lost else "site.lost"
        yield Said(say(language, key, when=moment(since or 0, now.now, now.place.zone, language)), alarm=True)
        return
    if now.silent:
        yield Said(_silent(seen, language), alarm=True)
    elif now.agents_lost and now.offline_since is not None:
        when = moment(now.offline_since, now.now, now.place.zone, language)
        yield Said(count(language, "site.agents_lost", now.agents_lost, when=when), alarm=True)
    if now.late:
        yield Said(say(language, "site.late", names=_names(now.late, now, language)))
    if now.clock_off_ms is not None:
        yield Said(say(language, "site.clock", span=span(abs(now.clock_off_ms), language)))


def _silent(seen: Seen, language: Language) -> str:
    """Which, since when, and that the others are there."""
    now = seen.glance
    heard = [said.time for one in now.silent if (said := seen.known.devices.get(one.id)) is not None]
    names = _names(now.silent, now, language)
    key = "site.silent" if len(heard) == len(now.silent) else "site.silent.never"
    when = moment(min(heard), now.now, now.place.zone, language) if heard else ""
    text = say(language, key, names=names, when=when)
    others = len(now.place.devices) - len(now.silent)
    return text + (count(language, "site.others", others) if others else say(language, "site.stop"))


def _names(devices: Sequence[Device], now: Glance, language: Language) -> str:
    if len(devices) > _NAMED:
        return count(language, "site.devices", len(devices))
    return say(language, "site.and").join(device_name(one, now.place, language) for one in devices)


def _people(seen: Seen, language: Language) -> Iterator[Said]:
    now = seen.glance
    if now.people is None or now.link == "lost":
        return
    if now.people.count is None:
        yield Said(say(language, "site.people.unknown"))
    elif now.people.count:
        yield Said(count(language, "site.people", now.people.count))
    elif left := max((end for _, end in seen.known.stays if end <= now.now), default=0):
        when = moment(left, now.now, now.place.zone, language)
        yield Said(say(language, "site.nobody.since", when=when))
    else:
        yield Said(say(language, "site.nobody"))
