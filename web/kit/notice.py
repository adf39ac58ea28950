"""What a page tells: a notice in its place, a note that passes, and the sentence of an empty list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.kit.act import Act
from web.kit.link import Link

#: attention: needs a person (vermilion); watch (amber); quiet: for the record; done: it worked (pine).
Kind = Literal["attention", "watch", "quiet", "done"]


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence with its since-when in it, and the way that mends it."""

    text: str
    kind: Kind = "attention"
    way: Link | None = None


@dataclass(frozen=True, slots=True)
class Toast:
    """What was just done, and how to take it back. Without scripts it stays until the next page."""

    text: str
    undo: Act | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """One serif sentence, one action, and when it was last looked: never "all well" over silence."""

    sentence: str
    way: Link | None = None
    checked: str = ""
