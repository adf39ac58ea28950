"""What the demo prints: its steps, how far the past has come, and an address for every role."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from plumbline.demo.place import DOOR, Place
from plumbline.demo.story import PEOPLE, SITES, VISITORS, Person

_BAR: Final = 32


def title() -> None:
    """The first line."""
    print("\n  Plumbline 准绳 · a small firm on this machine\n")


def step(text: str) -> None:
    """What begins now."""
    print(f"  · {text}", flush=True)


def bar(share: float, text: str) -> None:
    """Drawn over itself on a terminal, elsewhere once, at its end."""
    full = round(share * _BAR)
    line = f"    {'━' * full}{'╌' * (_BAR - full)}  {text}"
    if sys.stdout.isatty():
        print(f"\r{line}\033[K", end="", flush=True)
    elif share >= 1:
        print(line.rstrip(), flush=True)


def ready(place: Place, seconds: float, timezone: str, limit: float | None) -> None:
    """Where to go now."""
    shifted = "" if timezone == "Asia/Shanghai" else "  (a zone where it is a working day now)"
    print(f"\n  ready after {seconds:.0f} s\n")
    print("  Each address signs its person in, in this machine's browsers alone:\n")
    print(
        table(
            [(person.role.replace("_", " "), *_named(person), _address(place, person)) for person in PEOPLE]
        )
    )
    print("\n  Customers need no login; whoever has the link sees the page:\n")
    print(table(_links(place)))
    print(
        f"\n  the door              {place.url}/door/sign-in   every login above, password {place.password}"
    )
    print(f"  the sites' clock      {timezone}{shifted}")
    print(f"  logs and data         {place.folder}")
    print(f"\n  {f'stops by itself after {limit:g} s' if limit else 'Ctrl-C stops it'}", flush=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other; a Chinese character is two cells wide."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  " + "  ".join(_padded(row, widths)).rstrip() for row in rows)


def width(text: str) -> int:
    """In cells of a terminal (Unicode Standard Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(row: Sequence[str], widths: Iterable[int]) -> list[str]:
    return [text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)]


def _named(person: Person) -> tuple[str, str, str]:
    return person.name.zh, person.name.en, person.login


def _address(place: Place, person: Person) -> str:
    return f"{place.url}{DOOR}/{place.keys[person.login]}"


def _links(place: Place) -> list[tuple[str, str, str]]:
    return [
        (
            VISITORS[site.id][0],
            f"{site.title.zh} · {site.title.en}",
            f"{place.url}/p/{place.tokens[site.id][0]}",
        )
        for site in SITES
    ]
