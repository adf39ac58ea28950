"""/health: for anybody, the state and which parts do not do their work. No figure, no reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from fastapi.responses import JSONResponse

from parts.vitals import Vitals
from web.access.rights import OPEN
from web.access.room import Room
from web.services import Here

room = Room()
routes = room.routes

#: Health checks give up after four or five seconds.
_UP_WITHIN_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.05


@room.get("/health", right=OPEN)
async def health(here: Here) -> JSONResponse:
    """200 where all is well or about to be, else 503."""
    found = await _once_up(here.vitals)
    body = {"status": found.status} | ({"failing": found.failing} if found.failing else {})
    return JSONResponse(body, found.status_code)


async def _once_up(vitals: Callable[[], Vitals]) -> Vitals:
    """How the process is. Who asks while it starts waits a little for its end."""
    waited_s = 0.0
    while (found := vitals()).status == "starting" and waited_s < _UP_WITHIN_S:
        await asyncio.sleep(_LOOK_EVERY_S)
        waited_s += _LOOK_EVERY_S
    return found
