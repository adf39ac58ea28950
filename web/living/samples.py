"""What the living page shows: invented, the same at every look."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field, SecretStr

from web.kit import chart
from web.kit.act import Act, Dialog, Menu, Pager, Tabs, pager
from web.kit.figure import Figure, Shown, shown
from web.kit.form import Form, FormOf
from web.kit.heartbeat import Beat, heartbeat
from web.kit.language import Language
from web.kit.link import Link
from web.kit.look import Looks
from web.kit.mark import Badge, Mark
from web.kit.notice import Empty
from web.kit.table import Cell, Column, Row, Table, sort_link
from web.kit.timeline import Step, Timeline
from web.kit.upload import Sent, Upload
from web.living.words import WORDS, say

MINUTE: Final = 60_000
#: 25 November 2026, 10:42 local time of the invented site (UTC+8).
NOW: Final = int(dt.datetime(2026, 11, 25, 2, 42, tzinfo=dt.UTC).timestamp()) * 1_000
HERE: Final = "/living"


class Invitation(BaseModel):
    """Every kind of field a form has."""

    name: Annotated[str, Field(min_length=1, max_length=60), Looks(autocomplete="name")]
    email: Annotated[str, Field(pattern="@", max_length=200), Looks("email", autocomplete="email")]
    password: Annotated[SecretStr, Field(min_length=12), Looks(autocomplete="new-password")]
    role: Literal["foreman", "designer", "safety_officer"]
    site: str
    tags: Annotated[list[Literal["water", "power", "wood"]], Field(min_length=1)]
    days: Annotated[int | None, Field(ge=1, le=30)] = 7
    start: dt.date | None = None
    note: Annotated[str, Field(max_length=1_000)] = ""
    notify: Annotated[bool, Looks("switch")] = True
    agree: bool = False


def invitation(language: Language) -> FormOf[Invitation]:
    """The form of an invitation, with the sites known only now."""
    sites = [(key, say(language, f"row.{key}")) for key in ("liu", "dong", "wutong")]
    return FormOf("form", Invitation, WORDS).with_choices(site=sites)


def wrong_form(language: Language) -> Form:
    """The form after somebody typed half of it, and two things wrongly."""
    typed = {
        "name": ["贺"],
        "email": ["he.qinghe.cn"],
        "role": ["foreman"],
        "days": ["90"],
        "tags": ["water"],
    }
    typed |= {"password": ["twelve or more"], "site": ["dong"], "note": ["<b>“&”</b>"]}
    read = invitation(language).read(language, HERE, typed)
    if not isinstance(read, Form):
        raise TypeError("the sample is to be wrong")
    other = Link(say(language, "form.cancel"), HERE)
    return replace(read, id="second", other=other, note=say(language, "form.note_below"))


def cells(language: Language) -> tuple[Shown, ...]:
    """One figure of each state."""
    figures = (
        ("people", Figure("people", "3", say(language, "figure.people.unit"), NOW - 8_000)),
        ("power", Figure("power", "1.42", "kW", NOW - 8_000)),
        ("water", Figure("water", "184", "L", NOW - 14 * MINUTE, "late")),
        (
            "humidity",
            Figure(
                "humidity",
                say(language, "no_data"),
                "",
                NOW - 500 * MINUTE,
                "silent",
                say(language, "since"),
            ),
        ),
        ("door", Figure("door", say(language, "no_data"), "", None, "never", say(language, "never"))),
    )
    return tuple(shown(figure, say(language, f"figure.{key}"), NOW, language) for key, figure in figures)


def table(language: Language) -> Table:
    """Rows with a heartbeat, a curve, a badge and a menu each."""
    whole = beats_of("whole", 24)
    silent: list[Beat] = [*whole[:20], "part", "gap", "gap", "gap"]
    part: list[Beat] = [*beats_of("before", 4), *whole[:9], *beats_of("part", 11)]
    by_site, site_order = sort_link(HERE, "site", "site", "ascending")
    by_power, power_order = sort_link(HERE, "power", "site", "ascending")
    rows = (
        (
            "liu",
            silent,
            "–",
            Badge(say(language, "badge.alarm"), "alarm"),
            _mark(language, "critical", "untaken"),
        ),
        (
            "dong",
            part,
            "0.38 kW",
            Badge(say(language, "badge.watch"), "watch"),
            _mark(language, "high", "taken"),
        ),
        ("wutong", whole, "1.42 kW", Badge(say(language, "badge.data"), "data"), None),
    )
    return Table(
        say(language, "table"),
        (
            Column(say(language, "column.site"), sort=by_site, sorted=site_order),
            Column(say(language, "column.beat")),
            Column(say(language, "column.curve")),
            Column(say(language, "column.power"), "number", by_power, power_order),
            Column(say(language, "column.state")),
            Column(say(language, "menu")),
        ),
        tuple(
            Row(
                (
                    Cell(say(language, f"row.{key}"), say(language, f"row.{key}.under"), HERE, before=mark),
                    Cell(part=heartbeat(beats, language)),
                    Cell(part=spark(language, lost=key == "liu")),
                    Cell(power),
                    Cell(part=badge),
                    Cell(part=menu(language)),
                )
            )
            for key, beats, power, badge, mark in rows
        ),
    )


def beats_of(beat: Beat, hours: int) -> list[Beat]:
    return [beat] * hours


def spark(language: Language, *, lost: bool = False) -> chart.Spark:
    """A day of humidity; `lost` has no end."""
    start = NOW - 24 * 60 * MINUTE
    points: list[chart.Point] = [
        (start + n * 30 * MINUTE, 70 + 6 * math.sin(n / 5) + (n > 40) * (n - 40) * 2)
        for n in range(49)
        if not (lost and n > 26) and n not in (14, 15, 16)
    ]
    words = say(language, "spark")
    return chart.spark(points, start, NOW, words, step_ms=30 * MINUTE, band=(66.0, 77.0))


def empty_table(language: Language) -> Table:
    """No row yet."""
    nothing = Empty(
        say(language, "empty.sentence"), Link(say(language, "act.add"), HERE), say(language, "empty.checked")
    )
    return Table(say(language, "table"), (Column(say(language, "column.site")),), (), nothing)


def menu(language: Language) -> Menu:
    remove = Act(
        say(language, "act.remove"), HERE, look="text", icon="trash", ask=say(language, "act.remove.ask")
    )
    return Menu(say(language, "menu"), (Link(say(language, "act.rename"), HERE), remove))


def dialog(language: Language) -> Dialog:
    opener = Link(say(language, "dialog.open"), HERE)
    return Dialog("shelve", say(language, "dialog.title"), opener, say(language, "close"))


def tabs(language: Language) -> Tabs:
    devices, agents, links = (say(language, f"tab.{key}") for key in ("devices", "agents", "links"))
    return Tabs(
        say(language, "tabs"), (Link(devices, HERE, True, 7), Link(agents, HERE), Link(links, HERE, count=2))
    )


def pages(language: Language) -> Pager | None:
    return pager(HERE, 21, 20, 133, language)


def timeline(language: Language) -> Timeline:
    def title(key: str) -> str:
        return say(language, f"step.{key}")

    return Timeline(
        say(language, "section.timeline"),
        (
            Step(title("demolition"), "done", "10-20", (title("done"),)),
            Step(title("pipes"), "done", "11-03"),
            Step(title("tiling"), "now", "62 %", (title("now"),)),
            Step(title("painting"), "ahead", "12-06", (title("ahead"),)),
            Step(title("handover"), "ahead", "12-18"),
        ),
    )


def upload(language: Language) -> Upload:
    files = (
        Sent("IMG_0412.jpg", say(language, "upload.arrived"), "arrived", 100),
        Sent("IMG_0413.mov", say(language, "upload.sending"), "sending", 61),
        Sent("IMG_0414.jpg", say(language, "upload.failed"), "failed", 12),
    )
    label, submit = say(language, "upload"), say(language, "upload.submit")
    return Upload(
        "pictures", label, HERE, submit, say(language, "upload.help"), "image/*,video/*", files=files
    )


def leakage(language: Language) -> chart.Chart:
    """A morning with a gap, a band, a limit, an event, presence and the plumb line of now."""
    start, end = NOW - 222 * MINUTE, NOW + 30 * MINUTE
    began, lost = NOW - 66 * MINUTE, (NOW - 124 * MINUTE, NOW - 114 * MINUTE)
    scale = chart.Scale(start, end, 0.0, 18.0)
    points: list[chart.Point] = [
        (t, 2 + 0.4 * math.sin(t / 4e5) + max(0.0, 11 * (1 - math.exp(-(t - began) / 1.6e6))) * (t > began))
        for t in range(start, NOW + 1, 2 * MINUTE)
        if not lost[0] < t < lost[1]
    ]
    curve = chart.drawn(points, scale, 2 * MINUTE)
    upper = [(t, 3.6 + 0.5 * math.sin(t / 3e6)) for t in range(start, end, 10 * MINUTE)]
    hours = range(start - start % (60 * MINUTE) + 60 * MINUTE, end, 60 * MINUTE)
    return chart.Chart(
        id="leakage",
        title=say(language, "chart.title"),
        summary=say(language, "chart.summary"),
        line=curve.line,
        area=curve.area,
        band=chart.band_path(upper, [(t, 0.8) for t, _ in upper], scale),
        gaps=chart.spans([lost], scale),
        presence=chart.spans([(NOW - 150 * MINUTE, NOW)], scale),
        ticks=tuple(chart.Label(scale.x(t), f"{(t // (60 * MINUTE) + 8) % 24:02}:00") for t in hours),
        levels=tuple(chart.Label(scale.y(v), f"{v:.0f} mA" if v == 10 else "") for v in (5.0, 10.0)),
        limits=(chart.Label(scale.y(15.0), say(language, "chart.limit")),),
        events=(chart.Label(scale.x(began), say(language, "chart.event"), end=True),),
        now=scale.x(NOW),
        keys=tuple(
            chart.Key(sign, say(language, f"chart.key.{sign}"))
            for sign in ("line", "band", "presence", "gap")
        ),
        said=tuple(
            chart.Said(scale.x(t), _clock(t), f"{value:.1f} mA")
            for t, value in points[::5]
            if value is not None
        ),
        columns=(say(language, "chart.time"), say(language, "chart.value")),
        behind=say(language, "chart.table"),
    )


def feeding(language: Language) -> chart.Chart:
    """A day on which power flows back: below zero."""
    start = NOW - 24 * 60 * MINUTE
    scale = chart.Scale(start, NOW, -2_000.0, 1_500.0)
    points: list[chart.Point] = [
        (t, 600 + 300 * math.sin(t / 2.2e6) - 2_400 * max(0.0, math.sin((t - start) / 1.375e7 - 1.4)))
        for t in range(start, NOW + 1, 20 * MINUTE)
    ]
    curve = chart.drawn(points, scale, 20 * MINUTE)
    marks = range(start - start % (360 * MINUTE) + 360 * MINUTE, NOW - 60 * MINUTE, 360 * MINUTE)
    return chart.Chart(
        id="feeding",
        title=say(language, "power.title"),
        summary=say(language, "power.summary"),
        line=curve.line,
        area=curve.area,
        zero=scale.y(0.0),
        levels=tuple(chart.Label(scale.y(v), f"{v / 1000:g} kW") for v in (-1_000.0, 1_000.0)),
        ticks=tuple(chart.Label(scale.x(t), f"{(t // (60 * MINUTE) + 8) % 24:02}") for t in marks),
        now=100.0,
    )


def nothing(language: Language) -> chart.Chart:
    """Nothing was measured: hatched from end to end."""
    return chart.Chart(
        id="nothing",
        title=say(language, "empty.title"),
        summary=say(language, "empty.summary"),
        line="",
        gaps=(chart.Span(0.0, 100.0),),
        keys=(chart.Key("gap", say(language, "empty.summary")),),
    )


def bars(language: Language) -> chart.Bars:
    amounts = (0.0, None, 0.2, 0.6, 1.1, 1.9, 2.4, 3.1)
    labelled = [(say(language, "day", n=19 + n), amount) for n, amount in enumerate(amounts)]
    return chart.bars(
        say(language, "bars.title"),
        labelled,
        lambda amount: say(language, "no_data") if amount is None else f"{amount:g}",
        say(language, "bars.summary"),
    )


def _clock(time: int) -> str:
    minutes = (time // MINUTE + 8 * 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _mark(
    language: Language,
    priority: Literal["critical", "high", "low"],
    standing: Literal["untaken", "taken", "shelved", "normal"],
) -> Mark:
    words = say(language, "join").join(
        (say(language, f"priority.{priority}"), say(language, f"standing.{standing}"))
    )
    return Mark(priority, standing, words)
