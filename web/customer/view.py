"""The customer's page of one project."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from analytics.day.story import DayStory
from analytics.situation.showing import BANDS, in_order, is_headline
from web.customer import day as day_part
from web.customer.browser import for_scripts
from web.customer.day import DayPart
from web.customer.project import Project
from web.customer.wording import room_key, where_key
from web.customer.words import say
from web.http.assets import Assets
from web.kit import numbers
from web.kit.figure import Figure, Shown, shown
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import Language, typeset
from web.settings import Kept
from wire.kinds import BADGE_READER
from wire.quantities import QUANTITIES

#: The figures of the section "Now", in order.
_CELLS = ("people", "power", "energy", "water")


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity in a room. `has_bar`: it has a place on a bar, with a `tick` (percent of it) or None."""

    shown: Shown
    quantity: str
    has_bar: bool
    tick: float | None


@dataclass(frozen=True, slots=True)
class RoomRow:
    """`more` is folded away."""

    name: str
    measures: tuple[Measure, ...]
    more: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """`text` holds the words of the template by key, `browser` what the scripts need to know (JSON);
    `manifest` is empty where a page cannot be installed; `preloads` are the modules its script imports."""

    frame: Frame
    headline: Figure
    newest: Shown
    updated_before: str
    updated_after: str
    day: Figure
    people_line: Figure
    notices: tuple[Figure, ...]
    cells: tuple[Shown, ...]
    story: DayPart
    rooms: tuple[RoomRow, ...]
    about: tuple[str, ...]
    as_of: str
    install: str
    manifest: str
    touch_icon: str
    preloads: tuple[str, ...]
    text: Mapping[str, str]
    browser: str


#: What page.js imports: known from the start, they come together with it.
_MODULES: Final = ("ages.js", "figures.js", "live.js", "customer/days.js", "kit/readout.js")


def build(
    project: Project,
    path: str,
    figures: Mapping[str, Figure],
    story: DayStory | None,
    language: Language,
    now: int,
    assets: Assets,
    *,
    installable: bool = True,
    kept: Kept | None = None,
) -> CustomerPage:
    """The page as of `now` (UTC ms), with the story of one day, None where what was asked for is no date.
    `path` is its own address, under which its parts are; `kept`: how long things are, where that is said."""

    def shown_as(key: str, label: str) -> Shown:
        return shown(figures[key], say(language, f"label.{label}"), now, language)

    today = dt.datetime.fromtimestamp(now / 1_000, project.zone).date()
    title = typeset(getattr(project.title, language), language)
    before, _, after = say(language, "updated", age="\0").partition("\0")
    updated = figures["updated"]
    return CustomerPage(
        frame=frame(
            language,
            title,
            assets,
            masthead=Masthead(title, typeset(getattr(project.customer, language), language)),
            room="customer",
            letter=True,
            sheet=assets.letter,
            asked={"day": story.date.isoformat()} if story is not None and story.date != today else None,
        ),
        headline=figures["headline"],
        newest=shown(updated, "", now, language),
        updated_before=before,
        updated_after=after,
        day=figures["day"],
        people_line=figures["people-line"],
        notices=tuple(figure for key, figure in figures.items() if key.startswith("notice-")),
        cells=tuple(shown_as(key, key) for key in _CELLS if key in figures),
        story=day_part.build(project, story, path, today, language),
        rooms=tuple(_rooms(project, figures, language, now)),
        about=_about(project, kept or Kept(), language),
        as_of=say(language, "notice.no_script", when=numbers.moment(now, now, project.zone, language)),
        text={key: say(language, key) for key in _TEXTS},
        browser=for_scripts(project, path, language, now),
        install=say(language, "keep.install"),
        manifest=f"{path}/manifest.webmanifest?lang={language}" if installable else "",
        touch_icon=assets.url("icon-192.png"),
        preloads=tuple(assets.url(name) for name in _MODULES),
    )


_TEXTS = (
    "section.now",
    "section.rooms",
    "rooms.scale",
    "rooms.more",
    "updated.never",
    "day.choose",
    "day.show",
    "day.slide",
)


def _rooms(
    project: Project, figures: Mapping[str, Figure], language: Language, now: int
) -> Iterator[RoomRow]:
    """Every room of which there is a figure, and the site."""
    held: defaultdict[str, set[str]] = defaultdict(set)
    for key in figures:
        where, _, quantity = key.rpartition("-")
        held[where].add(quantity)
    names = in_order(QUANTITIES)
    for room in (*project.place().rooms, None):
        measured = held[where_key(room)]
        measures = [
            _measure(figures[room_key(room, name)], name, language, now) for name in names if name in measured
        ]
        if measures:
            title = say(language, "section.site") if room is None else room.name(language)
            more = tuple(one for one in measures if not is_headline(one.quantity))
            open_ = tuple(one for one in measures if is_headline(one.quantity))
            yield RoomRow(typeset(title, language), open_, more)


def _measure(figure: Figure, quantity: str, language: Language, now: int) -> Measure:
    row, band = QUANTITIES[quantity], BANDS.get(quantity)
    label = row.zh if language == "zh" else row.en[:1].upper() + row.en[1:]
    tick = None if band is None or band.watch_above is None else band.share(band.watch_above)
    return Measure(shown(figure, typeset(label, language), now, language), quantity, band is not None, tick)


def _about(project: Project, kept: Kept, language: Language) -> tuple[str, ...]:
    closes = f"{project.closes:%H:%M}"
    kinds = {device.kind for device in project.devices}
    counted = (say(language, "about.people", closes=closes),) if BADGE_READER in kinds else ()
    return (
        say(language, "about.measured"),
        say(language, "about.strip"),
        *counted,
        _kept(kept, language),
        say(language, "about.time", timezone=numbers.zone_name(project.zone, language)),
    )


def _kept(kept: Kept, language: Language) -> str:
    """What is kept, and for how long where that is settled."""
    said = [say(language, "about.kept")]
    for key, after in (("events", kept.events_days), ("readings", kept.readings_days)):
        if after is not None:
            said.append(say(language, f"about.kept.{key}", n=numbers.decimal(after, 0, language)))
    return ("" if language == "zh" else " ").join(said)
