"""The rules by which a simulated site stays an honest question (analytics.md §3.2), each shown."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from scipy.stats import spearmanr

from simulator.renovation import truth
from simulator.renovation.badges import GENERAL, passes
from simulator.renovation.packages import IDLE
from simulator.renovation.readings import read, registers
from simulator.renovation.renovation import Renovation
from simulator.renovation.tools import USES
from wire.durations import DAY_MS, HOUR_MS


def test_cards_tell_the_wrong_trade_for_a_fifth_to_two_fifths_of_people(many: list[Renovation]) -> None:
    cards = [
        trade not in crew.trades
        for site in many
        for crew, held in zip(site.crews, site.cards.held, strict=True)
        for _, trade in held
    ]
    assert 0.2 <= np.mean(cards) <= 0.4
    assert any(trade == GENERAL for site in many for held in site.cards.held for _, trade in held)


def test_some_cards_are_shared_and_some_swipes_missed(many: list[Renovation]) -> None:
    assert all(0 < site.cards.missed < 0.2 for site in many)
    came = sum(shift.people for site in many for shift in site.works.shifts if shift.came)
    seen = [passes(site.seed, site.cards, site.works.shifts) for site in many]
    cards = sum(
        len({(event.card, site.days.day_of(event.time_ms)) for event in events})
        for site, events in zip(many, seen, strict=True)
    )
    assert cards < came
    assert sum(map(len, seen)) < 4 * came


def test_the_same_tools_serve_several_stages(many: list[Renovation]) -> None:
    stages: dict[str, set[str]] = defaultdict(set)
    for package in (package for site in many for package in site.packages):
        for tool in USES[package.task.name]:
            stages[tool].add(package.task.stage)
    for tool in ("grinder", "drill", "mixer", "vacuum", "compressor", "lamps"):
        assert len(stages[tool]) >= 3, tool


def test_orders_differ(many: list[Renovation]) -> None:
    orders = set()
    for site in many:
        first: dict[str, int] = {}
        for session in site.works.sessions:
            first.setdefault(session.package.task.stage, session.start_ms)
        orders.add(tuple(sorted(first, key=lambda stage: first[stage])))
    assert len(orders) >= len(many) // 2


def test_stages_run_side_by_side(many: list[Renovation]) -> None:
    stages: dict[tuple[int, int], set[str]] = defaultdict(set)
    for number, site in enumerate(many):
        for session in site.works.sessions:
            stages[number, session.day].add(session.package.task.stage)
    assert 0.1 < np.mean([len(of_day) > 1 for of_day in stages.values()]) < 0.6


def test_work_is_done_again(many: list[Renovation]) -> None:
    assert sum(any(s.package.again for s in site.works.sessions) for site in many) > len(many) / 2


def test_a_part_of_the_days_is_dead(many: list[Renovation]) -> None:
    empty = [
        np.mean([row.stage in (IDLE, truth.DRYING) and row.share == 1 for row in truth.stage_shares(site)])
        for site in many
    ]
    assert 0.1 < np.median(empty) < 0.5


def test_humidity_follows_the_weather_more_than_the_stage(many: list[Renovation]) -> None:
    follows = []
    for site in many:
        times = np.arange(site.first_ms, site.last_ms, HOUR_MS)
        vapour = site.room("bath", times).vapour.reshape(-1, 24).mean(axis=1)
        outdoors = site.weather.vapour_g_m3[: len(times)].reshape(-1, 24).mean(axis=1)
        follows.append(np.corrcoef(np.diff(vapour), np.diff(outdoors))[0, 1])
    assert np.median(follows) > 0.5


def test_people_live_on_some_sites_and_charge_their_bikes(many: list[Renovation]) -> None:
    assert 0 < sum(site.living.sleepers > 0 for site in many) < len(many)
    assert 0 < sum(site.living.e_bike for site in many) < len(many)


def test_living_on_site_uses_energy_at_night_that_is_no_work(many: list[Renovation]) -> None:
    def at_night(site: Renovation) -> float:
        day = np.array(
            [site.days.midnights[1 : site.works.days], site.days.midnights[1 : site.works.days] - 5 * HOUR_MS]
        )
        energy = [site.electricity(np.sort(column)).watt_hours for column in day]
        return float(np.median(energy[0] - energy[1]))

    lived = [at_night(site) for site in many if site.living.sleepers]
    empty = [at_night(site) for site in many if not site.living.sleepers]
    assert np.median(lived) > np.median(empty)


def test_meters_have_coarse_pulses_and_some_begin_anew(many: list[Renovation]) -> None:
    found = [registers(site) for site in many]
    assert {register.water.step for register in found} == {1.0, 10.0}
    assert 0 < sum(bool(register.water.restarts) for register in found) < len(found)


def test_power_comes_in_steps_of_switched_tools(many: list[Renovation]) -> None:
    """Most of a working day nothing heavy runs; what runs is far above the mean."""
    site = many[0]
    day = next(session.day for session in site.works.sessions if session.package.task.name == "wall_tiles")
    times = np.arange(site.days.midnights[day], site.days.midnights[day] + DAY_MS, 1000)
    watts = site.electricity(times).watts.sum(axis=0)
    assert np.median(watts) < 0.3 * np.percentile(watts, 99)


def test_energy_grows_with_area_and_working_days_over_sites(many: list[Renovation]) -> None:
    """Electricity on building sites correlates with working days and floor area (Entrop et al., Twente)."""
    energy = [float(site.electricity(np.array([site.last_ms])).watt_hours[0]) for site in many]
    area = [site.home.area_m2 for site in many]
    worked = [len({session.day for session in site.works.sessions}) for site in many]
    assert spearmanr(energy, area).statistic > 0
    assert spearmanr(energy, worked).statistic > 0


def test_each_sensor_is_a_device_of_its_own_and_can_be_left_out(calm: Renovation) -> None:
    devices = read(calm, np.array([calm.first_ms]))
    assert {"meter-main", "water-main", "th-bath"} <= set(devices)
