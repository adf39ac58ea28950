"""`plumbline erase`: a site that no project names any longer leaves nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import yaml

from plumbline.cli import main
from plumbline.importing import take_in
from plumbline.settings import Settings
from plumbline.stores import open_stores
from store.records.contract import Quarantined, SiteEvent
from store.timeseries.contract import Block
from tests.plumbline.installation import SITE, installation
from wire.batch import Event

NOW: Final = 1_764_000_000_000
#: Something of another site, which stays.
OTHER: Final = "other-1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With something of everything of two sites, the first of which is ours."""
    made = installation(tmp_path)
    with open_stores(made) as stores:
        take_in(stores.records, made, NOW)
        stores.timeseries.write(
            [Block(site, "meter-main", [NOW], {"active_power": [1.0]}) for site in (SITE, OTHER)], 1
        )
        event = Event(device="gate-in", time=NOW, kind="fault", reason="no_reply")
        stores.records.events.add([SiteEvent(site, "pi-1", event) for site in (SITE, OTHER)])
        stores.records.quarantine.add(
            [Quarantined(NOW, "t", site.encode(), "schema", "", site) for site in (SITE, OTHER)]
        )
    return made


def erase(folder: Path, *words: str) -> int:
    return main(["erase", *words, "--config", str(folder / "plumbline.yaml")])


def held(settings: Settings, site: str) -> tuple[int, int, int]:
    """Series, events, items in quarantine."""
    with open_stores(settings) as stores:
        records = stores.records
        events = records.events.between(site, 0, NOW + 1)
        return len(stores.timeseries.latest(site)), len(events), len(records.quarantine.items(site=site))


def no_project(settings: Settings) -> None:
    settings.projects.write_text(yaml.safe_dump({"projects": []}))


def test_nothing_of_the_site_is_left_and_everything_of_others(settings: Settings, tmp_path: Path) -> None:
    no_project(settings)
    assert erase(tmp_path, SITE, "--yes") == 0
    assert held(settings, SITE) == (0, 0, 0)
    assert held(settings, OTHER) == (1, 1, 1)
    with open_stores(settings) as stores:
        assert stores.records.sites.all_sites() == []
        assert stores.records.customers.of("firm") == []
        assert not take_in(stores.records, settings, NOW)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((SITE, "--yes"), 2, "take its project out first"),
        ((SITE,), 1, "is for good"),
    ],
)
def test_it_wants_to_be_meant(
    settings: Settings, tmp_path: Path, words: tuple[str, ...], code: int, said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert erase(tmp_path, *words) == code
    assert said in capsys.readouterr().err
    assert held(settings, SITE) == (1, 1, 1)


def test_a_site_of_nobody_is_named_with_those_there_are(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    no_project(settings)
    assert erase(tmp_path, OTHER, "--yes") == 2
    assert f"known: {SITE}" in capsys.readouterr().err
