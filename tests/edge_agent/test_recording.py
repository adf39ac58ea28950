"""A recording streams hour by hour; what is wrong in it is named by file and line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from edge_agent.recording import HOUR_MS, Passage, RecordingError, read_recording

START = 1_764_000_000_000 - 1_764_000_000_000 % HOUR_MS


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    (tmp_path / "readings").mkdir()
    (tmp_path / "readings/meter.csv").write_text(
        f"time,active_power,voltage_l1\n{START},100,230.1\n{START + 1000},,230.2\n{START + HOUR_MS},5,1\n"
    )
    with gzip.open(tmp_path / "readings/th-bath.csv.gz", "wt") as file:
        file.write("time,temperature\n2025-11-24T16:00:01Z,21.5\n")
    (tmp_path / "events.csv").write_text(
        "time,device,kind,badge,trade,direction\n"
        f"{START + 5},gate,badge,0008127885,tiler,in\n"
        f"{START + 6},gate,note,,,\n"
        f"{START + HOUR_MS},gate,badge,7,,\n"
    )
    return tmp_path


def test_hours_ascend_with_all_their_devices(recording: Path) -> None:
    hours = list(read_recording(recording))
    assert [hour.start_ms for hour in hours] == sorted(hour.start_ms for hour in hours)
    first = next(hour for hour in hours if hour.start_ms == START)
    assert first.frames[0].values == {"active_power": [100.0, None], "voltage_l1": [230.1, 230.2]}
    assert first.passages == [Passage("gate", START + 5, "0008127885", "in")]
    assert sum(len(hour.frames) for hour in hours) == 3


def test_a_passage_without_direction_stays_without(recording: Path) -> None:
    passages = [passage for hour in read_recording(recording) for passage in hour.passages]
    assert passages[-1].direction is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,active_pwr\n1,2\n", "meter.csv:1.*active_pwr"),
        ("when,active_power\n1,2\n", "first column"),
        ("time,active_power\n1,2,3\n", "meter.csv:2.*3 cells"),
        ("time,active_power\n1,high\n", "meter.csv:2.*high"),
        ("time,active_power\n2025-11-24T16:00:00,1\n", "meter.csv:2.*zone"),
        ("time,active_power\n2,1\n1,1\n", "backwards"),
    ],
)
def test_a_mistake_is_named_with_its_place(recording: Path, text: str, complaint: str) -> None:
    (recording / "readings/meter.csv").write_text(text)
    with pytest.raises(RecordingError, match=complaint):
        list(read_recording(recording))


def test_a_folder_without_readings_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="readings"):
        list(read_recording(tmp_path))
