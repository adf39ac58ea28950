"""`python -m plumbline.demo.server FOLDER`: `plumbline serve` with the people of the demo let in, and a door
for its visitor on this machine."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from plumbline.commands.process import run_until_stopped
from plumbline.demo.people import let_in
from plumbline.demo.place import DOOR, read_guests
from plumbline.processes import serve
from plumbline.settings import Settings, SettingsError
from store import private
from store.records.records import Records
from web.door.local import local_door
from web.rooms import Routes


async def serve_demo(settings: Settings, stop: asyncio.Event) -> None:
    """As `serve`. Raises SettingsError also where the pages would be heard beyond this machine."""
    if settings.web.host != "127.0.0.1":
        raise SettingsError(f"web.host: {settings.web.host!r}: a demo is for this machine alone: 127.0.0.1")
    guests = read_guests(settings.data.parent)

    async def furnish(records: Records) -> Sequence[Routes]:
        await let_in(records, guests)
        return [local_door(DOOR, guests.logins, settings.web.port)]

    await serve(settings, stop, furnish)


def main() -> int:
    """Until SIGTERM; 2 where the settings are wrong."""
    folder = Path(sys.argv[1])
    try:
        with private.umask():
            return run_until_stopped(argparse.Namespace(config=folder / "plumbline.yaml"), serve_demo)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
