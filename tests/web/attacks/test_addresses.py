"""Whatever stands in an address, the answer is one, and the log of access goes on being written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from starlette.requests import Request

from tests.postgres import bare_postgres_dsn, postgres_cluster, postgres_dsn
from tests.web.access.house import ORIGIN, House, furnish
from tests.web.site_day import Clock, Stand, at
from web.access.room import every_route

__all__ = ["bare_postgres_dsn", "postgres_cluster", "postgres_dsn"]
#: NUL, a half of a surrogate pair, no UTF-8, more than 64 bits, a line break, digits of another script.
ODD = ("%00", "%ED%A0%80", "%FF", "9" * 30, "-1", "%0d%0aX-A:1", "%D9%A1", "..%2f..")
QUERIES = (
    *("/people/log?who=", "/people/log?what=", "/people/log?since=", "/people/log?until="),
    *("/people/log?before=", "/people/log/entries.csv?what=", "/people/log/entries.csv?until="),
    *("/links?from=", "/links?project=", "/people?said=", "/firm?first=", "/door/sign-in?next=", "/?lang="),
)


@pytest.fixture
def house(tmp_path: Path, postgres_dsn: str) -> Iterator[House]:
    """Over PostgreSQL, which is stricter than SQLite with what a text may hold."""
    stand = Stand(tmp_path / "data", Clock(at(15.2)), dsn=postgres_dsn)
    yield furnish(stand)
    stand.close()


def with_parts(house: House) -> list[tuple[str, str]]:
    """(method, path) of the pages that name something."""
    return [
        (method, path)
        for path, route in every_route(house.app)
        if isinstance(route, APIRoute) and "{" in path and not path.startswith("/api/")
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]


async def test_odd_parts_of_paths_are_refused(house: House) -> None:
    with house.browser("owner") as owner:
        token = re.search(r'name="csrf" value="([^"]+)"', owner.get("/account").text)
        form = {"csrf": token[1] if token else "", "sure": "on"}
        for (method, path), odd in itertools.product(with_parts(house), ODD):
            filled = re.sub(r"\{[^}]+\}", odd, path)
            sent = {"data": form, "headers": {"Origin": ORIGIN}} if method == "POST" else {}
            answer = owner.client.request(method, filled, **sent)  # type: ignore[arg-type]
            assert answer.status_code < 500, f"{method} {filled}"
    await house.services.gate.sights.flush()


def test_odd_queries_are_answered(house: House) -> None:
    with house.browser("owner") as owner:
        for path, odd in itertools.product(QUERIES, (*ODD, "0001-01-01", "9999-12-31")):
            assert owner.get(path + odd).status_code < 500, path + odd


async def test_a_deed_that_no_store_would_take_does_not_stop_the_log(house: House) -> None:
    gate, access = house.services.gate, house.access("owner")
    asked = Request({"type": "http", "headers": [], "client": ("127.0.0.1", 1)})
    gate.sights.add(gate.deed(access, asked, "saw", "x\0y", "\0"))
    await gate.sights.flush()
    assert gate.sights.written == 1
