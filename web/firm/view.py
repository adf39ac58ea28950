"""All sites of the firm that somebody may see: what needs a look first."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from analytics.situation.glance import beats
from analytics.situation.judge import Standing
from web.access.principal import Member
from web.firm.wording import Said, sentence
from web.firm.words import WORDS, count, say
from web.http.assets import Assets
from web.kit.act import Pager, Tabs, pager
from web.kit.frame import Frame, frame
from web.kit.heartbeat import Heartbeat, heartbeat
from web.kit.language import LOCALE, Language, typeset
from web.kit.link import Link
from web.kit.notice import Empty, Notice
from web.kit.numbers import age, moment
from web.kit.places import masthead
from web.live.overview import Seen, Sight

PATH: Final = "/firm"
#: Sites on a page.
PAGE_SITES: Final = 50
#: In the order in which they stand.
STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)
Order = Literal["standing", "name", "people", "newest"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
_MOMENT: Final[dict[Language, str]] = {"zh": "EEE M月d日 HH:mm", "en": "EEE d MMM HH:mm"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the sites is asked for: those with `find` in their name or id, of one group, in this order,
    from number `first` on."""

    find: str = ""
    group: Standing | None = None
    order: Order = "standing"
    first: int = 1

    def address(self, **changes: str) -> str:
        """That of the page with something else asked for; from the first site on."""
        said = {"find": self.find, "group": self.group or "", "order": self.order} | changes
        query = urlencode({key: value for key, value in said.items() if value and value != "standing"})
        return f"{PATH}?{query}" if query else PATH


@dataclass(frozen=True, slots=True)
class SiteRow:
    """`newest` (UTC ms) is the time of the newest data, `age` how old that is in words."""

    id: str
    name: str
    href: str
    day: str
    standing: Standing
    said: tuple[Said, ...]
    hours: Heartbeat
    newest: int | None
    age: str
    people: str


@dataclass(frozen=True, slots=True)
class Group:
    """`label` is empty where sites are in another order than by group; `count` is of all, also on other
    pages."""

    standing: Standing | None
    label: str
    count: int
    rows: tuple[SiteRow, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FirmPage:
    """`live`: what the page listens to; `knows`: what its script needs, as JSON."""

    frame: Frame
    text: dict[str, str]
    headline: tuple[str, ...]
    under: str
    state: str
    behind: Notice | None
    asked: Asked
    tabs: Tabs | None
    orders: tuple[Choice, ...]
    groups: tuple[Group, ...]
    nothing: Empty | None
    pager: Pager | None
    live: str
    knows: str


def build(
    member: Member, sight: Sight, asked: Asked, live: str, language: Language, assets: Assets
) -> FirmPage:
    """The page of who is signed in."""
    named = [one for one in sight.sites if _is_named(one, asked.find)]
    found = [one for one in named if asked.group in {None, one.glance.standing}]
    shown = _ordered(found, asked.order, language)[asked.first - 1 : asked.first - 1 + PAGE_SITES]
    title = say(language, "title")
    return FirmPage(
        frame=frame(language, title, assets, room="firm", masthead=masthead(member, "firm", language)),
        text=WORDS.raw(language, _TEXTS),
        headline=_headline(sight.sites, language),
        under=_under(sight, language),
        state="late" if sight.behind else "fresh",
        behind=_behind(sight, language),
        asked=asked,
        tabs=_tabs(named, asked, language),
        orders=_orders(sight.sites, asked, language),
        groups=tuple(_groups(shown, found, asked, sight.now, language)),
        nothing=None if found or not sight.sites else Empty(say(language, "headline.no_match")),
        pager=pager(asked.address(), asked.first, len(shown), len(found), language) if shown else None,
        live=live,
        knows=json.dumps({"now": sight.now, "text": WORDS.raw(language, _AGES)}, ensure_ascii=False),
    )


def _is_named(one: Seen, find: str) -> bool:
    words = find.casefold().split()
    names = f"{one.listed.name('zh')} {one.listed.name('en')} {one.place.site}".casefold()
    return all(word in names for word in words)


def _ordered(sites: Sequence[Seen], order: Order, language: Language) -> list[Seen]:
    def key(one: Seen) -> tuple[int, int, str]:
        newest = one.glance.newest or 0
        match order:
            case "name":
                first = 0
            case "people":
                first = -_people(one)
            case "newest":
                first = newest
            case "standing":
                first = STANDINGS.index(one.glance.standing)
        silent = order == "standing" and one.glance.standing == "silent"
        return first, newest if silent else 0, one.listed.name(language)

    return sorted(sites, key=key)


def _groups(
    shown: Sequence[Seen], found: Sequence[Seen], asked: Asked, now: int, language: Language
) -> list[Group]:
    if not shown:
        return []
    if asked.order != "standing":
        return [Group(None, "", len(found), tuple(_row(one, now, language) for one in shown))]
    counted = Counter(one.glance.standing for one in found)
    return [
        Group(standing, say(language, f"group.{standing}"), counted[standing], rows)
        for standing in STANDINGS
        if (rows := tuple(_row(one, now, language) for one in shown if one.glance.standing == standing))
    ]


def _row(one: Seen, now: int, language: Language) -> SiteRow:
    people, newest = _people(one), one.glance.newest
    return SiteRow(
        id=one.place.site,
        name=typeset(one.listed.name(language), language),
        href=f"/sites/{one.place.site}",
        day=_day(one, now, language),
        standing=one.glance.standing,
        said=sentence(one, language),
        hours=heartbeat(beats(one.known, one.place.devices, now), language),
        newest=newest,
        age=say(language, "none") if newest is None else age(max(0, now - newest), language),
        people=say(language, "people.unit", n=people) if people else "",
    )


def _day(one: Seen, now: int, language: Language) -> str:
    if not one.listed.projects:
        return ""
    today = dt.datetime.fromtimestamp(now / 1_000, one.place.zone).date()
    return say(language, "day", n=max(1, (today - one.place.started).days + 1))


def _people(one: Seen) -> int:
    people = one.glance.people
    return people.count or 0 if people is not None else 0


def _headline(sites: Sequence[Seen], language: Language) -> tuple[str, ...]:
    """How many are well; who is not by name where it is one, else how many."""
    if not sites:
        return (say(language, "headline.none"),)
    counted = Counter(one.glance.standing for one in sites)
    if counted["well"] == len(sites):
        return (count(language, "headline.all_well", len(sites)),)
    lines = [count(language, "headline.some", len(sites), well=counted["well"])]
    for standing in ("alarm", "silent"):
        names = [_whole(one.listed.name(language)) for one in sites if one.glance.standing == standing]
        if len(names) == 1 < len(sites):
            lines.append(say(language, f"headline.{standing}.named", name=names[0]))
        elif names and len(sites) > 1:
            lines.append(count(language, f"headline.{standing}", len(names)))
    return tuple(lines)


def _whole(name: str) -> str:
    """The number of a house is not parted at the end of a line."""
    return name.replace("-", "\N{NON-BREAKING HYPHEN}")


def _under(sight: Sight, language: Language) -> str:
    """When this is, and how many people are where."""
    if not sight.sites:
        return ""
    zone: ZoneInfo = sight.sites[0].place.zone
    local = dt.datetime.fromtimestamp(sight.now / 1_000, zone)
    when = typeset(format_datetime(local, _MOMENT[language], zone, LOCALE[language]), language)
    people = [there for one in sight.sites if (there := _people(one))]
    if all(one.glance.people is None for one in sight.sites):
        return when
    if not people:
        return f"{when} · {say(language, 'people.nobody')}"
    return f"{when} · {count(language, 'people.sites', len(people), people=sum(people))}"


def _behind(sight: Sight, language: Language) -> Notice | None:
    if not sight.behind or not sight.sites:
        return None
    when = moment(sight.now, sight.now, sight.sites[0].place.zone, language)
    return Notice(say(language, "behind", when=when), "attention")


def _orders(sites: Sequence[Seen], asked: Asked, language: Language) -> tuple[Choice, ...]:
    """By what is known; none where there is nothing to find or to order."""
    if len(sites) < 2:
        return ()
    counted = any(one.glance.people is not None for one in sites)
    orders = (one for one in ORDERS if counted or one != "people")
    return tuple(Choice(one, say(language, f"sort.{one}"), one == asked.order) for one in orders)


def _tabs(named: Sequence[Seen], asked: Asked, language: Language) -> Tabs | None:
    """The groups there are; none where all are in one."""
    counted = Counter(one.glance.standing for one in named)
    if len(counted) < 2 and asked.group is None:
        return None
    tabs = [Link(say(language, "group.all"), asked.address(group=""), asked.group is None, len(named))]
    for standing in STANDINGS:
        if counted[standing] or standing == asked.group:
            address = asked.address(group=standing)
            label = say(language, f"group.{standing}")
            tabs.append(Link(label, address, standing == asked.group, counted[standing]))
    return Tabs(say(language, "groups"), tuple(tabs))


_TEXTS: Final = ("lost", "find", "sort", "apply", "hours", "key.whole", "key.part", "key.gap")
_AGES: Final = ("age.now", "age.seconds", "age.minutes", "age.hours", "age.days")
