"""A backup that is whole restores into an empty installation; anything else is refused with a remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbline.backup import BackupError, backup, read_manifest, restore
from plumbline.cli import main
from plumbline.importing import take_in
from plumbline.settings import Settings
from plumbline.stores import open_stores
from store.log.contract import Entry
from store.records.contract import SiteEvent
from store.timeseries.contract import Block
from tests.plumbline.installation import SITE, installation
from wire.batch import Event

NOW = 1_764_000_000_000
STREAM = "01K" + "A" * 23


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a reading, an event and a batch."""
    made = installation(tmp_path / "old")
    with open_stores(made) as stores:
        stores.timeseries.write([Block(SITE, "meter-main", [NOW], {"active_power": [812.5]})], 1)
        event = Event(device="gate-in", time=NOW, kind="badge", badge="b:" + "9f" * 16)
        stores.records.events.add([SiteEvent(SITE, "pi-1", event)])
        stores.log.append([Entry(SITE, "pi-1", STREAM, seq, b"payload") for seq in (1, 2)], NOW)
    return made


def test_what_was_there_is_there_again(settings: Settings, tmp_path: Path) -> None:
    assert main(["backup", str(tmp_path / "b"), "--config", str(tmp_path / "old/plumbline.yaml")]) == 0
    new = installation(tmp_path / "new")
    assert main(["restore", str(tmp_path / "b"), "--config", str(tmp_path / "new/plumbline.yaml")]) == 0
    with open_stores(new) as stores:
        assert stores.timeseries.raw(SITE, "meter-main", "active_power", 0, NOW + 1) == ([NOW], [812.5])
        assert stores.timeseries.position() == 1
        assert len(stores.records.events.between(SITE, 0, NOW + 1)) == 1
        assert stores.log.last_offset() == 2
        assert stores.log.append([Entry(SITE, "pi-1", STREAM, 2, b"payload")], NOW) == [None]


def test_a_restore_overwrites_nothing(settings: Settings, tmp_path: Path) -> None:
    backup(settings, tmp_path / "b")
    with pytest.raises(BackupError, match="move it away"):
        restore(settings, tmp_path / "b")


def test_a_backup_goes_into_an_empty_folder_only(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "holiday.jpg").write_bytes(b"")
    with pytest.raises(BackupError, match="not empty"):
        backup(settings, tmp_path / "b")


def test_a_file_changed_since_is_found_before_anything_is_touched(settings: Settings, tmp_path: Path) -> None:
    backup(settings, tmp_path / "b")
    with (tmp_path / "b" / "log.db").open("r+b") as file:
        file.seek(100)
        file.write(b"!")
    new = installation(tmp_path / "new")
    with pytest.raises(BackupError, match=r"log\.db"):
        restore(new, tmp_path / "b")
    assert not new.data.exists()


def test_a_folder_without_a_manifest_is_no_backup(settings: Settings, tmp_path: Path) -> None:
    backup(settings, tmp_path / "b")
    manifest = json.loads((tmp_path / "b/manifest.json").read_text())
    assert read_manifest(tmp_path / "b").log_offset == 2
    (tmp_path / "b/manifest.json").write_text(json.dumps(manifest | {"version": 99}))
    with pytest.raises(BackupError, match="version 99"):
        read_manifest(tmp_path / "b")
    (tmp_path / "b/manifest.json").unlink()
    with pytest.raises(BackupError, match="manifest"):
        read_manifest(tmp_path / "b")


def test_a_backup_is_for_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir(mode=0o755)
    assert main(["backup", str(folder), "--config", str(tmp_path / "old/plumbline.yaml")]) == 0
    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*")} == {"0o600"}
    assert folder.stat().st_mode & 0o777 == 0o700
    new = installation(tmp_path / "new")
    assert main(["restore", str(folder), "--config", str(tmp_path / "new/plumbline.yaml")]) == 0
    assert {oct(path.stat().st_mode & 0o777) for path in new.data.rglob("*")} == {"0o600"}


def test_an_export_is_for_its_owner_alone(settings: Settings, tmp_path: Path) -> None:
    config = ["--config", str(tmp_path / "old/plumbline.yaml")]
    with open_stores(settings) as stores:
        take_in(stores.records, settings, NOW)
    assert main(["export", "recording", "--site", SITE, "--out", str(tmp_path / "out"), *config]) in (0, 1)
    assert main(["export", "parquet", "--site", SITE, "--out", str(tmp_path / "out"), *config]) == 0
    assert not [path for path in (tmp_path / "out").rglob("*") if path.stat().st_mode & 0o077]
