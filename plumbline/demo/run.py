"""The demo from its first step to its last.

The same commands a firm would run, as child processes: simulated sites (pseudo-terminals that speak real
protocols), `plumbline-edge backfill` (past days become a spooled backlog), `plumbline replay`, the server and
`plumbline-edge run`. This module starts them in order, shows how far they are, and stops them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from types import FrameType
from typing import Final, NoReturn

from plumbline.children import ChildError, Children
from plumbline.demo import show, sites
from plumbline.demo.counters import counters, is_well
from plumbline.demo.files import write_files, write_projects
from plumbline.demo.place import Place, new_place
from plumbline.demo.story import SITES

_BACKLOG_WITHIN_S: Final = 180.0
#: So many batches on their way are no backlog but the present.
_LIVE_BATCHES: Final = 4


class _Stopped(Exception):  # noqa: N818  # not an error: the person has seen enough
    """Ctrl-C or SIGTERM."""


def demo() -> int:
    """Run as the environment says (PORT, DEMO_SECONDS, DEMO_DIR). Exit code: 0, or 1 when a part failed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _raise_stopped)
    try:
        with contextlib.ExitStack() as stack:
            port = _number("PORT")
            place = new_place(stack, os.environ.get("DEMO_DIR"), None if port is None else int(port))
            children = stack.enter_context(Children(place.folder))
            _begin(place, children, _number("DEMO_SECONDS"))
            _stay(children, _number("DEMO_SECONDS"))
    except _Stopped:
        print()
    except ChildError as error:
        print(f"\nThe demo cannot go on: {error}", file=sys.stderr)
        return 1
    print("  stopped; nothing is left running.")
    return 0


def _begin(place: Place, children: Children, limit: float | None) -> None:
    started = time.monotonic()
    show.title()
    write_files(place)
    show.step("devices open their serial lines on two sites; a third was handed over yesterday")
    timezone = sites.build(place, children)
    write_projects(place, timezone)
    show.step("their past is recorded, while broker, ingest, stores and pages start")
    recorded = sites.record(place, children, timezone)
    children.start("serve", ["plumbline.demo.server", str(place.folder)], lambda: is_well(place), 90.0)
    for ended in recorded:
        ended()
    show.step("it goes where agents keep what waits for a link, as after days without one")
    total = _past(place, children)
    show.step("the agents read their sites; live values go first, the backlog behind them")
    for site in sites.with_lines():
        sites.read(place, children, site)
    _watch_backlog(place, children, total)
    show.ready(place, time.monotonic() - started, timezone, limit)


def _past(place: Place, children: Children) -> int:
    """How many readings all pasts have, on their way or in a spool."""
    pasts = [
        (sites.send if site.pace == "handed_over" else sites.spool)(place, children, site) for site in SITES
    ]
    return sum(past() for past in pasts)


def _watch_backlog(place: Place, children: Children, total: int) -> None:
    """Until `total` readings have come through the real path into the store."""
    deadline = time.monotonic() + _BACKLOG_WITHIN_S
    while time.monotonic() < deadline:
        children.check()
        told = counters(place)
        if "readings" in told and "spooled_batches" in told:
            stored = min(told["readings"], total)
            show.bar(stored / total, f"{stored:>9,} of {total:,} readings are in the store")
            if stored == total and told["spooled_batches"] <= _LIVE_BATCHES:
                print()
                return
        time.sleep(0.1)
    raise ChildError(
        f"the backlog did not arrive within {_BACKLOG_WITHIN_S:g} s; the logs are in {place.folder}"
    )


def _stay(children: Children, seconds: float | None) -> None:
    end = time.monotonic() + seconds if seconds else float("inf")
    while (left := end - time.monotonic()) > 0:
        children.check()
        time.sleep(min(0.2, left))


def _number(name: str) -> float | None:
    text = os.environ.get(name, "").strip()
    try:
        return float(text) if text else None
    except ValueError as error:
        raise ChildError(f"{name}={text!r} is not a number") from error


def _raise_stopped(_: int, __: FrameType | None) -> NoReturn:
    raise _Stopped
