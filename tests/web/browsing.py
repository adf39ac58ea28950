"""A real browser, and what is asked of every page in it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has none
from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage",
]  # fmt: skip
_AXE: str = Axe().axe_script
#: How far the page can be scrolled sideways, in px.
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
#: What can be pressed and is smaller than a thumb (WCAG 2.5.5: 44 px), with its size. A label is its box.
SMALL = """() => [...document.querySelectorAll('a, button, summary, select, textarea, input')]
  .map((e) => e.matches('label input, input[type=file]') ? e.labels[0] : e)
  .filter((e) => e.checkVisibility() && e.type !== 'hidden' && !e.matches('.skip'))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
  .map(([e, box]) => `${e.outerHTML.slice(0, 80)} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA and its best practices: rule and place."""
    page.evaluate(_AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for violation in found["violations"]
        for node in violation["nodes"][:5]
    ]


def slow_down(page: Page) -> None:
    """400 kbit/s and 400 ms from now on, as on the edge of a cell."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    bytes_per_s = 400_000 / 8
    devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 400,
            "downloadThroughput": bytes_per_s,
            "uploadThroughput": bytes_per_s,
        },
    )
