"""What the projects file says of sites, rooms and devices stands in the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import yaml

from plumbline.doctor import examine
from plumbline.registration import enter, registration_of
from plumbline.settings import AgentAccount, FirmSettings, Settings, SettingsError
from plumbline.stores import open_records
from store.records.registry import Retired
from tests.plumbline.installation import PROJECTS, SITE, installation
from web.project import Project, load_projects

NOW: Final = 1_764_000_000_000


def test_a_projects_file_becomes_firm_site_rooms_agents_and_devices(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    projects = load_projects(settings.projects)
    account = AgentAccount(site="fenglin-18", agent="pi-1", password_file=Path("unused"))
    elsewhere = AgentAccount(site="elsewhere", agent="pi-1", password_file=Path("unused"))
    registration = registration_of(FirmSettings(id="hejian", name="和建"), projects, [account, elsewhere])
    records = open_records(settings)
    try:
        for _ in range(2):  # at every start
            records.registry.register(registration)
        (site,) = records.registry.sites("hejian")
        assert (site.id, site.timezone) == ("fenglin-18", "Asia/Shanghai")
        assert [room.name_zh for room in records.registry.rooms("hejian", "fenglin-18")] == ["客厅"]
        devices = {device.id: device for device in records.registry.devices("hejian", "fenglin-18")}
        assert set(devices) == {device["id"] for device in PROJECTS["projects"][0]["devices"]}
        assert devices["th-living"].room == "living"
        directory = records.registry.directory()
        assert directory.agents["fenglin-18"] == frozenset({"pi-1"})
        assert "elsewhere" not in directory.devices
    finally:
        records.close()


def devices_of(settings: Settings) -> list[str]:
    records = open_records(settings)
    try:
        return [device.id for device in records.registry.devices("firm", SITE)]
    finally:
        records.close()


def entered(settings: Settings, projects: list[Project]) -> Retired:
    records = open_records(settings)
    try:
        return enter(records.registry, settings, projects, NOW)
    finally:
        records.close()


def without(settings: Settings, device: str) -> list[Project]:
    (project,) = load_projects(settings.projects)
    left = tuple(one for one in project.devices if one.id != device)
    return [project.model_copy(update={"devices": left})]


def test_what_the_files_do_not_name_any_longer_is_retired_and_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = installation(tmp_path)
    assert not entered(settings, load_projects(settings.projects))
    assert entered(settings, without(settings, "th-bath")).devices == (f"{SITE}/th-bath",)
    assert f"device {SITE}/th-bath is not named any longer" in caplog.text
    assert "th-bath" not in devices_of(settings)
    assert not entered(settings, load_projects(settings.projects))
    assert "th-bath" in devices_of(settings)


def test_an_empty_file_takes_nothing_out(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    entered(settings, load_projects(settings.projects))
    with pytest.raises(SettingsError, match=rf"names no project, and {SITE} would be taken out.*erase SITE"):
        entered(settings, [])
    assert "meter-main" in devices_of(settings)


def test_an_empty_file_is_right_where_nothing_is_registered(tmp_path: Path) -> None:
    assert not entered(installation(tmp_path), [])


def test_doctor_says_what_the_next_start_takes_out_and_what_was(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    entered(settings, load_projects(settings.projects))
    data = yaml.safe_load(settings.projects.read_text())
    data["projects"][0]["devices"] = [
        one for one in PROJECTS["projects"][0]["devices"] if one["id"] != "gate-in"
    ]
    settings.projects.write_text(yaml.safe_dump(data, allow_unicode=True))
    before = [str(line) for line in examine(settings, fix=True)]
    assert any("gate-in is not named any longer: the next start takes it out" in line for line in before)
    entered(settings, load_projects(settings.projects))
    after = [str(line) for line in examine(settings, fix=True)]
    assert any("gate-in was taken out" in line for line in after)
    assert not any("next start" in line for line in after)
