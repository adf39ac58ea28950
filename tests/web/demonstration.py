"""A server with a day of data in it, and an example of every part of its pages' addresses."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.web.site_day import TOKEN, Clock, Stand, at, serving, tell_day

#: Part of an address -> what stands there in the demonstration.
EXAMPLES = {"token": TOKEN, "version": "0", "name": "kit.css"}


@contextlib.contextmanager
def demonstration() -> Iterator[str]:
    """The server's address without a slash at its end; at 15:12 of a day with an hour offline at noon."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-demonstration-"))
    stand = Stand(folder, Clock(at(15.2)))
    try:
        tell_day(stand, at(15.2), step_ms=20_000, outage=(at(12.2), at(12.8)))
        with serving(stand) as url:
            yield url
    finally:
        stand.close()
        shutil.rmtree(folder, ignore_errors=True)
