"""A server with a day of data in it, and an example of every part of its pages' addresses."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.web.access.house import OURS, PASSWORD, furnish
from tests.web.fleet import tell_fleet
from tests.web.links.given import give_links
from tests.web.lived_in import move_in
from tests.web.site_day import SITE, TOKEN, Clock, Stand, at, serving, tell_day
from wire.batch import Frame

__all__ = ["EXAMPLES", "LOGIN", "PASSWORD", "demonstration"]

#: Part of an address -> what stands there in the demonstration.
EXAMPLES = {
    "token": TOKEN,
    "version": "0",
    "name": "kit.css",
    "secret": "0",
    "provider": "none",
    "topic": "firm:none",
    "firm": "firm",
    "project": SITE,
    "link_id": "3",
    "site": "tingtao",
    "member": "foreman",
}
#: Who signs in for the pages that ask for it.
LOGIN = f"owner@{OURS}"


@contextlib.contextmanager
def demonstration() -> Iterator[tuple[str, Callable[[], None]]]:
    """The server's address without a slash at its end, at 15:12 of a day that was offline at noon; and what
    lets its devices say once more how things are."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-demonstration-"))
    stand = Stand(folder, Clock(at(15.2)))
    try:
        tell_day(stand, at(15.2), step_ms=20_000, outage=(at(12.2), at(12.8)))
        furnish(stand)
        give_links(stand)
        tell_fleet(stand)
        move_in(stand)
        with serving(stand) as url:
            yield url, lambda: _say_again(stand)
    finally:
        stand.close()
        shutil.rmtree(folder, ignore_errors=True)


def _say_again(stand: Stand) -> None:
    now = [stand.clock()]
    rooms = {"th-bath": (18.6, 82.0), "th-living": (21.1, 63.0), "th-bedroom": (19.9, 58.0)}
    stand.append(
        [
            Frame(
                device="meter-main",
                time=now,
                values={"active_power": [1_423.0], "active_energy_import": [1_295.6]},
            ),
            Frame(device="water-main", time=now, values={"water_volume": [48_657.0]}),
            *(
                Frame(device=device, time=now, values={"temperature": [warm], "relative_humidity": [damp]})
                for device, (warm, damp) in rooms.items()
            ),
        ]
    )
