"""The rooms that people and programs enter: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final

from fastapi import APIRouter

from web.http.limits import Larger

#: What a room gives to be mounted.
Routes = APIRouter
#: Modules below `web` whose `routes` are mounted; a test holds them against the folders.
ROOMS: Final = (
    "account.routes",
    "customer.routes",
    "door.elsewhere",
    "door.routes",
    "firm.routes",
    "http.files",
    "http.health",
    "links.entry",
    "links.routes",
    "live.routes",
    "living.routes",
    "people.log",
    "people.members",
    "people.routes",
    "site.routes",
    "tokens.routes",
)
#: Where files are sent: prefix and bytes.
LARGER_BODIES: Final[tuple[Larger, ...]] = ()


def rooms() -> Iterator[tuple[str, APIRouter]]:
    """Name and routes of every room."""
    for module in ROOMS:
        routes: APIRouter = import_module(f"web.{module}").routes
        yield module.removesuffix(".routes").rpartition(".")[2], routes
