"""Tokens of programs: one's own, by right those of the firm, and a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from store.records.access import Access
from store.records.registry import Token
from web.access.principal import Member
from web.access.rights import scopes_said
from web.access.tokens import offered
from web.http.assets import Assets
from web.kit.act import Act, Hidden
from web.kit.form import Form, FormOf
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.mark import Badge
from web.kit.notice import Empty, Notice
from web.kit.numbers import age
from web.kit.places import masthead
from web.kit.table import Cell, Column, Row, Table
from web.people.zone import day_of
from web.tokens import forms
from web.tokens.words import say

PATH = "/tokens"


@dataclass(frozen=True, slots=True)
class TokensPage:
    frame: Frame
    title: str
    lead: str
    notice: Notice | None
    tables: tuple[Table, ...]
    text: dict[str, str]
    form: Form | None


@dataclass(frozen=True, slots=True)
class Known:
    """`names`: member -> what they are called, of those one sees."""

    tokens: Sequence[Token]
    names: Mapping[str, str]
    now: int
    zone: ZoneInfo


def build(
    me: Member,
    access: Access,
    known: Known,
    form: Form | None,
    language: Language,
    assets: Assets,
    hidden: Hidden,
    said: str = "",
) -> TokensPage:
    """The page of who is signed in."""
    title = say(language, "tokens.title")
    mine = access.member
    groups = {
        "own": [one for one in known.tokens if one.author == mine and one.opens(known.now)],
        "firm": [one for one in known.tokens if one.author != mine and one.opens(known.now)],
        "over": [one for one in known.tokens if not one.opens(known.now)],
    }
    tables = tuple(
        _table(name, rows, access, known, language, hidden)
        for name, rows in groups.items()
        if rows or name == "own"
    )
    blank = form or blank_form(access, language)
    return TokensPage(
        frame(language, title, assets, room="tokens", masthead=masthead(me, "tokens", language)),
        title,
        say(language, "tokens.lead"),
        Notice(say(language, said), "done") if said else None,
        tables,
        {key: say(language, key) for key in ("make.title", "make.none")},
        blank.guarded(hidden) if offered(access) else None,
    )


def blank_form(access: Access, language: Language) -> Form:
    """With what this access may give."""
    return form_of(access, language).blank(language, PATH, {"days": forms.USUAL_DAYS})


def form_of(access: Access, language: Language) -> FormOf[forms.Make]:
    """The form with the scopes that are offered: under each noun what may be done with it."""
    parts = {scope: scope.split(":") for scope in offered(access)}
    verbs = [(scope, say(language, f"only.{verb}")) for scope, (_, verb) in parts.items()]
    nouns = {scope: say(language, f"noun.{noun}") for scope, (noun, _) in parts.items()}
    return forms.MAKE.with_choices(scopes=verbs).with_groups(scopes=nouns)


def scope_said(scope: str, language: Language) -> str:
    """`device:see` as people say it; what a newer version gave, as it stands."""
    noun, _, verb = scope.partition(":")
    try:
        return say(language, f"verb.{verb}", noun=say(language, f"noun.{noun}"))
    except KeyError:
        return scope


def _table(
    name: str,
    tokens: Sequence[Token],
    access: Access,
    known: Known,
    language: Language,
    hidden: Hidden,
) -> Table:
    columns = ["name", "scopes", *(["author"] if name != "own" else []), "used", "ends"]
    heads = [Column(say(language, f"column.{column}")) for column in columns]
    rows = tuple(_row(one, columns, access, known, language, hidden) for one in tokens)
    caption = say(language, f"tokens.{name}")
    return Table(caption, tuple(heads), rows, Empty(say(language, "tokens.none")))


def _row(
    one: Token, columns: Sequence[str], access: Access, known: Known, language: Language, hidden: Hidden
) -> Row:
    cells = {
        "name": Cell(one.name),
        "scopes": Cell(_scopes(one, language)),
        "author": Cell(_author(one, known, language)),
        "used": Cell(_used(one, known, language)),
        "ends": Cell(_ends(one, known, language), part=_act(one, access, known, language, hidden)),
    }
    return Row(tuple(cells[column] for column in columns))


def _scopes(one: Token, language: Language) -> str:
    joint = "、" if language == "zh" else ", "
    return joint.join(scope_said(scope, language) for scope in scopes_said(one.scopes))


def _author(one: Token, known: Known, language: Language) -> str:
    if one.author is None:
        return say(language, "author.console")
    return known.names.get(one.author, one.author)


def _used(one: Token, known: Known, language: Language) -> str:
    return say(language, "used.never") if one.used is None else age(max(0, known.now - one.used), language)


def _ends(one: Token, known: Known, language: Language) -> str:
    if one.expires is None:
        return say(language, "ends.never")
    return day_of(one.expires, known.now, known.zone, language)


def _act(one: Token, access: Access, known: Known, language: Language, hidden: Hidden) -> Act | Badge | None:
    if not one.opens(known.now):
        return Badge(say(language, "state.revoked" if one.revoked is not None else "state.expired"))
    if not access.may("token", "remove", own=one.author is not None and one.author == access.member):
        return None
    return Act(say(language, "revoke"), f"{PATH}/{one.id}/revoke", hidden, look="text")
