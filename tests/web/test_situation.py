"""What the page may say, and what it must not say, of a state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from analytics.situation.headcount import Passage
from analytics.situation.judge import Situation, judge
from analytics.situation.place import Place
from analytics.situation.state import Digest, Listening, Reading, Said, SiteState, digest, watch
from store.log import change as log_change
from store.log.change import change_entry
from store.records.contract import AgentState
from store.records.registry import Device, Room
from tests.registered import projects_said
from tests.web.site_day import PROJECTS, SITE, STREAM, at
from web.customer.project import Project, Words
from web.customer.view import CustomerPage, build
from web.customer.wording import figures, headline
from web.http.assets import Assets
from web.kit.figure import Figure
from web.kit.language import Language
from wire.batch import Batch, Event, Frame
from wire.quantities import QUANTITIES, Quantity
from wire.status import DeviceStatus, Dropped, SpoolStatus, Status

NOW = at(15)
MINUTE = 60_000
METERS = ("meter-main", "water-main")
ROOMS = ("th-bath", "th-living", "th-bedroom")


@pytest.fixture
def place() -> Place:
    return projects_said(PROJECTS)[0].place()


@pytest.fixture
def state(place: Place) -> SiteState:
    return beginning(place)


def beginning(place: Place) -> SiteState:
    return SiteState(place, watch(place), place.local_day(NOW))


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
    state.take(Digest(kept, frozenset()), max(time, NOW))


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
    gate_out = DeviceStatus(device="gate-out")
    agent(state, devices=[DeviceStatus(device="gate-in", fault="no_reply"), gate_out])
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
    assert state.story_stale
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
    bath, living = (shown(situation, f"room-{room}-relative_humidity") for room in ("bath", "living"))
    assert (bath.level, bath.watch, living.level) == (82.0, True, 100.0)


def test_a_value_a_little_beyond_its_limit_is_shown_as_the_limit_with_a_note(state: SiteState) -> None:
    column = [Reading(NOW, 100.4)]
    state.take(Digest({("th-bath", "relative_humidity"): column}, frozenset()), NOW)
    figure = shown(judge(state, NOW), "room-bath-relative_humidity")
    assert (figure.text, figure.unit, figure.value) == ("100", "%", 100.0)
    assert figure.note == "as of 15:00; the sensor says 100.4 %, beyond what can be: the limit is shown"
    assert "100.4" in shown(judge(state, NOW), "room-bath-relative_humidity", "zh").note


def test_days_are_counted_from_the_first(state: SiteState) -> None:
    assert shown(judge(state, NOW), "day").text == "Day 35"
    assert shown(judge(state, at(9, day=1)), "day", "zh").text == "第\u200913\u2009天"


def test_no_figure_names_a_person(state: SiteState) -> None:
    speak(state)
    enter(state, "b:" + "a" * 32)
    assert "aaaa" not in repr(figures(judge(state, NOW), "en"))


def test_a_digest_keeps_what_is_watched_and_leaves_out_nulls(place: Place) -> None:
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
    found = digest(batch, watch(place))
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


def lists(*devices: str) -> list[DeviceStatus]:
    return [DeviceStatus(device=device) for device in devices]


HOUR = 60 * MINUTE
BADGE_READERS = ("gate-in", "gate-out")


def gate_agent_gone(state: SiteState, **parts: object) -> None:
    speak(state)
    enter(state, "a")
    agent(state, devices=lists(*METERS, *ROOMS))
    agent(state, name="pi-2", **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "gone",
    [
        {"online": False, "received": NOW - 3 * HOUR},
        {"received": NOW - 72 * HOUR, "devices": lists(*BADGE_READERS)},
        {"received": NOW - 6 * MINUTE, "devices": lists(*BADGE_READERS)},
    ],
    ids=["its last will", "died with the broker", "silent for minutes"],
)
def test_people_are_not_counted_by_a_gate_whose_agent_is_gone(
    state: SiteState, gone: dict[str, object]
) -> None:
    gate_agent_gone(state, **gone)
    situation = judge(state, NOW)
    people = shown(situation, "people")
    assert (situation.link, people.text, people.note) == ("live", "no data", "no contact with the site")
    assert "One collector is offline." in said(state)
    assert "quiet" not in said(state)


def test_last_contact_is_that_of_the_agent_that_is_gone(state: SiteState) -> None:
    gate_agent_gone(state, received=at(11.5), devices=lists(*BADGE_READERS))
    assert "last contact 11:30" in shown(judge(state, NOW), "notice-offline").text


def test_a_replaced_agent_is_not_missed(state: SiteState) -> None:
    everything = lists(*METERS, *ROOMS, *BADGE_READERS)
    speak(state)
    agent(state, online=False, received=NOW - 72 * HOUR, name="pi-old")
    agent(state, devices=everything)
    assert said(state) == "The site is quiet."
    assert judge(state, NOW).agents_lost == 0


def test_what_an_agent_read_is_remembered_over_its_last_will(state: SiteState) -> None:
    speak(state)
    agent(state, devices=lists(*METERS, *ROOMS))
    agent(state, name="pi-2", devices=lists(*BADGE_READERS))
    both = state.agents
    state.hear(both)
    will = AgentState(SITE, "pi-2", NOW, Status(online=False, sent=NOW - HOUR, stream=STREAM))
    state.hear([both[0], will])
    situation = judge(state, NOW)
    assert situation.people is not None
    assert situation.people.why == "link"


def test_figures_of_an_agent_that_is_gone_are_never_fresh(state: SiteState) -> None:
    speak(state)
    agent(state, devices=lists(*METERS, *BADGE_READERS))
    agent(state, name="pi-2", received=NOW - HOUR, online=False, devices=lists(*ROOMS))
    situation = judge(state, NOW)
    assert shown(situation, "power").state == "fresh"
    assert shown(situation, "room-bath-relative_humidity").state == "late"


@pytest.mark.parametrize(("off", "words"), [(-3 * HOUR, "3 h behind"), (5 * MINUTE, "5 min ahead")])
def test_an_agent_whose_clock_is_off_is_named_and_not_believed(
    state: SiteState, off: int, words: str
) -> None:
    speak(state)
    enter(state, "a")
    status = Status(
        online=True, sent=NOW + off, stream=STREAM, devices=lists(*METERS, *ROOMS, *BADGE_READERS)
    )
    state.agents = [AgentState(SITE, "pi-1", NOW, status)]
    situation = judge(state, NOW)
    assert words in shown(situation, "notice-clock").text
    assert shown(situation, "people").text == "no data"
    assert shown(situation, "power").state == "late"


def test_a_site_whose_meters_are_silent_but_whose_agent_speaks_is_not_out_of_contact(
    state: SiteState,
) -> None:
    speak(state, NOW - 30 * MINUTE)
    agent(state, devices=lists(*METERS, *ROOMS, *BADGE_READERS))
    assert said(state) == "Nobody is on site.\n5 devices are silent."


def site_of(*devices: Device) -> SiteState:
    return beginning(project_of(*devices).place())


def project_of(*devices: Device) -> Project:
    words = Words("a", "a")
    bath = Room("firm", SITE, "bath", "主卫", "Bathroom")
    return Project(
        "firm", "p", SITE, "Asia/Shanghai", words, words, dt.date(2026, 10, 20), None, dt.time(20),
        (bath,), devices, (),
    )  # fmt: skip


BADGE_READER = Device("firm", SITE, "gate-in", "badge_reader")
WATER = Device("firm", SITE, "water-main", "water_meter", None, 2)
CLIMATE = Device("firm", SITE, "th-bath", "climate_sensor", "bath", 5)


def test_a_site_with_gates_only_counts_people_from_the_first_word_of_its_agent() -> None:
    state = site_of(BADGE_READER)
    assert said(state) == "No data yet."
    agent(state, received=NOW - 4_000, devices=lists("gate-in"))
    assert said(state) == "Nobody is on site."
    enter(state, "a")
    situation = judge(state, NOW)
    assert said(state) == "One person on site."
    assert (shown(situation, "people").time, situation.newest_freshness) == (NOW - 4_000, "fresh")
    state.agents.clear()
    agent(state, received=NOW - HOUR, devices=lists("gate-in"))
    assert said(state) == "No word from the site since 14:00."


@pytest.mark.parametrize(
    ("device", "column", "key"),
    [
        (WATER, {("water-main", "water_volume"): [Reading(at(0.01), 1.0), Reading(NOW - 900, 5.0)]}, "water"),
        (CLIMATE, {("th-bath", "temperature"): [Reading(NOW - 900, 21.0)]}, "room-bath-temperature"),
    ],
)
def test_a_site_with_one_kind_of_device_shows_it(
    device: Device, column: dict[tuple[str, str], list[Reading]], key: str
) -> None:
    state = site_of(device)
    assert said(state) == "No data yet."
    state.take(Digest(column, frozenset()), NOW)
    situation = judge(state, NOW)
    assert shown(situation, key).state == "fresh"
    assert {f.id for f in figures(situation, "en")} & {"power", "people", "energy"} == set()


def test_devices_without_a_figure_of_their_own_are_missed_when_they_are_silent() -> None:
    meters = [Device("firm", SITE, one, "electricity_meter", None, 1) for one in ("meter-main", "meter-2")]
    state = site_of(*meters, Device("firm", SITE, "smoke", "smoke_detector", None, 60))
    frames = [
        Frame(device="meter-main", time=[NOW], values={"active_power": [50.0]}),
        Frame(device="meter-2", time=[NOW], values={"voltage_l1": [230.0]}),
        Frame(device="smoke", time=[NOW - HOUR, NOW], values={"smoke": [0.0, None]}),
    ]
    state.take(digest(Batch(stream=STREAM, seq=1, sent=NOW, frames=frames), state.watched), NOW)
    assert [device.id for device in judge(state, NOW).silent] == ["smoke"]
    assert shown(judge(state, NOW), "power").text == "50"


def test_a_reading_ahead_of_the_clock_waits_for_its_time(state: SiteState) -> None:
    power = ("meter-main", "active_power")

    def watts(time: int, value: float) -> None:
        state.take(Digest({power: [Reading(time, value)]}, frozenset()), NOW)

    watts(NOW + 9 * MINUTE, 3_000.0)
    watts(NOW - 500, 50.0)
    assert shown(judge(state, NOW), "power").text == "50"
    state.ripen(NOW + 8 * MINUTE)
    assert state.newest[power].value == 50.0
    state.ripen(NOW + 9 * MINUTE)
    assert state.newest[power].value == 3_000.0
    assert state.ahead == {}


def test_what_waits_for_its_time_is_bounded_and_counted(state: SiteState) -> None:
    column = [Reading(NOW + MINUTE + n, float(n)) for n in range(1_000)]
    state.take(Digest({("meter-main", "active_power"): column}, frozenset()), NOW)
    (waiting,) = state.ahead.values()
    assert (len(waiting), waiting[0].value, state.ahead_dropped) == (600, 0.0, 400)


def test_after_an_outage_of_ours_nothing_is_silent_before_data_had_time_to_come(state: SiteState) -> None:
    speak(state, NOW - 3 * HOUR)
    enter(state, "a")
    agent(state, received=NOW - 3 * HOUR, devices=lists(*METERS, *ROOMS, *BADGE_READERS))
    state.note(Listening(NOW - MINUTE))
    waiting = judge(state, NOW)
    assert (waiting.link, waiting.silent, waiting.agents_lost) == ("live", _gates(waiting), 0)
    assert shown(waiting, "power").state == "late"
    assert shown(waiting, "people").text == "no data"
    later = judge(state, NOW + 5 * MINUTE)
    assert (later.link, later.agents_lost) == ("lost", 1)
    assert shown(later, "power").state == "silent"


def _gates(situation: Situation) -> tuple[Device, ...]:
    return tuple(situation.place.of_kind("badge_reader"))


def test_the_log_says_at_once_that_a_device_failed_and_that_its_agent_went(state: SiteState) -> None:
    speak(state)
    everything = lists(*METERS, *ROOMS, *BADGE_READERS)
    agent(state, devices=everything, dropped=Dropped(readings=7, last=NOW))
    broken = [*lists(*METERS, *ROOMS, "gate-out"), DeviceStatus(device="gate-in", fault="no_reply")]
    state.note(said_change(NOW + 1, devices=broken))
    assert shown(judge(state, NOW + 2), "people").note == "badge reader not answering"
    assert "7 readings" in shown(judge(state, NOW + 2), "notice-dropped").text, "what no entry says stays"
    state.note(said_change(NOW + 3, online=False, devices=broken))
    assert judge(state, NOW + 4).link == "lost"
    state.hear([AgentState(SITE, "pi-1", NOW, Status(online=True, sent=NOW, stream=STREAM))])
    assert judge(state, NOW + 4).link == "lost", "what was received before does not bring it back"


def said_change(at: int, online: bool = True, devices: Sequence[DeviceStatus] = ()) -> Said:
    status = Status(online=online, sent=at, stream=STREAM, devices=list(devices))
    entry = change_entry(AgentState(SITE, "pi-1", at, status))
    return Said("pi-1", log_change.CODEC.decode(entry.payload))


AIR = Device("firm", SITE, "air", "air_quality", "bath", 60)


def page_of(state: SiteState, project: Project, language: Language = "en") -> CustomerPage:
    told = {figure.id: figure for figure in figures(judge(state, NOW), language)}
    return build(project, "/p/x", told, None, language, NOW, Assets())


def test_what_a_device_measures_appears_on_the_page_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """CO2 is one row of one table; and so is what nobody has thought of yet."""
    radon = Quantity("radon", "Bq/m3", "Bq/m³", "gauge", 0, 100_000, "氡", "radon")
    monkeypatch.setitem(QUANTITIES, "radon", radon)
    project = project_of(AIR)
    state = beginning(project.place())
    said: dict[str, list[float | None]] = {
        "carbon_dioxide": [1_210.0],
        "radon": [48.0],
        "battery_level": [90.0],
    }
    frame = Frame(device="air", time=[NOW - 900], values=said)
    state.take(digest(Batch(stream=STREAM, seq=1, sent=NOW, frames=[frame]), state.watched), NOW)
    (bath,) = page_of(state, project).rooms
    told = [(one.shown.label, one.shown.figure.text, one.shown.figure.unit) for one in bath.measures]
    assert told == [("CO₂", "1,210", "ppm"), ("Radon", "48.0", "Bq/m³")]
    assert [one.shown.figure.watch for one in bath.measures] == [True, False]
    assert [one.quantity for one in bath.more] == ["battery_level"]
    assert [one.shown.label for one in page_of(state, project, "zh").rooms[0].measures] == ["二氧化碳", "氡"]


def test_water_on_the_floor_stands_above_everything_else() -> None:
    project = project_of(Device("firm", SITE, "leak-1", "leak_sensor", "bath", 60))
    state = beginning(project.place())
    frame = Frame(device="leak-1", time=[NOW - 900], values={"leak": [1.0]})
    state.take(digest(Batch(stream=STREAM, seq=1, sent=NOW, frames=[frame]), state.watched), NOW)
    first = page_of(state, project).notices[0]
    assert (first.id, first.text) == (
        "notice-alarm", "Alarm from the Bathroom leak sensor: leak (14:59). Please look at once.",
    )  # fmt: skip
    assert page_of(state, project).rooms[0].measures[0].shown.figure.text == "alarm"
