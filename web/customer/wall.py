"""The page for a screen on a wall, by the site's door or where flats are sold: read from across the room."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analytics.day.story import DayStory
from web.customer import day as day_part
from web.customer.browser import for_scripts
from web.customer.project import Project
from web.customer.strip import Strip
from web.customer.words import say
from web.http.assets import Assets
from web.kit import numbers
from web.kit.figure import Figure, Shown, shown
from web.kit.frame import Frame, frame
from web.kit.language import Language, typeset

#: Local hours in which the screen is dim: nobody is to be lit up by it.
NIGHT: Final = (22, 6)
_CELLS: Final = ("people", "power", "energy", "water")


@dataclass(frozen=True, slots=True)
class WallPage:
    """No persons, nothing to press, nothing to scroll. `sentence` is today's."""

    frame: Frame
    title: str
    headline: Figure
    newest: Shown
    people_line: Figure
    cells: tuple[Shown, ...]
    strip: Strip | None
    sentence: str
    dim: bool
    as_of: str
    browser: str
    preloads: tuple[str, ...]


_MODULES: Final = ("ages.js", "figures.js", "live.js")


def build(
    project: Project,
    path: str,
    figures: Mapping[str, Figure],
    story: DayStory,
    language: Language,
    now: int,
    assets: Assets,
) -> WallPage:
    """The screen as of `now` (UTC ms); `path` is the customer's page."""
    local = dt.datetime.fromtimestamp(now / 1_000, project.zone)
    title = typeset(getattr(project.title, language), language)
    today = day_part.build(project, story, path, local.date(), language)
    return WallPage(
        frame=frame(language, title, assets, scripts=("customer/wall.js",), sheet=assets.wall),
        title=title,
        headline=figures["headline"],
        newest=shown(figures["updated"], "", now, language),
        people_line=figures["people-line"],
        cells=tuple(
            shown(figures[key], say(language, f"label.{key}"), now, language)
            for key in _CELLS
            if key in figures
        ),
        strip=today.strip,
        sentence=today.sentence,
        dim=is_night(local.hour),
        as_of=say(language, "wall.no_script", when=numbers.moment(now, now, project.zone, language)),
        browser=for_scripts(project, path, language, now),
        preloads=tuple(assets.url(name) for name in _MODULES),
    )


def is_night(hour: int) -> bool:
    """Whether it is dim at this local hour."""
    return hour >= NIGHT[0] or hour < NIGHT[1]
