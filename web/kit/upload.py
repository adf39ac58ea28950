"""A file on its way: chosen, sent in pieces, arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.kit.act import Hidden

Stage = Literal["waiting", "sending", "arrived", "failed"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One file: `share` in percent of what has arrived; `said` is the same in words."""

    name: str
    said: str
    stage: Stage
    share: int


@dataclass(frozen=True, slots=True)
class Upload:
    """A field for files, and the files that are on their way. `accept` as in HTML; `several` takes many.
    Without scripts it is a plain form with a button."""

    name: str
    label: str
    action: str
    submit: str
    help: str = ""
    accept: str = ""
    several: bool = True
    hidden: Hidden = ()
    files: tuple[Sent, ...] = ()
