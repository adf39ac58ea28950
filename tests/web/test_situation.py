"""What the page may say, and what it must not say, of a state."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.headcount import Passage
from store.records.contract import AgentState
from tests.web.site_day import PROJECTS, SITE, STREAM, at
from web.language import Language
from web.project import Project, load_projects
from web.site_state import Digest, Reading, SiteState, digest, local_day, watch
from web.situation import Situation, judge
from web.wording import Figure, figures, headline
from wire.batch import Batch, Event, Frame
from wire.status import DeviceStatus, Dropped, SpoolStatus, Status

NOW = at(15)
MINUTE = 60_000
METERS = ("meter-main", "water-main")
ROOMS = ("th-bath", "th-living", "th-bedroom")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    path = tmp_path / "projects.yaml"
    path.write_text(PROJECTS, "utf-8")
    return load_projects(path)[0]


@pytest.fixture
def state(project: Project) -> SiteState:
    return SiteState(project, watch(project), local_day(project, NOW))


def speak(
    state: SiteState, time: int = NOW - 1_000, watts: float = 60.0, leave_out: tuple[str, ...] = ()
) -> None:
    """Every device says something at `time`, but for those left out."""
    columns = {
        ("meter-main", "active_power"): watts,
        ("meter-main", "active_energy_import"): 100.0,
        ("water-main", "water_volume"): 500.0,
    }
    columns |= {(room, "temperature"): 20.0 for room in ROOMS}
    columns |= {(room, "relative_humidity"): 60.0 for room in ROOMS}
    kept = {series: [Reading(time, v)] for series, v in columns.items() if series[0] not in leave_out}
    state.take(Digest(kept, frozenset()), NOW)


def enter(state: SiteState, *badges: str) -> None:
    state.take(Digest({}, frozenset(Passage(at(8), badge, "in") for badge in badges)), NOW)


def agent(
    state: SiteState, online: bool = True, received: int = NOW, name: str = "pi-1", **parts: object
) -> None:
    status = Status(online=online, sent=received, stream=STREAM, **parts)  # type: ignore[arg-type]
    state.agents.append(AgentState(SITE, name, received, status))


def said(state: SiteState, language: Language = "en", now: int = NOW) -> str:
    return headline(judge(state, now), language)


def shown(situation: Situation, key: str, language: Language = "en") -> Figure:
    return next(figure for figure in figures(situation, language) if figure.id == key)


def test_people_and_power_make_work(state: SiteState) -> None:
    speak(state, watts=1_400)
    enter(state, "a", "b")
    assert said(state) == "2 people on site, work is under way."
    assert said(state, "zh") == "2\u2009人在场，正在施工。"


def test_work_in_bursts_is_work_until_ten_minutes_have_passed(state: SiteState) -> None:
    enter(state, "a")
    speak(state, NOW - 8 * MINUTE, watts=1_400)
    speak(state, watts=60)
    assert said(state) == "One person on site, work is under way."
    speak(state, NOW + 4 * MINUTE, watts=60)
    assert said(state, now=NOW + 4 * MINUTE) == "One person on site, quiet for now."


def test_nobody_and_no_power_is_quiet(state: SiteState) -> None:
    speak(state)
    assert said(state) == "The site is quiet."


def test_power_without_people_is_named(state: SiteState) -> None:
    speak(state, watts=900)
    assert said(state) == "Nobody has badged in, yet power is being used."


def test_a_new_project_has_no_data_yet(state: SiteState) -> None:
    assert said(state) == "No data yet."
    situation = judge(state, NOW)
    assert situation.link == "empty"
    assert shown(situation, "people").state == "never"
    assert shown(situation, "energy").text == "no data"


def test_silence_of_everything_is_never_quiet(state: SiteState) -> None:
    speak(state, NOW - 30 * MINUTE, watts=1_400)
    enter(state, "a")
    assert said(state) == "No word from the site since 14:30."
    people = shown(judge(state, NOW), "people")
    assert (people.text, people.note) == ("no data", "no contact with the site")


def test_the_last_will_counts_before_the_data_are_old(state: SiteState) -> None:
    speak(state)
    agent(state, online=False)
    assert said(state).startswith("No word from the site since 14:59")
    assert "offline" in shown(judge(state, NOW), "notice-offline").text


def test_one_of_two_agents_offline_is_said_behind_the_sentence(state: SiteState) -> None:
    speak(state)
    agent(state)
    agent(state, online=False, name="pi-2")
    assert said(state) == "The site is quiet.\nOne collector is offline."


@pytest.mark.parametrize("device", [*METERS, *ROOMS])
def test_a_silent_device_is_always_in_the_headline(state: SiteState, device: str) -> None:
    speak(state, NOW - 41 * MINUTE)
    speak(state, leave_out=(device,))
    assert said(state).endswith("\nOne device is silent.")


def test_quiet_is_never_said_over_a_silent_electricity_meter(state: SiteState) -> None:
    speak(state, NOW - 41 * MINUTE)
    speak(state, leave_out=("meter-main",))
    assert said(state) == "Nobody is on site.\nOne device is silent."
    power = shown(judge(state, NOW), "power")
    assert (power.text, power.state, power.note) == ("no data", "silent", "since 14:19")


def test_a_badge_reader_with_a_fault_makes_the_count_unknown(state: SiteState) -> None:
    speak(state)
    agent(state, devices=[DeviceStatus(device="gate-in", fault="no_reply")])
    assert said(state) == "Only part of the site is reporting.\nOne device is silent."
    people = shown(judge(state, NOW), "people")
    assert (people.text, people.note) == ("no data", "badge reader not answering")


def test_dropped_readings_are_said_with_number_and_time(state: SiteState) -> None:
    speak(state)
    agent(state, dropped=Dropped(readings=1_000, unspooled_readings=234, events=2, last=at(9.5)))
    assert said(state) == "The site is quiet.\nSome readings were lost."
    text = shown(judge(state, NOW), "notice-dropped").text
    assert "1,234 readings" in text
    assert "2 events" in text
    assert "09:30" in text


def test_an_old_loss_leaves_the_headline_but_not_the_page(state: SiteState) -> None:
    speak(state)
    agent(state, dropped=Dropped(readings=7, last=at(9, day=20)))
    assert said(state) == "The site is quiet."
    assert "20 Nov 09:00" in shown(judge(state, NOW), "notice-dropped").text


def test_a_backlog_is_said_with_how_much_is_left(state: SiteState) -> None:
    speak(state)
    agent(state, spool=SpoolStatus(batches=128, oldest=at(9)))
    assert "128 batches to go, the oldest from 09:00" in shown(judge(state, NOW), "notice-backlog").text


@pytest.mark.parametrize(("batches", "oldest"), [(3, at(9)), (40, NOW - 20_000), (0, None)])
def test_what_is_merely_on_its_way_is_no_backlog(state: SiteState, batches: int, oldest: int | None) -> None:
    speak(state)
    agent(state, spool=SpoolStatus(batches=batches, oldest=oldest))
    assert shown(judge(state, NOW), "notice-backlog").state == "none"


def test_late_data_never_override_newer_and_never_ring(state: SiteState) -> None:
    speak(state, watts=60)
    speak(state, NOW - 3 * 60 * MINUTE, watts=5_000)
    assert said(state) == "The site is quiet."
    assert shown(judge(state, NOW), "power").text == "60"
    assert state.chart_stale
    assert state.totals_stale


def test_totals_count_from_midnight_and_say_when_they_cannot(state: SiteState) -> None:
    def energy(time: int, value: float) -> None:
        state.take(Digest({("meter-main", "active_energy_import"): [Reading(time, value)]}, frozenset()), NOW)

    energy(at(9), 100.0)
    energy(NOW - 1_000, 103.5)
    figure = shown(judge(state, NOW), "energy")
    assert (figure.text, figure.unit, figure.note) == ("3.5", "kWh", "since 09:00")


def test_a_total_nobody_has_read_today_is_no_data_not_zero(state: SiteState) -> None:
    speak(state, at(22, day=22))
    figure = shown(judge(state, NOW), "water")
    assert (figure.text, figure.note) == ("no data", "since 22 Nov 22:00")


def test_a_total_whose_meter_fell_silent_says_as_of_when(state: SiteState) -> None:
    speak(state, at(0.01))
    speak(state, at(12))
    figure = shown(judge(state, NOW), "water")
    assert (figure.text, figure.state, figure.note) == ("0.0", "late", "as of 12:00")


def test_damp_air_is_watched_and_bars_stay_within_their_length(state: SiteState) -> None:
    for device, value in (("th-bath", 82.0), ("th-living", 140.0)):
        state.take(Digest({(device, "relative_humidity"): [Reading(NOW, value)]}, frozenset()), NOW)
    situation = judge(state, NOW)
    bath, living = (shown(situation, f"room-{room}-humidity") for room in ("bath", "living"))
    assert (bath.level, bath.watch, living.level) == (82.0, True, 100.0)


def test_days_are_counted_from_the_first(state: SiteState) -> None:
    assert shown(judge(state, NOW), "day").text == "Day 35"
    assert shown(judge(state, at(9, day=1)), "day", "zh").text == "第\u200913\u2009天"


def test_no_figure_names_a_person(state: SiteState) -> None:
    speak(state)
    enter(state, "b:" + "a" * 32)
    assert "aaaa" not in repr(figures(judge(state, NOW), "en"))


def test_a_digest_keeps_what_is_watched_and_leaves_out_nulls(project: Project) -> None:
    batch = Batch(
        stream=STREAM,
        seq=1,
        sent=NOW,
        frames=[
            Frame(
                device="meter-main",
                time=[2, 1, 3],
                values={"active_power": [5.0, None, 6.0], "voltage_l1": [230.0, 230.0, 230.0]},
            ),
            Frame(device="stranger", time=[1], values={"active_power": [9.0]}),
        ],
        events=[
            Event(device="gate-in", time=5, kind="badge", badge="b:" + "0" * 32, direction="in"),
            Event(device="elsewhere", time=5, kind="badge", badge="b:" + "0" * 32),
            Event(device="gate-in", time=6, kind="fault", reason="no_reply"),
        ],
    )
    found = digest(batch, watch(project))
    assert found.columns == {("meter-main", "active_power"): [Reading(2, 5.0), Reading(3, 6.0)]}
    assert [p.time for p in found.passages] == [5]


def test_passages_are_bounded_and_what_goes_is_counted(
    state: SiteState, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5_010):
        state.passages.add(Passage(at(1) + n, "a"))
    enter(state, "b")
    assert (len(state.passages), state.passages_dropped) == (5_000, 11)
    assert min(p.time for p in state.passages) > at(1)
