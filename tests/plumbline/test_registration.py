"""What the projects file says of sites, rooms and devices stands in the registry."""

from __future__ import annotations

from pathlib import Path

from plumbline.registration import registration_of
from plumbline.settings import AgentAccount, FirmSettings
from plumbline.stores import open_records
from tests.plumbline.installation import PROJECTS, installation
from web.project import load_projects


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
