"""`make demo` as a newcomer runs it: history and live values on a page, in both languages and widths."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from plumbline.demo.story import PEOPLE
from store.records.access import ROLES
from tests.servers import clean_environment, free_port, mortal, wait_until

NAMES = {person.role: person.name.zh for person in PEOPLE}
ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "build" / "screenshots"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Demo:
    process: subprocess.Popen[str]
    output: Path
    folder: Path

    def said(self) -> str:
        return self.output.read_text()

    @property
    def page(self) -> str:
        return self.address_of("Mr Zheng")

    def address_of(self, pattern: str) -> str:
        """What is printed at the end of the line that has this in it: whose a page is, or which role's."""
        found = re.search(rf"^(?=.*{pattern}).*  (http\S+)$", self.said(), re.MULTILINE)
        assert found, self.said()
        return found[1]


def start_demo(folder: Path, **environment: str) -> Demo:
    output = folder / "demo.out"
    data = folder / "demo"
    with output.open("w") as file:
        process = subprocess.Popen(
            mortal([sys.executable, "-m", "plumbline", "demo"]),
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            env=clean_environment() | {"PORT": str(free_port()), "DEMO_DIR": str(data)} | environment,
            start_new_session=True,
        )
    return Demo(process, output, data)


def wait_ready(demo: Demo) -> None:
    def ready() -> bool:
        assert demo.process.poll() is None, demo.said()
        return "ready after" in demo.said()

    wait_until(ready, timeout_s=150, what=f"demo ready: {demo.said()}")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = start_demo(tmp_path_factory.mktemp("demo"))
    try:
        wait_ready(running)
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(60)
    assert running.process.returncode == 0, running.said()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_of_the_demo_lives_without_reload(
    demo: Demo, browser: Browser, width: int, language: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844}, device_scale_factor=2)
    page.goto(f"{demo.page}?lang={language}")
    first = power_and_its_time(page)
    page.wait_for_function(
        "([text, time]) => { const e = document.querySelector('[data-figure=power]');"
        " return e.textContent.trim() !== text && Number(e.dataset.time) > time; }",
        arg=first,
        timeout=20_000,
    )
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"demo-{language}-{width}.png", full_page=True)
    page.close()


def power_and_its_time(page: Page) -> list[object]:
    figure = page.locator("[data-figure=power]")
    return [(figure.text_content() or "").strip(), int(figure.get_attribute("data-time") or 0)]


def test_the_history_is_a_week_and_more(demo: Demo) -> None:
    from store.timeseries.sqlite import SqliteTimeSeries

    store = SqliteTimeSeries(demo.folder / "data" / "timeseries.db")
    try:
        latest = store.latest("fenglin-18")["meter-main", "active_power"]
        times, _ = store.raw("fenglin-18", "meter-main", "active_power", 0, latest.time + 1)
        assert latest.time - times[0] >= 7 * 86_400_000
    finally:
        store.close()


def test_every_role_has_an_address_that_signs_its_person_in_on_this_machine_alone(demo: Demo) -> None:
    for role in ROLES:
        address = demo.address_of(rf"^  {role.replace('_', ' ')}  ")
        with httpx2.Client(headers={"Accept": "text/html"}, follow_redirects=True) as client:
            assert client.get(address, headers={"Host": "demo.example"}).status_code == 404
            assert not client.cookies
            page = client.get(address)
            assert page.status_code == 200
            assert NAMES[role] in page.text


def test_each_site_says_how_old_its_newest_data_is(demo: Demo) -> None:
    """One is live, one is read every five minutes, of one nothing has come since the evening before."""
    said = {whom: page_text(demo.address_of(whom)) for whom in ("Mr Zheng", "Ms Lin", "Ms Ye")}
    assert "No word from the site since" in said["Ms Ye"]
    ages_s = {whom: time.time() - newest_s(text) for whom, text in said.items()}
    assert ages_s["Mr Zheng"] < 60
    assert ages_s["Ms Lin"] < 400
    assert ages_s["Ms Ye"] > 6 * 3600


def page_text(address: str) -> str:
    somebody = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (Macintosh)"}
    with httpx2.Client(headers=somebody, follow_redirects=True) as client:
        answer = client.get(address, params={"lang": "en"})
    assert answer.status_code == 200
    return answer.text


def newest_s(page: str) -> float:
    """UTC seconds of the newest figure on a page."""
    return max(int(time_ms) for time_ms in re.findall(r'data-time="(\d+)"', page)) / 1000


def test_badge_numbers_stay_on_the_site(demo: Demo) -> None:
    """The recording holds raw cards; the spool and everything in the cloud hold pseudonyms only."""
    import csv
    import gzip

    with gzip.open(demo.folder / "sites/fenglin-18/history/events.csv.gz", "rt") as file:
        cards = {row["badge"] for row in csv.DictReader(file)}
    assert cards
    kept = [path for path in demo.folder.rglob("*") if path.is_file() and "history" not in path.parts]
    for path in kept:
        with contextlib.suppress(FileNotFoundError):  # written anew or trimmed by the demo at work
            content = path.read_bytes()
            assert not any(card.encode() in content for card in cards), path


def test_it_stops_by_itself_and_leaves_nothing_running(tmp_path: Path) -> None:
    short = start_demo(tmp_path, DEMO_SECONDS="1")
    assert short.process.wait(180) == 0, short.said()
    assert "nothing is left running" in short.said()
    with pytest.raises(ProcessLookupError):
        os.killpg(short.process.pid, 0)
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False)
    assert left.stdout == ""
