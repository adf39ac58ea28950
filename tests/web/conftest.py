from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web.browsing import ARGUMENTS, CHROMIUM
from tests.web.site_day import Clock, Stand, at
from web.vendor import ROOT, VENDOR, copy


@pytest.fixture(scope="session", autouse=True)
def vendored() -> None:
    """What the page takes from npm; a checkout without it cannot show the chart."""
    if not (ROOT / "node_modules").is_dir() and not VENDOR.is_dir():
        pytest.fail("node_modules is missing: run `npm ci` (make setup does)")
    if not VENDOR.is_dir():
        copy(ROOT / "node_modules", VENDOR)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Empty stores and the two projects, at 15:12 local time."""
    stand = Stand(tmp_path / "data", Clock(at(15.2)))
    yield stand
    stand.close()
    shutil.rmtree(tmp_path / "data")
