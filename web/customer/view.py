"""The customer's page of one project."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from analytics.situation.showing import BANDS, in_order, is_headline
from web.customer.project import Project
from web.customer.wording import room_key
from web.customer.words import for_browser, say
from web.http.assets import Assets
from web.kit import numbers
from web.kit.figure import Figure, Shown, shown
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import LOCALE, Language, typeset
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
    """`text` holds the words of the template by key, `browser` what the scripts need to know (JSON)."""

    frame: Frame
    headline: Figure
    newest: Shown
    updated_before: str
    updated_after: str
    day: Figure
    people_line: Figure
    notices: tuple[Figure, ...]
    cells: tuple[Shown, ...]
    has_chart: bool
    rooms: tuple[RoomRow, ...]
    about: tuple[str, ...]
    as_of: str
    text: Mapping[str, str]
    browser: str


def build(
    project: Project,
    link: str,
    figures: Mapping[str, Figure],
    language: Language,
    now: int,
    assets: Assets,
) -> CustomerPage:
    """The page as of `now` (UTC ms); `link` is its own address, under which its live parts are."""

    def shown_as(key: str, label: str) -> Shown:
        return shown(figures[key], say(language, f"label.{label}"), now, language)

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
            styles=("vendor/uPlot.min.css",),
            letter=True,
        ),
        headline=figures["headline"],
        newest=shown(updated, "", now, language),
        updated_before=before,
        updated_after=after,
        day=figures["day"],
        people_line=figures["people-line"],
        notices=tuple(figure for key, figure in figures.items() if key.startswith("notice-")),
        cells=tuple(shown_as(key, key) for key in _CELLS if key in figures),
        has_chart="power" in figures,
        rooms=tuple(_rooms(project, figures, language, now)),
        about=_about(project, language),
        as_of=say(language, "notice.no_script", when=numbers.moment(now, now, project.zone, language)),
        text={key: say(language, key) for key in _TEXTS},
        browser=_for_browser(project, link, language, now, assets),
    )


_TEXTS = (
    "section.now",
    "section.power",
    "section.rooms",
    "rooms.scale",
    "rooms.more",
    "updated.never",
    "chart.label",
)


def _rooms(
    project: Project, figures: Mapping[str, Figure], language: Language, now: int
) -> Iterator[RoomRow]:
    """Every room of which there is a figure, and the site."""
    names = in_order(QUANTITIES)
    for room in (*project.place().rooms, None):
        measures = [
            _measure(figures[key], name, language, now)
            for name in names
            if (key := room_key(room, name)) in figures
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


def _about(project: Project, language: Language) -> tuple[str, ...]:
    closes = f"{project.closes:%H:%M}"
    kinds = {device.kind for device in project.devices}
    means = (say(language, "about.means"),) if "electricity_meter" in kinds else ()
    counted = (say(language, "about.people", closes=closes),) if BADGE_READER in kinds else ()
    return (
        say(language, "about.measured"),
        *means,
        *counted,
        say(language, "about.time", timezone=numbers.zone_name(project.zone, language)),
    )


def _for_browser(project: Project, link: str, language: Language, now: int, assets: Assets) -> str:
    knows = {
        "language": language,
        "locale": LOCALE[language].replace("_", "-"),
        "timezone": project.timezone,
        "now": now,
        "live": f"{link}/live?lang={language}",
        "figures": f"{link}/figures?lang={language}",
        "chart": f"{link}/chart",
        "plot": assets.url("vendor/uPlot.iife.min.js"),
        "text": for_browser(language),
    }
    return json.dumps(knows, ensure_ascii=False)
