"""The customer's page of one project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from web.customer.words import for_browser, say
from web.http.assets import Assets
from web.kit import numbers
from web.kit.figure import Figure, Shown, shown
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import LOCALE, Language, typeset
from web.project import Project
from wire.kinds import BADGE_READER

#: The figures of the section "Now", in order.
_CELLS = ("people", "power", "energy", "water")


@dataclass(frozen=True, slots=True)
class RoomRow:
    name: str
    temperature: Shown
    humidity: Shown


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
    project: Project, figures: Mapping[str, Figure], language: Language, now: int, assets: Assets
) -> CustomerPage:
    """The page as of `now` (UTC ms)."""

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
        rooms=tuple(
            RoomRow(
                typeset(getattr(room, language), language),
                shown_as(f"room-{room.id}-temperature", "temperature"),
                shown_as(f"room-{room.id}-humidity", "humidity"),
            )
            for room in project.rooms
            if f"room-{room.id}-humidity" in figures
        ),
        about=_about(project, language),
        as_of=say(language, "notice.no_script", when=numbers.moment(now, now, project.zone, language)),
        text={key: say(language, key) for key in _TEXTS},
        browser=_for_browser(project, language, now, assets),
    )


_TEXTS = ("section.now", "section.power", "section.rooms", "rooms.scale", "updated.never", "chart.label")


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


def _for_browser(project: Project, language: Language, now: int, assets: Assets) -> str:
    knows = {
        "language": language,
        "locale": LOCALE[language].replace("_", "-"),
        "timezone": project.timezone,
        "now": now,
        "live": f"/p/{project.token}/live?lang={language}",
        "chart": f"/p/{project.token}/chart",
        "plot": assets.url("vendor/uPlot.iife.min.js"),
        "text": for_browser(language),
    }
    return json.dumps(knows, ensure_ascii=False)
