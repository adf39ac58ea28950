"""The page in a real browser: both widths, both languages, live without a reload, and looked at.

Screenshots are written to build/screenshots/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.servers import wait_until
from tests.web.site_day import TOKEN, Stand, at, now_frames, serving, tell_day
from wire.batch import Frame
from wire.status import Dropped, SpoolStatus

pytestmark = pytest.mark.browser

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
PHONE, DESK = 390, 1280
#: No sideways scrolling, nothing to press smaller than a thumb (WCAG 2.5.5: 44 px).
MEASURE = """() => ({
  sideways: document.documentElement.scrollWidth - innerWidth,
  small: [...document.querySelectorAll('main a, nav a, button')]
    .filter((e) => e.checkVisibility())
    .filter((e) => e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44).length,
})"""


@dataclass
class Visit:
    """An open page, and what went wrong on it."""

    page: Page
    url: str
    wrong: list[str] = field(default_factory=list)
    loads: int = 0

    def watch(self) -> None:
        self.page.on("console", lambda message: self.wrong.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("request", self._asked)

    def _failed(self, request: Any) -> None:
        if "ABORTED" not in (request.failure or ""):
            self.wrong.append(f"failed: {request.url}")

    def _asked(self, request: Any) -> None:
        # The way from a link to its page is one load.
        self.loads += request.is_navigation_request() and request.redirected_from is None
        if not request.url.startswith(self.url):
            self.wrong.append(f"another origin: {request.url}")

    def text(self, key: str, part: str = "text") -> str:
        place = self.page.locator(f'[data-figure="{key}"] [data-field="{part}"]').first
        return place.text_content() or ""

    def settle(self) -> None:
        """Until the scripts are at work and no figure moves."""
        self.page.wait_for_selector(".slide:not([hidden])", state="attached")
        # An animation that ends is over soon; the breathing dot never is.
        moving = "() => document.getAnimations().some((a) => a.effect.getTiming().iterations === 1)"
        self.until(lambda: not self.page.evaluate(moving), "stillness")

    def until(self, condition: Callable[[], bool], what: str) -> None:
        wait_until(condition, 15, what)

    def photograph(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def open_page(url: str, width: int = PHONE, lang: str = "zh", **options: Any) -> Visit:
        phone: dict[str, Any] = (
            {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if width == PHONE else {}
        )
        context = browser.new_context(
            viewport={"width": width, "height": 844 if width == PHONE else 900}, **phone, **options
        )
        contexts.append(context)
        visit = Visit(context.new_page(), url)
        visit.watch()
        visit.page.goto(f"{url}/p/{TOKEN}?lang={lang}")
        return visit

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_value_changes_without_reload(
    stand: Stand, visit: Callable[..., Visit], width: int, lang: str, scheme: str
) -> None:
    tell_day(stand, at(15.2), step_ms=20_000, outage=(at(12.2), at(12.8)))
    with serving(stand) as url:
        # The bob settles for seconds: once, in one of the eight.
        motion = "no-preference" if (width, lang, scheme) == (PHONE, "zh", "light") else "reduce"
        seen = visit(url, width, lang, color_scheme=scheme, reduced_motion=motion)
        seen.settle()
        stand.append(now_frames(stand, 2_345.0))
        seen.until(lambda: seen.text("power") in ("2.35", "2.34"), "the new power")
        assert seen.text("power", "unit") == "kW"
        seen.settle()
        seen.photograph(f"customer-{width}-{lang}-{scheme}")
        assert seen.page.evaluate(MEASURE) == {"sideways": 0, "small": 0}
        assert (seen.wrong, seen.loads) == ([], 1)


def age_s(text: str) -> int:
    """Seconds of an age; just now is none."""
    return 0 if text == "just now" else int(text.removesuffix(" s ago"))


def test_ages_tick_by_themselves(stand: Stand, visit: Callable[..., Visit]) -> None:
    tell_day(stand, at(15.2), hours=1)
    with serving(stand) as url:
        seen = visit(url, lang="en")
        first = age_s(seen.text("power", "age"))
        seen.until(lambda: age_s(seen.text("power", "age")) >= first + 2, "two seconds more")
        seen.until(lambda: age_s(seen.text("updated", "age")) >= first + 3, "three seconds more")
        assert seen.loads == 1


def test_a_phone_with_a_wrong_clock_shows_right_ages(stand: Stand, visit: Callable[..., Visit]) -> None:
    """The stand's clock is not the browser's at all: ages come from the server's."""
    tell_day(stand, at(15.2), hours=1)
    stand.clock.forward(60_000)
    with serving(stand) as url:
        seen = visit(url, lang="en")
        seen.until(lambda: seen.text("power", "age") == "1 min ago", "a minute")


def test_the_page_says_when_it_has_lost_the_server(stand: Stand, visit: Callable[..., Visit]) -> None:
    tell_day(stand, at(15.2), hours=1)
    with serving(stand) as url:
        seen = visit(url, lang="en", reduced_motion="reduce")
        seen.settle()
        banner = seen.page.locator("#link")
        assert banner.is_hidden()
    seen.until(banner.is_visible, "the banner")
    assert "how things stood at 15:12" in (banner.text_content() or "")
    assert seen.page.evaluate("() => document.documentElement.className") == "unlinked"


def test_with_reduced_motion_nothing_moves(stand: Stand, visit: Callable[..., Visit]) -> None:
    tell_day(stand, at(15.2), hours=1)
    with serving(stand) as url:
        seen = visit(url, reduced_motion="reduce")
        stand.append(now_frames(stand, 2_345.0))
        seen.until(lambda: seen.text("power") == "2.34" or seen.text("power") == "2.35", "the new power")
        assert seen.page.evaluate("() => document.getAnimations().length") == 0


def test_without_scripts_the_figures_are_there(stand: Stand, visit: Callable[..., Visit]) -> None:
    tell_day(stand, at(15.2), hours=20)
    with serving(stand) as url:
        seen = visit(url, lang="en", java_script_enabled=False)
        assert seen.text("headline") == "2 people on site, work is under way."
        assert seen.page.locator("noscript").inner_text().startswith("This is how things stood")
        seen.photograph("without-scripts")


def silent(stand: Stand) -> None:
    tell_day(stand, at(15.2), step_ms=20_000, silent="th-bedroom", silent_since=at(14.5))


def offline(stand: Stand) -> None:
    tell_day(stand, at(14.77), step_ms=20_000)
    stand.status(online=False)


def dropped(stand: Stand) -> None:
    tell_day(stand, at(15.2), step_ms=20_000, outage=(at(9.2), at(10.8)))
    stand.status(
        spool=SpoolStatus(batches=128, oldest=at(9.2)),
        dropped=Dropped(readings=18_240, events=2, last=at(10.5)),
    )


def empty(_stand: Stand) -> None:
    pass


@pytest.mark.parametrize(
    ("story", "zh", "en"),
    [
        (silent, "1\u2009个设备无数据。", "One device is silent."),
        (offline, "现场失联", "No word from the site since 14:46."),
        (dropped, "有读数丢失。", "Some readings were lost."),
        (empty, "还没有数据。", "No data yet."),
    ],
)
def test_trouble_is_said_first(
    stand: Stand, visit: Callable[..., Visit], story: Callable[[Stand], None], zh: str, en: str
) -> None:
    story(stand)
    with serving(stand) as url:
        for width, lang, words in ((PHONE, "zh", zh), (DESK, "en", en)):
            seen = visit(url, width, lang, reduced_motion="reduce")
            seen.settle()
            assert words in seen.text("headline")
            assert seen.page.evaluate(MEASURE)["sideways"] == 0
            seen.photograph(f"{story.__name__}-{width}-{lang}")
            assert seen.wrong == []


def test_the_first_reading_of_a_new_project_fills_the_page(stand: Stand, visit: Callable[..., Visit]) -> None:
    with serving(stand) as url:
        seen = visit(url, lang="en", reduced_motion="reduce")
        seen.settle()
        stand.append(now_frames(stand, 812.0))
        seen.until(lambda: seen.text("power") == "812", "the first reading")
        seen.until(lambda: "No data yet" not in seen.text("headline"), "the headline")
        assert seen.wrong == []


def test_an_address_that_opens_nothing_is_kind(stand: Stand, visit: Callable[..., Visit]) -> None:
    with serving(stand) as url:
        seen = visit(url)
        seen.page.goto(f"{url}/p/nobody")
        assert seen.page.locator("h1").all_text_contents() == ["这里没有页面", "There is no page here"]
        seen.photograph("not-found")


def test_power_that_flows_back_is_on_the_strip(stand: Stand, visit: Callable[..., Visit]) -> None:
    now = stand.clock()
    times = list(range(now - 3 * 3_600_000, now, 20_000))
    watts: list[float | None] = [-1_800.0 + n % 90 * 10 for n in range(len(times))]
    stand.append([Frame(device="meter-main", time=times, values={"active_power": watts})])
    with serving(stand) as url:
        seen = visit(url, lang="en", reduced_motion="reduce")
        seen.settle()
        seen.photograph("feeding-in")
        assert seen.text("power").startswith("-")
        assert seen.wrong == []


def test_a_page_that_wakes_shows_nothing_old_as_fresh(stand: Stand, visit: Callable[..., Visit]) -> None:
    """The phone slept: its wall clock went on, the page's timers and monotonic clock did not."""
    tell_day(stand, at(15.2), hours=1)
    with serving(stand) as url:
        seen = visit(url, lang="en", reduced_motion="reduce")
        seen.settle()
        stand.clock.forward(3 * 3_600_000)
        seen.page.evaluate(
            """() => {
              const date = Date.now;
              Date.now = () => date() + 3 * 3_600_000;
              document.dispatchEvent(new Event("visibilitychange"));
            }"""
        )
        assert seen.text("power", "age") in ("3 h ago", "since 15:12")
        seen.until(lambda: "No word from the site" in seen.text("headline"), "the truth of now")
        assert seen.loads == 1
