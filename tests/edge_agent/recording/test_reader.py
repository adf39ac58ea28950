"""A recording streams hour by hour; what is wrong in it is named by file and line."""

from __future__ import annotations

import gzip
import unicodedata
from pathlib import Path

import pytest

from edge_agent.recording.reader import BadgeRow, RecordingError, read_recording
from wire.durations import HOUR_MS

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
    assert first.badges == [BadgeRow("gate", START + 5, "0008127885", "in", "tiler")]
    assert sum(len(hour.frames) for hour in hours) == 3


def test_a_passage_without_direction_stays_without(recording: Path) -> None:
    passages = [passage for hour in read_recording(recording) for passage in hour.badges]
    assert passages[-1].direction is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("time,active_pwr\n1,2\n", "meter.csv:1.*active_pwr"),
        ("when,active_power\n1,2\n", "first column"),
        ("time,active_power\n1,2,3\n", "meter.csv:2.*3 cells"),
        (f"time,active_power\n{START},high\n", "meter.csv:2.*high"),
        (f"time,active_power\n{START},inf\n", "meter.csv:2.*'inf'.*leave the cell empty"),
        (f'time,active_power\n{START},"812,5"\n', "meter.csv:2.*'812,5'.*decimal point"),
        ("time;active_power\n1;2\n", "meter.csv:1.*time;active_power.*commas"),
        ("time,active_power,active_power\n", "meter.csv:1.*stands twice"),
        ("time,active_power\n1793462400,1\n", "meter.csv:2.*seconds, it seems.*milliseconds"),
        ("time,active_power\n1793462400.0,1\n", "meter.csv:2.*no time.*2026-11-01T08:00:00"),
        ("time,active_power\n2026/11/1 8:00,1\n", "meter.csv:2.*no time"),
        (f"time,active_power\n{'9' * 5000},1\n", "meter.csv:2.*no time"),
        ("time,active_power\n" + '"' + "x" * 200_000 + '"', "meter.csv:2.*no CSV"),
        ("time,active_power\n2025-11-24T16:00:00,1\n", "meter.csv:2.*zone"),
        (f"time,active_power\n{START + 1},1\n{START},1\n", "backwards"),
    ],
)
def test_a_mistake_is_named_with_its_place(recording: Path, text: str, complaint: str) -> None:
    (recording / "readings/meter.csv").write_text(text)
    with pytest.raises(RecordingError, match=complaint):
        list(read_recording(recording))


def test_a_folder_without_readings_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="readings"):
        list(read_recording(tmp_path))


def test_what_a_spreadsheet_saves_is_read(recording: Path) -> None:
    text = f"\ufefftime,active_power\r\n{START},1.5\r\n{START + 1000},NaN\r\n\r\n"
    (recording / "readings/meter.csv").write_bytes(text.encode())
    frames = [frame for hour in read_recording(recording) for frame in hour.frames if frame.device == "meter"]
    assert frames[0].values == {"active_power": [1.5, None]}


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "latin-1"])
def test_another_encoding_is_told_with_the_remedy(recording: Path, encoding: str) -> None:
    text = "time,active_power,Zähler\n" if encoding == "latin-1" else "time,active_power,备注\n"
    (recording / "readings/meter.csv").write_bytes(text.encode(encoding))
    with pytest.raises(RecordingError, match=r"meter.csv: is not UTF-8.*CSV UTF-8"):
        list(read_recording(recording))


def test_a_torn_archive_is_told(recording: Path) -> None:
    path = recording / "readings/th-bath.csv.gz"
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(RecordingError, match=r"th-bath.csv.gz: cannot be read"):
        list(read_recording(recording))


def test_a_device_has_one_spelling_whatever_the_files_system_made_of_it(recording: Path) -> None:
    (recording / "readings/meter.csv").rename(
        recording / f"readings/{unicodedata.normalize('NFD', 'zähler')}.csv"
    )
    devices = {frame.device for hour in read_recording(recording) for frame in hour.frames}
    assert devices == {"zähler", "th-bath"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (f"{START},gate", "events.csv:2: nothing in column 'badge'|events.csv:2"),
        (f"{START},ga te,badge,7,,in", "events.csv:2: 'ga te' is no device's name"),
        ("soon,gate,badge,7,,in", "events.csv:2: 'soon' is no time"),
    ],
)
def test_a_broken_passage_is_named_with_its_place(recording: Path, line: str, complaint: str) -> None:
    short = line.count(",") == 1
    header = "kind,badge,time,device\n" if short else "time,device,kind,badge,trade,direction\n"
    (recording / "events.csv").write_text(header + ("badge,7" if short else line) + "\n")
    with pytest.raises(RecordingError, match=complaint):
        list(read_recording(recording))


@pytest.mark.parametrize("trade", ["0138 1234 5678", "tiler\tx", "a" * 33])
def test_a_trade_is_a_word_and_no_number(recording: Path, trade: str) -> None:
    events = recording / "events.csv"
    events.write_text(events.read_text().replace("tiler", f'"{trade}"'))
    with pytest.raises(RecordingError, match=r"events.csv:2: .*is no trade: a word of letters"):
        list(read_recording(recording))
