"""What a press does: a link that looks like a button, or a form of one button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.kit.language import Language
from web.kit.link import Link
from web.kit.words import say

#: One filled button a screen: ink; vermilion only while an alert is untaken. Others are pills, rare ones
#: text.
Look = Literal["ink", "vermilion", "pill", "text"]
#: Hidden fields of a form, name and value: the token against forgery, the key of idempotency.
Hidden = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Act:
    """A POST to `action`; `icon` stands before the label. `ask` is asked before, where the browser runs
    scripts (without, the room's own page asks)."""

    label: str
    action: str
    hidden: Hidden = ()
    look: Look = "pill"
    icon: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """Ways and acts behind one button."""

    label: str
    items: tuple[Link | Act, ...]
    icon: str = "more"


@dataclass(frozen=True, slots=True)
class Dialog:
    """A native dialog over the page. `opener` leads to the page that asks the same without scripts."""

    id: str
    title: str
    opener: Link
    close: str
    look: Look = "pill"


@dataclass(frozen=True, slots=True)
class Tabs:
    """Links that look like tabs: each is an address of its own, so back and forward work."""

    label: str
    tabs: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Pager:
    """Where one is in a list, and the ways on; None where there is none. `said`: "21–40 of 133"."""

    label: str
    said: str
    previous: Link | None = None
    next: Link | None = None


def pager(path: str, first: int, shown: int, total: int, language: Language) -> Pager | None:
    """The pager of a list of `total` that shows `shown` from number `first` (from 1) on, by `?from=`; None
    where all are shown. `path` may have a query of its own."""
    if shown >= total:
        return None
    joint = "&" if "?" in path else "?"
    last = first + shown - 1
    previous = Link(say(language, "pager.previous"), f"{path}{joint}from={max(first - shown, 1)}")
    following = Link(say(language, "pager.next"), f"{path}{joint}from={last + 1}")
    return Pager(
        say(language, "pager"),
        say(language, "pager.said", first=first, last=last, total=total),
        previous if first > 1 else None,
        following if last < total else None,
    )
