"""The log of access, as a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from annotated_types import MaxLen
from pydantic import BaseModel

from store.records.access import Access
from store.records.access_log import ACTS, Entry, is_intact
from store.records.accounts import Account
from web.access.principal import Member
from web.http.assets import Assets
from web.kit.act import Act, Hidden, Pager, Tabs
from web.kit.form import Field, Form, FormOf
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.look import Looks
from web.kit.notice import Empty, Notice
from web.kit.numbers import moment
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.people.chain import Looked
from web.people.named import Choices, author_said, subject_said
from web.people.view import tabs
from web.people.words import WORDS, say

PATH: Final = "/people/log"
#: Digits of a digest that people compare by eye.
_DIGITS: Final = 16


class Filter(BaseModel):
    """Which entries; nothing typed: all of them."""

    who: Annotated[str | None, Looks("select")] = None
    act: Annotated[str | None, Looks("select")] = None
    what: Annotated[str | None, MaxLen(100)] = None
    since: dt.date | None = None
    until: dt.date | None = None


FILTER: Final = FormOf("log", Filter, WORDS)


@dataclass(frozen=True, slots=True)
class LogPage:
    frame: Frame
    title: str
    lead: str
    tabs: Tabs | None
    chain: Notice
    check: Act
    head: str
    action: str
    filter: tuple[Field, ...]
    submit: str
    all: Link | None
    export: Link
    entries: Table
    pager: Pager | None


@dataclass(frozen=True, slots=True)
class Known:
    """`count` and `digest` are of the last entry; `more`: there are older ones that match."""

    entries: Sequence[Entry]
    more: bool
    count: int
    digest: bytes
    accounts: Sequence[Account]
    now: int
    zone: ZoneInfo
    looked: Looked | None


@dataclass(frozen=True, slots=True)
class Asked:
    """`form` where something typed is wrong. `query` is that of the address."""

    typed: Mapping[str, Sequence[str]]
    form: Form | None
    before: int | None
    query: str


def build(
    me: Member,
    access: Access,
    known: Known,
    asked: Asked,
    language: Language,
    assets: Assets,
    hidden: Hidden,
) -> LogPage:
    """The page of one step of the log."""
    title = say(language, "log.title")
    accounts = {one.member: one for one in known.accounts}
    filtered = any(value for values in asked.typed.values() for value in values)
    made = FILTER.with_choices(who=_people(known.accounts), act=_acts(language))
    blank = made.blank(language, PATH, {name: "".join(v[-1:]) for name, v in asked.typed.items()})
    export = f"{PATH}/entries.csv" + (f"?{_without_page(asked.query)}" if filtered else "")
    return LogPage(
        frame(language, title, assets, room="people", masthead=masthead(me, "people", language)),
        title,
        say(language, "log.lead"),
        tabs(access, "log", language),
        _chain(known, language),
        Act(say(language, "log.check"), f"{PATH}/check", hidden, look="text"),
        say(language, "log.head", n=known.count, digest=known.digest.hex()[:_DIGITS]),
        PATH,
        blank.fields if asked.form is None else _merged(blank, asked.form),
        say(language, "log.submit"),
        Link(say(language, "log.all"), PATH) if filtered else None,
        Link(say(language, "log.export"), export),
        _table(known, accounts, language),
        _pager(known, asked, language),
    )


def _merged(blank: Form, wrong: Form) -> tuple[Field, ...]:
    """With choices, and with what is wrong."""
    said = {field.name: field.error for field in wrong.fields}
    return blank.with_errors(said, "").fields


def _people(accounts: Sequence[Account]) -> Choices:
    return [(f"member:{one.member}", one.name) for one in accounts]


def _acts(language: Language) -> Choices:
    return [(act, say(language, f"act.{act}")) for act in ACTS]


def _chain(known: Known, language: Language) -> Notice:
    """What is shown is checked each time; the whole, when somebody has asked for it."""
    if altered := next((entry for entry in known.entries if not is_intact(entry)), None):
        fault = say(language, "log.broken.altered", n=altered.number)
        when = moment(known.now, known.now, known.zone, language)
        return Notice(say(language, "log.broken", when=when, fault=fault))
    looked = known.looked
    if looked is None:
        return Notice(say(language, "log.unchecked"), "quiet")
    when = moment(looked.at, known.now, known.zone, language)
    if looked.fault is None:
        return Notice(say(language, "log.whole", when=when, n=looked.entries), "done")
    kind, number = looked.fault
    return Notice(say(language, "log.broken", when=when, fault=say(language, f"log.broken.{kind}", n=number)))


def _table(known: Known, accounts: Mapping[str, Account], language: Language) -> Table:
    columns = ("when", "who", "act", "what", "address")
    rows = tuple(_row(entry, known, accounts, language) for entry in known.entries)
    empty = Empty(say(language, "log.none"))
    heads = tuple(Column(say(language, f"column.{name}")) for name in columns)
    return Table(say(language, "log.title"), heads, rows, empty)


def _row(entry: Entry, known: Known, accounts: Mapping[str, Account], language: Language) -> Row:
    deed, altered = entry.deed, not is_intact(entry)
    note = say(language, "log.altered") if altered else f"{entry.number}"
    return Row((
        Cell(moment(deed.time, known.now, known.zone, language), note, alarm=altered),
        Cell(author_said(deed.who, accounts, language)),
        Cell(say(language, f"act.{deed.act}")),
        Cell(subject_said(deed.what, accounts, language), deed.detail),
        Cell(deed.address or "–"),
    ))  # fmt: skip


def _pager(known: Known, asked: Asked, language: Language) -> Pager | None:
    if asked.before is None and not known.more:
        return None
    rest = _without_page(asked.query)
    older, newest = None, None
    if known.more:
        query = "&".join(part for part in (rest, f"before={known.entries[-1].number}") if part)
        older = Link(say(language, "log.older"), f"{PATH}?{query}")
    if asked.before is not None:
        newest = Link(say(language, "log.newest"), f"{PATH}?{rest}" if rest else PATH)
    shown = known.entries
    said = say(language, "log.said", first=shown[-1].number, last=shown[0].number) if shown else ""
    return Pager(say(language, "log.pages"), said, newest, older)


def _without_page(query: str) -> str:
    """What was asked, but for where one was; nothing that is not of the filter."""
    kept = [(name, value) for name, value in parse_qsl(query[:2_000]) if name in Filter.model_fields]
    return urlencode(kept[:20])
