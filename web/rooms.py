"""The rooms that people and programs enter: one line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter

from web.customer import routes as customer
from web.http import files, health
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
    Room("living", living.routes),
)
