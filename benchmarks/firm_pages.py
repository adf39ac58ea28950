"""Every page of the table of rooms, for an owner of a firm of 200 sites: server time on SQLite and on
PostgreSQL (log and records; the time series is SQLite's in both).

The pages are found as `make screenshots` finds them, so a new one is measured by itself. That of all sites
is also asked for with nothing in memory: right after a restart, and after every site has changed.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.testclient import TestClient

from benchmarks.report import Figure
from benchmarks.screenshots import pages
from benchmarks.servers import Postgres
from store.threads import SWITCH_INTERVAL_S
from tests.web import demonstration
from tests.web.access.house import PASSWORD, Browser, furnish
from tests.web.fleet import FLEET, Told, tell_fleet
from tests.web.services import services_over
from tests.web.site_day import Clock, Stand, at, tell_day
from web.app import create_app
from web.rooms import rooms

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from web.services import Services

_SITES: Final = 200
_ASKED: Final = 40
_LIMIT_MS: Final = 25.0
_FIRM: Final = "/firm"


def measure() -> list[Figure]:
    """Milliseconds, p95, by page and database."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        found = _measured("SQLite", folder / "sqlite", None)
        folder.chmod(0o755)  # the server is another user
        with Postgres(folder / "postgresql") as cluster:
            dsn = cluster.create_database("firm")
            return [*found, *_measured("PostgreSQL", folder / "beside", dsn)]


class _Timed:
    """ASGI: how long each answer took inside the server, in ms."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.spent_ms: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            self.spent_ms.append((time.perf_counter() - began) * 1_000)

    def p95_ms(self) -> float:
        """Of all since it was last asked."""
        spent, self.spent_ms = sorted(self.spent_ms), []
        return spent[min(len(spent) - 1, int(len(spent) * 0.95))]


def _measured(database: str, folder: Path, dsn: str | None) -> list[Figure]:
    stand = Stand(folder, Clock(at(15.2)), dsn=dsn)
    try:
        _fill(stand)
        found = [
            Figure(f"{database}: {name}", spent_ms, "ms", None, _LIMIT_MS, sense="at most")
            for name, spent_ms in (*_pages(stand), *_anew(stand))
        ]
    finally:
        stand.close()
    return found


def _fill(stand: Stand) -> None:
    tell_day(stand, at(15.2), step_ms=60_000)
    furnish(stand)
    more = [
        Told(f"house-{number}", f"长宁路 {number} 号", f"{number} Changning Road", came=number % 5)
        for number in range(_SITES - len(FLEET))
    ]
    tell_fleet(stand, [*FLEET, *more])
    while stand.timeseries.roll_up(2_000):
        pass


def _pages(stand: Stand) -> Iterator[tuple[str, float]]:
    """Each as often as it takes, by somebody who looks at one after the other."""
    with _signed_in(services_over(stand)) as (browser, timed):
        for name, address in pages(rooms(), demonstration.EXAMPLES).items():
            if not _is_page(browser, address.path):
                continue
            timed.spent_ms.clear()
            for _ in range(_ASKED):
                browser.get(address.path)
            yield name, timed.p95_ms()


def _anew(stand: Stand) -> Iterator[tuple[str, float]]:
    """All sites, with nothing in memory; and when the registry and every site have just changed."""
    services = services_over(stand)
    with _signed_in(services) as (browser, timed):
        timed.spent_ms.clear()
        for _ in range(_ASKED):
            browser.get(_FIRM)
        yield "firm, right after a restart", timed.p95_ms()
    services = services_over(stand)
    with _signed_in(services) as (browser, timed):
        browser.get(_FIRM)
        timed.spent_ms.clear()
        for _ in range(_ASKED):
            services.overview.forget()
            browser.get(_FIRM)
        yield "firm, every site changed since", timed.p95_ms()


@contextlib.contextmanager
def _signed_in(services: Services) -> Iterator[tuple[Browser, _Timed]]:
    timed = _Timed(create_app(services))
    headers = {"Accept-Language": "zh", "Accept": "text/html"}
    with TestClient(timed, headers=headers, follow_redirects=False) as client:
        browser = Browser(client)
        browser.sign_in(demonstration.LOGIN, PASSWORD)
        yield browser, timed


def _is_page(browser: Browser, path: str) -> bool:
    """Streams never end, and are no pages."""
    if "/live" in path:
        return False
    answer = browser.get(path)
    return answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")
