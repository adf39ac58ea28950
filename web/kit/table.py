"""A table: sorted by links, its head stays in sight, on a phone each row is a small card of its own lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.kit.act import Act, Menu
from web.kit.chart import Spark
from web.kit.heartbeat import Heartbeat
from web.kit.mark import Avatar, Badge, Mark, WorkMark
from web.kit.notice import Empty

Sorted = Literal["", "ascending", "descending"]


@dataclass(frozen=True, slots=True)
class Column:
    """`sort` is the address that sorts by it (the other way round where it is sorted by already)."""

    label: str
    kind: Literal["text", "number"] = "text"
    sort: str = ""
    sorted: Sorted = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """`under` is a second, grey line; `before` and `part` stand before and below the text."""

    text: str = ""
    under: str = ""
    href: str = ""
    alarm: bool = False
    before: Mark | WorkMark | Avatar | None = None
    part: Badge | Heartbeat | Spark | Act | Menu | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """As many cells as the table has columns; the first one names the row."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """`caption` names it (read aloud; shown where `titled`). Without rows `empty` stands in its place."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: Empty | None = None
    titled: bool = False


def sort_link(path: str, key: str, sorted_by: str, order: Sorted) -> tuple[str, Sorted]:
    """The address that sorts by `key` and how the column is sorted now, for `Column(sort=…, sorted=…)`."""
    now: Sorted = order if key == sorted_by else ""
    following = "descending" if now == "ascending" else "ascending"
    return f"{path}?sort={key}&order={following}", now
