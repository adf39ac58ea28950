"""The living page: every macro of the kit in every state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, get_args

from web.http.assets import Assets
from web.kit.act import Act, Dialog, Menu, Pager, Tabs
from web.kit.chart import Bars, Chart, Spark
from web.kit.figure import Shown
from web.kit.form import Form
from web.kit.frame import Frame, Masthead, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.mark import Avatar, Badge, Mark, Priority, Standing, Tone, Work, WorkMark
from web.kit.notice import Kind, Notice, Toast
from web.kit.table import Table
from web.kit.timeline import Timeline
from web.kit.upload import Upload
from web.living import samples
from web.living.words import WORDS, say

_SECTIONS: Final = (
    "colour", "type", "figures", "marks", "icons", "acts", "tables", "forms", "notices", "timeline", "charts",
)  # fmt: skip
#: The colours that are shown, by token.
COLOURS: Final = (
    "paper", "card", "ink", "grey", "hair", "rule", "line", "plan", "pine", "pine-mid", "vermilion", "alarm",
    "amber",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LivingPage:
    """`text` holds the words of the template by key."""

    frame: Frame
    text: Mapping[str, str]
    colours: tuple[str, ...]
    cells: tuple[Shown, ...]
    live: tuple[tuple[str, str], ...]
    marks: tuple[Mark, ...]
    works: tuple[WorkMark, ...]
    badges: tuple[Badge, ...]
    avatars: tuple[Avatar, ...]
    primary: Link
    urgent: Act
    quiet: tuple[Act, ...]
    menu: Menu
    dialog: Dialog
    tabs: Tabs
    pager: Pager | None
    table: Table
    nothing: Table
    form: Form
    wrong: Form
    upload: Upload
    notices: tuple[Notice, ...]
    toasts: tuple[Toast, ...]
    timeline: Timeline
    charts: tuple[Chart, ...]
    sparks: tuple[Spark, ...]
    bars: Bars


def build(language: Language, assets: Assets, around: Masthead) -> LivingPage:
    """The page in one language; `around` is the masthead of who is signed in."""
    here = samples.HERE
    return LivingPage(
        frame=frame(language, say(language, "title"), assets, room="living", masthead=around),
        text=dict(WORDS.texts[language]),
        colours=COLOURS,
        cells=samples.cells(language),
        live=tuple((state, say(language, f"live.{state}")) for state in ("fresh", "late", "silent", "never")),
        marks=tuple(
            Mark(
                priority,
                standing,
                f"{say(language, f'priority.{priority}')}, {say(language, f'standing.{standing}')}",
            )
            for priority in get_args(Priority)
            for standing in get_args(Standing)
        ),
        works=tuple(WorkMark(work, say(language, f"work.{work}")) for work in get_args(Work)),
        badges=tuple(Badge(say(language, f"badge.{tone}"), tone) for tone in get_args(Tone)),
        avatars=tuple(Avatar(say(language, f"person.{name}")) for name in ("he", "qin")),
        primary=Link(say(language, "act.add"), here),
        urgent=Act(say(language, "act.take"), here, look="vermilion"),
        quiet=(
            Act(say(language, "act.way"), here, icon="site"),
            Act(say(language, "act.more"), here, look="text"),
        ),
        menu=samples.menu(language),
        dialog=samples.dialog(language),
        tabs=samples.tabs(language),
        pager=samples.pages(language),
        table=samples.table(language),
        nothing=samples.empty_table(language),
        form=samples.invitation(language).blank(language, here),
        wrong=samples.wrong_form(language),
        upload=samples.upload(language),
        notices=tuple(_notice(kind, language) for kind in get_args(Kind)),
        toasts=(Toast(say(language, "toast"), Act(say(language, "toast.undo"), here, look="text")),),
        timeline=samples.timeline(language),
        charts=(samples.leakage(language), samples.feeding(language), samples.nothing(language)),
        sparks=(samples.spark(language), samples.spark(language, lost=True)),
        bars=samples.bars(language),
    )


def _notice(kind: Kind, language: Language) -> Notice:
    way = Link(say(language, "notice.attention.way"), samples.HERE) if kind == "attention" else None
    return Notice(say(language, f"notice.{kind}"), kind, way)
