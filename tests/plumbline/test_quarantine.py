"""`plumbline quarantine`: what waits is listed and shown, and taken in once its cause is mended."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from plumbline.cli import main
from plumbline.settings import Settings
from plumbline.stores import open_stores
from store.records.contract import Quarantined
from tests.plumbline.installation import PROJECTS, SITE, installation
from wire.batch import Batch, Frame, decode, encode

NOW = 1_764_000_000_000
STREAM = "01K" + "A" * 23


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a batch of a device nobody has entered."""
    made = installation(tmp_path)
    frame = Frame(device="meter-new", time=[NOW], values={"active_power": [812.5]})
    payload = encode(Batch(v=1, stream=STREAM, seq=1, sent=NOW, frames=[frame], events=[]))
    topic = f"plumbline/v1/{SITE}/pi-1/batch"
    with open_stores(made) as stores:
        detail = "meter-new: not registered"
        stores.records.quarantine.add(
            [Quarantined(NOW, topic, payload, "unknown_device", detail, SITE, "pi-1", STREAM, 1)]
        )
    return made


def quarantine(folder: Path, *words: str) -> int:
    return main(["quarantine", *words, "--config", str(folder / "plumbline.yaml")])


def test_it_is_listed_with_its_reason_and_shown_whole(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quarantine(tmp_path, "list", "--site", SITE) == 0
    assert "unknown_device" in capsys.readouterr().out
    assert quarantine(tmp_path, "list", "--reason", "schema") == 0
    assert capsys.readouterr().out == ""
    assert quarantine(tmp_path, "show", "1") == 0
    assert '"meter-new"' in capsys.readouterr().out
    assert quarantine(tmp_path, "show", "7") == 2
    assert "no such item" in capsys.readouterr().err


def test_it_waits_until_the_device_is_entered(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert quarantine(tmp_path, "replay") == 1
    projects = yaml.safe_load(yaml.safe_dump(PROJECTS))
    projects["projects"][0]["devices"].append(
        {"id": "meter-new", "kind": "electricity_meter", "interval_s": 1}
    )
    (tmp_path / "projects.yaml").write_text(yaml.safe_dump(projects, allow_unicode=True))
    assert quarantine(tmp_path, "replay") == 0
    assert quarantine(tmp_path, "replay", "1") == 0
    with open_stores(settings) as stores:
        frames = [frame for one in stores.log.read(0, 10) for frame in decode(one.entry.payload).frames]
    assert [frame.device for frame in frames] == ["meter-new"]
    capsys.readouterr()
    assert quarantine(tmp_path, "list") == 0
    assert capsys.readouterr().out == ""


def test_or_is_taken_under_the_name_of_a_device_that_is_entered(settings: Settings, tmp_path: Path) -> None:
    assert quarantine(tmp_path, "replay", "1", "--rename-device", "meter-new=meter-main") == 0
    with open_stores(settings) as stores:
        frames = [frame for one in stores.log.read(0, 10) for frame in decode(one.entry.payload).frames]
    assert [frame.device for frame in frames] == ["meter-main"]


def test_a_rename_that_is_none_is_refused(settings: Settings, tmp_path: Path) -> None:
    assert quarantine(tmp_path, "replay", "--rename-device", "meter-new") == 2


def test_what_a_stranger_wrote_does_nothing_to_the_terminal(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "\x1b[2J\x1b]0;x\x07\x9b\u202e\r\nok forged"
    payload = f'{{"v":1,"name":"{evil}"}}'.encode()
    with open_stores(settings) as stores:
        stores.records.quarantine.add(
            [Quarantined(NOW, f"plumbline/v1/{evil}", payload, "schema", evil, SITE)]
        )
    assert quarantine(tmp_path, "list") == 0
    listed = capsys.readouterr().out
    assert quarantine(tmp_path, "show", "2") == 0
    shown = capsys.readouterr().out
    assert quarantine(tmp_path, "replay", "2") == 1
    replayed = capsys.readouterr().out
    for text in (listed, shown, replayed):
        assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert [line for line in (listed + replayed).splitlines() if line.startswith("ok")] == []


def test_badge_numbers_are_shown_when_they_are_asked_for_alone(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    payloads = [b'{"events":[{"badge":["0012345678"]}]}', b'{"badge":"0012345678"}\xff']
    with open_stores(settings) as stores:
        stores.records.quarantine.add([Quarantined(NOW, "t", one, "schema", "", SITE) for one in payloads])
    for item in ("2", "3"):
        assert quarantine(tmp_path, "show", item) == 0
        shown = capsys.readouterr().out
        assert "12345678" not in shown
        assert payloads[1].hex() not in shown
        assert quarantine(tmp_path, "show", item, "--raw") == 0
        raw = capsys.readouterr().out
        assert "12345678" in raw or payloads[1].hex() in raw
