"""Works: nothing before what it needs, nobody on holidays, every hour accounted for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from simulator.renovation import truth
from simulator.renovation.holidays import HOLIDAYS, LUNAR_NEW_YEAR, at_home
from simulator.renovation.packages import IDLE, STAGES
from simulator.renovation.renovation import Renovation
from simulator.renovation.variety import DEFAULT


def test_homes_and_lengths_are_those_of_renovations(many: list[Renovation]) -> None:
    for site in many:
        assert 45 <= site.home.area_m2 <= 140
        assert 45 <= site.works.days <= 110


def test_no_package_begins_before_what_it_follows_is_finished(many: list[Renovation]) -> None:
    for site in many[:5]:
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        for session in site.works.sessions:
            first.setdefault(session.package.id, session.start_ms)
            last[session.package.id] = session.end_ms
        packages = {session.package.id: session.package for session in site.works.sessions}
        for name, package in packages.items():
            assert all(last[other] <= first[name] for other in package.after), name


def test_every_package_gets_its_hours(calm: Renovation) -> None:
    earned: dict[str, float] = defaultdict(float)
    for session in calm.works.sessions:
        earned[session.package.id] += session.earned_h
    for package in calm.packages:
        assert earned[package.id] == pytest.approx(package.hours, abs=1e-3)


def test_a_crew_does_one_thing_at_a_time(many: list[Renovation]) -> None:
    for site in many[:5]:
        ends: dict[int, int] = {}
        for session in sorted(site.works.sessions, key=lambda session: session.start_ms):
            assert session.start_ms >= ends.get(session.crew, 0)
            ends[session.crew] = session.end_ms


def test_nobody_touches_a_floor_that_is_tested(many: list[Renovation]) -> None:
    for site in many:
        for test in site.works.tests:
            room, drained = test.package.room, site.days.at(test.until_day, 0)
            at_it = [
                s
                for s in site.works.sessions
                if s.package.room == room and test.package.id in s.package.after
            ]
            assert all(session.start_ms >= drained for session in at_it)


def test_no_crew_comes_on_a_holiday(many: list[Renovation]) -> None:
    for site in many:
        assert not HOLIDAYS & {site.days.date(session.day) for session in site.works.sessions}


def test_holidays_are_those_announced() -> None:
    """Notices of the General Office of the State Council for 2024, 2025, 2026."""
    assert {date(2024, 2, 17), date(2025, 1, 28), date(2025, 10, 8), date(2026, 2, 23)} <= HOLIDAYS
    assert not {date(2024, 2, 18), date(2025, 2, 5), date(2026, 2, 24)} & HOLIDAYS
    assert at_home(date(2025, 2, 8), 5, 12)
    assert not at_home(date(2025, 3, 1), 5, 12)
    assert set(LUNAR_NEW_YEAR) == {2024, 2025, 2026, 2027}


def test_layers_dry_before_they_are_covered_or_patience_ends(calm: Renovation) -> None:
    putty = min(s.day for s in calm.works.sessions if s.package.task.name == "putty_1")
    plaster = min(s.day for s in calm.works.sessions if s.package.task.name == "plaster")
    assert putty > plaster + 1


def test_progress_grows_from_nought_to_one(many: list[Renovation]) -> None:
    for site in many:
        done = truth.progress(site)
        assert np.all(np.diff(done) >= 0)
        assert 0 <= done[0] < 0.2
        assert done[-1] == pytest.approx(1.0)


def test_shares_of_a_day_add_up_and_know_only_our_stages(many: list[Renovation]) -> None:
    for site in many:
        shares: dict[date, float] = defaultdict(float)
        for row in truth.stage_shares(site):
            assert row.stage in (*STAGES, IDLE)
            shares[row.day] += row.share
        assert len(shares) == site.works.days
        assert list(shares.values()) == pytest.approx([1.0] * site.works.days)


def test_the_finish_is_the_last_day_of_work(many: list[Renovation]) -> None:
    for site in many:
        assert truth.finish(site) == site.days.date(site.works.days - 1)


def test_the_plan_is_made_beforehand_and_is_not_the_truth(many: list[Renovation]) -> None:
    late = [site.works.days - max(row.last_day for row in site.plan) - 1 for site in many]
    assert np.mean(late) > 3
    assert min(late) < max(late) - 5
    for site in many:
        assert [row.stage for row in site.plan] == [
            stage for stage in STAGES if stage in {r.stage for r in site.plan}
        ]


def test_the_wide_mode_leaves_the_ranges_of_the_default() -> None:
    wide = [Renovation(seed, wide=True) for seed in range(4)]
    speeds = [crew.speed for site in wide for crew in site.crews]
    assert min(speeds) < DEFAULT.speed[0]
    assert max(speeds) > DEFAULT.speed[1]
    assert all(truth.progress(site)[-1] == pytest.approx(1.0) for site in wide)
