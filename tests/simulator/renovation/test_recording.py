"""A renovation on disk: the format of DESIGN.md §10, the same bytes for a seed, readable by the agent."""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml

from edge_agent.recording.reader import read_recording
from simulator.__main__ import main
from simulator.renovation.packages import IDLE, STAGES
from simulator.renovation.recording import write_renovation
from simulator.renovation.renovation import Renovation
from wire.durations import HOUR_MS
from wire.kinds import KINDS as DEVICE_KINDS
from wire.quantities import QUANTITIES


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, afflicted: Renovation) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write_renovation(folder, afflicted, step_s=300)
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def test_the_same_seed_gives_the_same_bytes(written: Path, tmp_path: Path, afflicted: Renovation) -> None:
    write_renovation(tmp_path, Renovation(afflicted.seed, kinds=afflicted.kinds), step_s=300)
    assert content(tmp_path) == content(written)


def test_another_seed_is_another_site(calm: Renovation) -> None:
    other = Renovation(9, kinds=())
    assert (other.home, other.days.start) != (calm.home, calm.days.start)


def test_the_agent_reads_all_of_it(written: Path) -> None:
    hours = list(read_recording(written))
    assert sum(len(hour.badges) for hour in hours) > 100
    assert {"meter-main", "water-main", "th-bath"} <= {
        frame.device for hour in hours for frame in hour.frames
    }


def test_every_quantity_is_one_of_the_wires_and_plausible(written: Path) -> None:
    for path in (written / "readings").iterdir():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            header, *rows = list(csv.reader(file))
        assert header[0] == "time"
        for column, name in enumerate(header[1:], 1):
            assert all(QUANTITIES[name].takes(float(row[column])) for row in rows), f"{path.name}: {name}"


def test_the_site_file_says_what_may_be_known_beforehand(written: Path) -> None:
    site = yaml.safe_load((written / "site.yaml").read_text(encoding="utf-8"))
    assert {"site", "timezone", "area_m2", "started", "plan", "devices", "bookings"} == set(site)
    kinds = {device["kind"] for device in site["devices"]}
    assert (
        {"climate_sensor", "badge_reader", "electricity_meter", "water_meter"} <= kinds <= set(DEVICE_KINDS)
    )
    assert {row["stage"] for row in site["plan"]} <= set(STAGES)
    assert {row["kind"] for row in site["bookings"]} == {"ponding_test", "pressure_test", "crew"}


def test_truth_is_consistent_with_itself(written: Path) -> None:
    progress = table(written / "truth/progress.csv")
    days = [date.fromisoformat(row["date"]) for row in progress]
    parts = [float(row["progress"]) for row in progress]
    assert days == [date.fromordinal(days[0].toordinal() + n) for n in range(len(days))]
    assert parts == sorted(parts)
    assert parts[-1] == 1
    assert {row["finish"] for row in progress} == {days[-1].isoformat()}
    stages = table(written / "truth/stages.csv")
    assert {row["date"] for row in stages} == {row["date"] for row in progress}
    assert {row["stage"] for row in stages} <= {*STAGES, IDLE}


def test_incidents_lie_within_the_recording(written: Path) -> None:
    rows = table(written / "truth/incidents.csv")
    assert list(rows[0]) == ["start", "end", "kind", "device", "notes"]
    assert all(row["start"] <= row["end"] and row["notes"] for row in rows)
    assert list(table(written / "truth/near_misses.csv")[0]) == list(rows[0])


def test_a_later_step_changes_nothing_earlier(calm: Renovation) -> None:
    """What is asked of later moments has no part in what earlier ones say."""
    early = np.arange(calm.first_ms, calm.first_ms + 20 * HOUR_MS, 60_000)
    whole = np.arange(calm.first_ms, calm.last_ms, 60_000)
    assert np.array_equal(calm.electricity(early).watts, calm.electricity(whole).watts[:, : len(early)])
    assert np.array_equal(calm.litres(early), calm.litres(whole)[: len(early)])


def test_the_command_writes_one_site_or_several(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = ["--step-s", "3600", "--incidents"]
    assert main(["renovation", "--seed", "5", "--out", str(tmp_path / "one"), *steps]) == 0
    assert (
        main(["renovation", "--seed", "5", "--out", str(tmp_path / "two"), "--sites", "2", "--wide", *steps])
        == 0
    )
    assert (tmp_path / "one/site.yaml").exists()
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == ["renovation-5", "renovation-6"]
    assert capsys.readouterr().out.count(" m2, ") == 3
