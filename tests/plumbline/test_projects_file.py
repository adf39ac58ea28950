"""A running server sees its projects file change, once a change, and keeps what it has where it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plumbline.doctor import examine
from plumbline.importing import NAME_ITS_SITE
from plumbline.projects_file import ProjectsFile
from plumbline.settings import Settings, SettingsError
from plumbline.stores import open_records
from store import private
from store.records.changes import By
from store.records.records import Records
from store.records.registry import Device, Firm, Site
from store.records.tenancy import site_ref
from tests.plumbline.installation import SITE, installation

NOW = 1_764_000_000_000


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return installation(tmp_path)


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    private.folder(settings.data)
    opened = open_records(settings)
    yield opened
    opened.close()


@pytest.fixture
def file(settings: Settings, records: Records) -> ProjectsFile:
    return ProjectsFile(settings, records, lambda: NOW)


def edit(settings: Settings, old: str, new: str) -> None:
    text = settings.projects.read_text("utf-8")
    assert old in text
    settings.projects.write_text(text.replace(old, new), "utf-8")


def test_a_change_is_imported_once(settings: Settings, records: Records, file: ProjectsFile) -> None:
    assert file.look()
    assert not file.look()
    edit(settings, "gate-out", "gate-side")
    assert file.look()
    assert not file.look()
    assert records.devices.retired("firm", SITE) == ("gate-out",)
    assert file.imported == 2


def test_a_broken_file_is_told_once_a_change(
    settings: Settings, records: Records, file: ProjectsFile
) -> None:
    file.look()
    edit(settings, "badge_reader", "badge_reade")
    with pytest.raises(SettingsError, match="badge_reade"):
        file.look()
    assert not file.look()
    assert len(records.devices.of("firm", SITE)) == 7


def test_a_file_that_is_gone_leaves_the_registry_as_it_is(
    settings: Settings, records: Records, file: ProjectsFile
) -> None:
    file.look()
    settings.projects.unlink()
    assert not file.look()
    assert [site.id for site in records.sites.of("firm")] == [SITE]


def test_what_the_registry_refuses_is_a_mistake_of_the_file(records: Records, file: ProjectsFile) -> None:
    with records.begin() as done:
        done.firms.put([Firm("other", "Other")], By("operator:test", NOW))
        done.sites.put([Site("other", site_ref(SITE), "UTC")], By("operator:test", NOW))
    with pytest.raises(SettingsError, match="belongs to another firm"):
        file.look()


def test_a_file_is_not_imported_over_what_somebody_changed_since(
    settings: Settings, records: Records, file: ProjectsFile, caplog: pytest.LogCaptureFixture
) -> None:
    file.look()
    slower = Device("firm", SITE, "meter-main", "electricity_meter", None, 30.0)
    records.devices.put([slower], By("member:li", NOW))
    edit(settings, "gate-out", "gate-side")
    assert not file.look()
    assert f"not imported: device {SITE}/meter-main changed in the registry" in caplog.text
    assert records.devices.get("firm", SITE, "meter-main") == slower
    assert records.devices.get("firm", SITE, "gate-side") is None


def test_what_somebody_changed_elsewhere_does_not_hold_a_file_back(
    settings: Settings, records: Records, file: ProjectsFile
) -> None:
    file.look()
    records.firms.put([Firm("firm", "Firm")], By("member:li", NOW))
    edit(settings, "gate-out", "gate-side")
    assert file.look()


def test_an_agent_whose_site_no_project_names_is_told_once_with_the_remedy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "password").write_text("of the agent")
    accounts = [{"site": site, "agent": "pi-1", "password_file": "password"} for site in (SITE, "huaihai-7")]
    settings = installation(tmp_path, agents=accounts)
    private.folder(settings.data)
    records = open_records(settings)
    file = ProjectsFile(settings, records, lambda: NOW)
    assert file.look()
    assert not file.look()
    records.close()
    told = [one for one in caplog.messages if "not registered" in one]
    assert len(told) == 1
    assert "huaihai-7 / pi-1 is not registered: no project has the site huaihai-7; name it" in told[0]
    doctor = [line for line in examine(settings, fix=False) if line.part == "agent"]
    assert [(line.level, line.what, line.remedy) for line in doctor] == [
        ("warn", "huaihai-7 / pi-1 is not registered: no project has the site huaihai-7", NAME_ITS_SITE)
    ]
