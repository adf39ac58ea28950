"""From a reading taken by the agent to the figure seen in a browser, at 1 Hz, through every process there is.

The simulated site's meter is polled once a second by the real agent. A page in headless Chromium watches
its power figure; what is measured is the browser's clock at the next frame painted after the change, less
the time the agent stamped on the reading. All run on one machine, so the clocks agree.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

import yaml
from playwright.sync_api import sync_playwright

from benchmarks.cloud import cloud
from benchmarks.report import Figure
from plumbline.children import Children

SAMPLES: Final = 120
_SITE: Final = "fenglin-18"
_TOKEN: Final = "bench-page-of-two-minutes"  # noqa: S105  # a project that lives for two minutes
_CHROMIUM: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
_WATCH: Final = """
() => {
  window.latencies = [];
  const figure = document.querySelector('[data-figure=power]');
  let last = Number(figure.dataset.time || 0);
  new MutationObserver(() => {
    const taken = Number(figure.dataset.time || 0);
    if (taken <= last) return;
    last = taken;
    requestAnimationFrame(() => window.latencies.push(Date.now() - taken));
  }).observe(figure, {attributes: true, childList: true, characterData: true, subtree: true});
}
"""


def measure() -> list[Figure]:
    """Median and 99th percentile over two minutes."""
    latencies = sorted(_latencies_ms())
    rank = min(len(latencies) - 1, round(0.99 * len(latencies)) - 1)
    return [
        Figure("reading taken to seen in the page, median", statistics.median(latencies), "ms"),
        Figure("reading taken to seen in the page, p99", latencies[rank], "ms", None, 300, sense="at most"),
    ]


def _latencies_ms() -> list[float]:
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        with cloud(folder, _projects(), _SITE) as (web_port, broker_port), Children(folder) as children:
            site_file = folder / "site.yaml"
            broker = ["--broker-host", "127.0.0.1", "--broker-port", str(broker_port)]
            account = ["--username", f"{_SITE}.pi-1", "--password-file", str(folder / "password")]
            children.start("site", ["simulator", "--dir", name, *broker, *account], site_file.exists)
            children.start("edge", ["edge_agent", "run", str(site_file)], lambda: True)
            return _watch_page(f"http://127.0.0.1:{web_port}/p/{_TOKEN}", children)


def _watch_page(url: str, children: Children) -> list[float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=_CHROMIUM)
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(url)
        page.wait_for_function(
            "() => Number(document.querySelector('[data-figure=power]')?.dataset.time || 0) > 0",
            timeout=30_000,
        )
        page.evaluate(_WATCH)
        deadline = time.monotonic() + 2 * SAMPLES
        latencies: list[float] = []
        while len(latencies) < SAMPLES and time.monotonic() < deadline:
            children.check()
            page.wait_for_timeout(500)
            latencies = page.evaluate("() => window.latencies")
        browser.close()
    if len(latencies) < SAMPLES / 2:
        raise SystemExit(f"only {len(latencies)} changes seen in {2 * SAMPLES} s")
    return latencies


def _projects() -> str:
    project = {
        "id": _SITE,
        "token": _TOKEN,
        "site": _SITE,
        "timezone": "Asia/Shanghai",
        "title": {"zh": "测量", "en": "Bench"},
        "customer": {"zh": "测量", "en": "Bench"},
        "started": "2026-01-01",
        "rooms": [],
        "devices": [{"id": "meter-main", "kind": "electricity_meter", "interval_s": 1}],
    }
    return yaml.safe_dump({"projects": [project]}, allow_unicode=True)
