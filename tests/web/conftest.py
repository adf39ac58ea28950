from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.web.browsing import ARGUMENTS, CHROMIUM
from tests.web.site_day import Clock, Stand, at


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
