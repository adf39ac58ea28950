"""Keeps the links that are open in step with what the registry says of projects, without a restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from parts.progress import Progress
from store.errors import StoreError
from store.threads import UPKEEP
from web.customer.project import Project, Projects
from web.live.hub import Hub

LOGGER: Final = logging.getLogger("plumbline.web.links")
#: A link that was taken back opens nothing after so long at most.
LOOK_EVERY_S: Final = 0.5

#: The projects where they have changed since it was last asked, else None; blocking. Raises StoreError.
Look = Callable[[], Sequence[Project] | None]


async def keep(known: Projects, live: Hub, look: Look, progress: Progress) -> None:
    """Look again and again, until cancelled. What has changed is closed and opened anew by whoever may."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        progress.begin()
        try:
            found = await UPKEEP.run(look)
            progress.done()
        except StoreError as error:
            progress.failed(error)
            LOGGER.error("%s; the projects stay as they were", error)  # noqa: TRY400 - the reason is there
            continue
        if found is not None:
            replace(known, live, found)


def replace(known: Projects, live: Hub, projects: Sequence[Project]) -> None:
    """From now on these; streams of those that are gone or changed end."""
    for project in known.replace(projects):
        LOGGER.info("project %s has changed: its open pages begin anew", project.id)
        live.end(project.key)
