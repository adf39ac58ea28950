"""A customer's page on a bad network: 400 kbit/s and 400 ms, a browser that has never been there.

Chromium's own throttle is used (CDP, Network.emulateNetworkConditions): each request waits for the latency
and shares the throughput. Bytes are counted as the network stack received them, headers and all.
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.report import Figure
from benchmarks.screenshots import _ARGUMENTS, CHROMIUM, Visitor, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, StorageState

LATENCY_MS: Final = 400
BITS_PER_S: Final = 400_000
#: FCP and bytes of the customer's page, cold (issue 9).
FCP_MS: Final = 1_200
COLD_KB: Final = 80
_OPENINGS: Final = 7
#: What the page asks for after it is shown has come by then: streams never end.
_QUIET_S: Final = 4.0
_FCP: Final = """() => new Promise((tell) => new PerformanceObserver((list) => {
  const found = list.getEntriesByName("first-contentful-paint")[0];
  if (found) tell(found.startTime);
}).observe({ type: "paint", buffered: true }))"""


@dataclass(slots=True)
class Opening:
    """One visit of a new browser: milliseconds to the first paint with content, bytes over the wire."""

    fcp_ms: float
    received: int


@contextlib.contextmanager
def slowly(page: Page) -> Iterator[Callable[[], int]]:
    """The page's network throttled, its cache cold; and how many bytes have come so far."""
    session = page.context.new_cdp_session(page)
    came: dict[str, int] = {}

    def count(event: dict[str, Any]) -> None:
        came[event["requestId"]] = came.get(event["requestId"], 0) + event.get("encodedDataLength", 0)

    def whole(event: dict[str, Any]) -> None:
        came[event["requestId"]] = event["encodedDataLength"]

    session.on("Network.dataReceived", count)
    session.on("Network.loadingFinished", whole)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    throughput = BITS_PER_S / 8
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": throughput,
            "uploadThroughput": throughput,
        },
    )
    try:
        yield lambda: sum(came.values())
    finally:
        session.detach()


def opened(context: BrowserContext, address: str) -> Opening:
    """One visit."""
    page = context.new_page()
    with slowly(page) as received:
        page.goto(address, wait_until="commit")
        fcp_ms = float(page.evaluate(_FCP))
        until = time.monotonic() + _QUIET_S
        while time.monotonic() < until:
            page.wait_for_timeout(100)
        return Opening(fcp_ms, received())


def measure() -> list[Figure]:
    """First contentful paint and bytes, each the median of visits by new browsers."""
    from playwright.sync_api import sync_playwright  # a package of the tests

    from tests.web.demonstration import LOGIN, PASSWORD, demonstration  # the stand of the tests
    from tests.web.site_day import TOKEN

    with demonstration() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        customer = [_visit(browser, f"{url}/p/{TOKEN}") for _ in range(_OPENINGS)]
        wall = _visit(browser, f"{url}/p/{TOKEN}/wall")
        office = _visit(browser, f"{url}/firm", sign_in(browser, url, Visitor(LOGIN, PASSWORD)))
        browser.close()
    fcp_ms = statistics.median(one.fcp_ms for one in customer)
    received = max(one.received for one in customer) / 1_000
    return [
        Figure("customer's page, first contentful paint", fcp_ms, "ms", None, FCP_MS, sense="at most"),
        Figure("… the slowest", max(one.fcp_ms for one in customer), "ms"),
        Figure("… cold, over the wire", received, "kB", None, COLD_KB, sense="at most"),
        Figure("the wall, first contentful paint", wall.fcp_ms, "ms"),
        Figure("the firm's page, first contentful paint", office.fcp_ms, "ms"),
        Figure("… cold, over the wire", office.received / 1_000, "kB", None, COLD_KB, sense="at most"),
    ]


def _visit(browser: Browser, address: str, cookies: StorageState | None = None) -> Opening:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, storage_state=cookies
    )
    try:
        return opened(context, address)
    finally:
        context.close()
