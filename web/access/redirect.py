"""Where somebody goes on after a form: to an address of ours and nowhere else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

LONGEST: Final = 500
#: A path and a query of visible ASCII, which no browser takes for another host: those read `//` and `/\\` as
#: the beginning of one (url.spec.whatwg.org), and drop tabs and line ends.
_OURS: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def ours(path: str, otherwise: str = "/") -> str:
    """`path` where it leads to a page of ours, else `otherwise`."""
    return path if len(path) <= LONGEST and _OURS.fullmatch(path) else otherwise


def with_next(door: str, path: str) -> str:
    """The address of a door from which one goes on to `path`."""
    return door if ours(path, "") in {"", "/"} else f"{door}?next={quote(path, safe='')}"
