"""What is exported can be read back: a recording by the edge's reader, a day by Parquet's."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml

from edge_agent.recording.reader import read_recording
from plumbline.cli import main
from plumbline.importing import take_in
from plumbline.settings import Settings
from plumbline.stores import open_stores
from store.records.contract import SiteEvent
from store.timeseries.contract import Block
from store.timeseries.parquet import read_days
from tests.plumbline.installation import SITE, installation
from wire.batch import Event

#: The evening of 2025-11-24 in Shanghai, and the small hours of the 25th.
EVENING = 1_763_992_800_000
NIGHT = EVENING + 4 * 3_600_000
BADGE = "b:" + "9f" * 16


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = installation(tmp_path)
    values: dict[str, list[float | None]] = {"active_power": [812.5, 0.1 + 0.2], "voltage_l1": [None, 229.75]}
    event = Event(device="gate-in", time=EVENING, kind="badge", badge=BADGE, direction="in", trade="tiler")
    with open_stores(made) as stores:
        take_in(stores.records, made, 1)
        stores.timeseries.write([Block(SITE, "meter-main", [EVENING, NIGHT], values)], 1)
        stores.records.events.add([SiteEvent(SITE, "pi-1", event)])
    return made


def export(folder: Path, form: str, *words: str, site: str = SITE) -> int:
    out = ["--site", site, "--out", str(folder / "out"), "--config", str(folder / "plumbline.yaml")]
    return main(["export", form, *out, *words])


def test_a_recording_holds_every_reading_and_event_and_no_card_number(
    settings: Settings, tmp_path: Path
) -> None:
    assert export(tmp_path, "recording") == 0
    hours = list(read_recording(tmp_path / "out"))
    frames = [frame for hour in hours for frame in hour.frames]
    assert [(frame.time, frame.values["active_power"]) for frame in frames] == [
        ([EVENING], [812.5]),
        ([NIGHT], [0.1 + 0.2]),
    ]
    assert [frame.values["voltage_l1"] for frame in frames] == [[None], [229.75]]
    (passage,) = [passage for hour in hours for passage in hour.badges]
    assert (passage.card, passage.direction, passage.trade) == (BADGE, "in", "tiler")
    site = yaml.safe_load((tmp_path / "out/site.yaml").read_text())
    assert (site["site"], site["timezone"]) == (SITE, "Asia/Shanghai")
    assert {"id": "th-living", "kind": "climate_sensor", "location": "living"} in site["devices"]


def test_closed_days_are_the_sites_own(settings: Settings, tmp_path: Path) -> None:
    assert export(tmp_path, "parquet") == 0
    first = dt.date(2025, 11, 24)
    day = read_days(tmp_path / "out", SITE, first, first)
    assert day["value"].to_pylist() == [812.5]
    both = read_days(tmp_path / "out", SITE, first, first + dt.timedelta(days=1))
    assert sorted(both["value"].to_pylist()) == [0.1 + 0.2, 229.75, 812.5]


def test_a_span_may_be_given(settings: Settings, tmp_path: Path) -> None:
    assert export(tmp_path, "recording", "--first", "2025-11-25", "--last", "2025-11-25") == 0
    times = [time for hour in read_recording(tmp_path / "out") for f in hour.frames for time in f.time]
    assert times == [NIGHT]


def test_an_unknown_site_is_named_with_those_that_are_known(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(tmp_path, "recording", site="elsewhere") == 2
    assert SITE in capsys.readouterr().err
