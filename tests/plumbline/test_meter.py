"""`plumbline meter`: what a person knows of an exchanged meter is entered, listed, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.cli import main
from plumbline.importing import take_in
from plumbline.stores import open_stores
from store.records.exchanges import told_of
from store.timeseries.contract import Block
from store.timeseries.counter import Exchange
from tests.plumbline.installation import SITE, installation

AT = 1_764_000_000_000  # 2025-11-24T16:00:00Z


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    settings = installation(tmp_path)
    with open_stores(settings) as stores:
        take_in(stores.records, settings, 1)
        values: dict[str, list[float | None]] = {"active_energy_export": [0.0], "active_energy_import": [5.0]}
        stores.timeseries.write([Block(SITE, "meter-main", [AT], values)], 0)
    return tmp_path


def meter(folder: Path, *words: str) -> int:
    return main(["meter", *words, "--config", str(folder / "plumbline.yaml")])


def test_it_is_entered_listed_and_taken_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ("--at", "2025-11-25T00:00:30+08:00", "--old-last", "45679.5", "--new-first", "3", "--by", "Li")
    assert meter(folder, "exchanged", SITE, "meter-main", *said) == 0
    assert meter(folder, "list", SITE) == 0
    assert "active_energy_import" in (told := capsys.readouterr().out)
    assert "45679.5 -> 3  by Li, holds" in told
    with open_stores(installation(folder)) as stores:
        held = stores.records.exchanges.of(SITE)
        assert told_of(held, "meter-main", "active_energy_import") == [Exchange(AT, 45_679.5, 3.0)]
        assert told_of(held, "meter-main", "active_energy_export") == [Exchange(AT)]
        assert told_of(held, "other", "active_energy_import") == []
    assert meter(folder, "undo", SITE, "1", "--by", "Wang") == 0
    assert meter(folder, "undo", SITE, "1") == 1
    assert meter(folder, "list", SITE) == 0
    assert "by Wang" in capsys.readouterr().out
    with open_stores(installation(folder)) as stores:
        assert stores.records.exchanges.of(SITE) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((SITE, "meter-main", "--at", "yesterday"), "no time"),
        ((SITE, "meter-main", "--at", "2025-11-25T00:00"), "without an offset"),
        ((SITE, "meter-main", "--at", "2099-11-25T00:00Z"), "future"),
        ((SITE, "gate", "--at", "2025-11-25T00:00Z"), "never sent a counter"),
        (("nowhere", "meter-main", "--at", "2025-11-25T00:00Z"), "no such site"),
        ((SITE, "meter-main", "--at", "2025-11-25T00:00Z", "--new-first", "-1"), "0 or more"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    folder: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert meter(folder, "exchanged", *words) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
