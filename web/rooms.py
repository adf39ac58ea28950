"""The rooms that people and programs enter: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from web.account import routes as account
from web.customer import routes as customer
from web.door import elsewhere
from web.door import routes as door
from web.http import files, health
from web.http.limits import Larger
from web.live import routes as live
from web.living import routes as living


@dataclass(frozen=True, slots=True)
class Room:
    """A folder of pages and its routes."""

    name: str
    routes: APIRouter


ROOMS: Final = (
    Room("files", files.routes),
    Room("health", health.routes),
    Room("customer", customer.routes),
    Room("door", door.room.routes),
    Room("elsewhere", elsewhere.room.routes),
    Room("account", account.room.routes),
    Room("live", live.room.routes),
    Room("living", living.routes),
)
#: Where files are sent: prefix and bytes.
LARGER_BODIES: Final[tuple[Larger, ...]] = ()
