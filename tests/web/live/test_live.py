"""The stream over a real uvicorn: snapshot, change, resume, and floods that must not be felt."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx2
import pytest

from benchmarks.opened import Opened, open_link
from store.log.contract import Entry
from tests.servers import wait_until
from tests.web.site_day import (
    OTHER_TOKEN,
    SITE,
    STREAM,
    TILER,
    TOKEN,
    Stand,
    at,
    now_frames,
    serving,
    tell_day,
)
from tests.web.viewer import Viewer
from wire.batch import Event, Frame


@pytest.fixture
def url(stand: Stand) -> Iterator[str]:
    tell_day(stand, at(15.2), hours=26, step_ms=60_000)
    with serving(stand) as url:
        yield url


def test_a_stream_begins_with_everything_and_goes_on_with_what_changed(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        first = viewer.snapshot()
        assert first.name == "snapshot"
        assert {"headline", "people", "power", "energy", "water", "room-bath-relative_humidity"} <= {
            figure["id"] for figure in first.data["figures"]
        }
        stand.append(now_frames(stand, 2_345.0))
        change = viewer.wait_for("power", "2.35")
        assert change.name == "figures"
        assert change.figure("room-bath-relative_humidity") is None


def test_who_comes_back_gets_only_what_changed_meanwhile(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        last_id = viewer.snapshot().id
    stand.append(now_frames(stand, 3_210.0))
    with Viewer(url, last_id=last_id) as again:
        event = again.wait_for("power", "3.21")
        assert event.name == "figures"
        assert all(e.name != "snapshot" for e in again.events)


@pytest.mark.parametrize("last_id", ["0badcafe-3", "nonsense", "-", "x-99999999999999999999", "a\u00e9-1"])
def test_an_id_of_another_life_gets_the_snapshot(url: str, last_id: str) -> None:
    with Viewer(url, last_id=last_id) as viewer:
        assert viewer.snapshot().name == "snapshot"


def test_two_languages_hear_the_same_in_their_words(stand: Stand, url: str) -> None:
    with Viewer(url, lang="zh") as zh, Viewer(url, lang="en") as en:
        wait_until(lambda: bool(zh.events and en.events), what="snapshots")
        out = Event(device="gate-out", time=stand.clock(), kind="badge", badge=TILER, direction="out")
        stand.append([], [out])
        zh.wait_for("headline", "1\u2009人在场，正在施工。")
        en.wait_for("headline", "One person on site, work is under way.")
        assert TILER[2:] not in "".join(e.raw for e in (*zh.events, *en.events))


def test_another_customers_stream_hears_nothing_of_this_site(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer, Viewer(url, token=OTHER_TOKEN) as other:
        wait_until(lambda: bool(viewer.events and other.events), what="snapshots")
        stand.append(now_frames(stand, 4_321.0))
        viewer.wait_for("power", "4.32")
        assert "4.32" not in "".join(event.raw for event in other.events)
        assert all(event.name == "snapshot" for event in other.events)


def test_an_unknown_token_has_no_stream(url: str) -> None:
    nobody = Opened("/c/firm/fenglin-18", "visit=" + "x" * 43)
    with Viewer(url, opened=nobody) as viewer:
        wait_until(lambda: viewer.status != 0, what="an answer")
        assert viewer.status == 403


def test_late_readings_change_totals_and_the_day_but_not_now(stand: Stand, url: str) -> None:
    opened = open_link(url, TOKEN)
    with Viewer(url, opened=opened) as viewer:
        power = viewer.snapshot().text("power")
        late = at(3.5) + 500
        stand.append([Frame(device="meter-main", time=[late], values={"active_power": [10_999.0]})])
        wait_until(lambda: any(e.name == "day" for e in viewer.events), what="day event")
        assert {e.text("power") for e in viewer.events} <= {power, None}
    assert "10 kW" in httpx2.get(f"{url}{opened.path}/day", headers=opened.headers).text


def test_the_agents_last_will_is_on_the_page_within_seconds(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        viewer.snapshot()
        stand.status(online=False)
        wait_until(
            lambda: any("No word" in (e.text("headline") or "") for e in viewer.events),
            what="headline",
        )


def test_time_alone_makes_a_figure_late_and_then_silent(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        viewer.snapshot()
        stand.clock.forward(125_000)
        viewer.wait_for("power", "no data")


def test_records_that_were_there_before_the_first_look_are_not_missed(stand: Stand) -> None:
    """The time series lags behind the log: the first snapshot may be old, the log is read from there on."""
    tell_day(stand, at(15.2), hours=1)
    stand.append(now_frames(stand, 1_111.0), project=False)
    with serving(stand) as url, Viewer(url) as viewer:
        viewer.wait_for("power", "1.11")


def test_a_backlog_does_not_hold_back_what_is_live(stand: Stand, url: str) -> None:
    """150,000 late readings in the log; the live one behind them is on the page soon after."""
    week = [at(10, 16) + n * 1_000 for n in range(3_000)]
    frame = Frame(device="meter-main", time=week, values={"active_power": [50.0] * len(week)})
    with Viewer(url) as viewer:
        viewer.snapshot()
        for _ in range(50):
            stand.append([frame], project=False)
        stand.append(now_frames(stand, 6_540.0), project=False)
        viewer.wait_for("power", "6.54", timeout_s=10)
        assert all(e.name != "day" for e in viewer.events), "a week ago is not of today"


def test_changes_are_pushed_at_once_but_at_most_ten_times_a_second(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        viewer.snapshot()
        began = time.monotonic()
        for n in range(60):
            stand.append(now_frames(stand, 2_000.0 + 10 * n))
        viewer.wait_for("power", "2.59")
        spent_s = time.monotonic() - began
        pushes = [e for e in viewer.events if e.name == "figures"]
        assert len(pushes) <= spent_s * 10 + 3


def test_streams_end_by_themselves_when_the_server_stops(stand: Stand) -> None:
    with serving(stand) as url:
        viewer = Viewer(url)
        viewer.__enter__()
        viewer.snapshot()
        began = time.monotonic()
    wait_until(lambda: viewer.ended, what="the stream's end")
    assert time.monotonic() - began < 5
    viewer.__exit__(None, None, None)


def test_a_record_nobody_can_read_is_set_aside_once_counted_and_passed_over(stand: Stand, url: str) -> None:
    with Viewer(url) as viewer:
        viewer.snapshot()
        stand.log.append([Entry(SITE, "pi-1", STREAM, 9_999, b"no batch")], stand.clock())
        stand.append(now_frames(stand, 7_770.0))
        viewer.wait_for("power", "7.77")
    assert stand.live is not None
    assert stand.live.counts()["undecodable_batches"] == 1
    assert [item.reason for item in stand.records.quarantine.items()] == ["undecodable"]
