"""What files say of sites, rooms and devices stands in the registry, and can be written again."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from plumbline.doctor import examine
from plumbline.importing import take_in
from plumbline.projects_yaml import (
    Device,
    Project,
    ProjectsError,
    Room,
    Words,
    load_projects,
    parse_projects,
    written,
)
from plumbline.registration import projects_of, registration_of
from plumbline.settings import AgentAccount, FirmSettings, Settings, SettingsError
from plumbline.stores import open_records
from store import private
from store.records.changes import Change
from store.records.records import Records
from tests.plumbline.installation import PROJECTS, SITE, installation
from tests.records import open_records as fresh_records
from tests.registered import replace_by
from web.customer.project import registered_projects
from wire.kinds import BADGE_READER, KINDS

NOW: Final = 1_764_000_000_000


def test_a_projects_file_becomes_firm_site_rooms_agents_and_devices(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    private.folder(settings.data)
    projects = load_projects(settings.projects)
    account = AgentAccount(site="fenglin-18", agent="pi-1", password_file=Path("unused"))
    elsewhere = AgentAccount(site="elsewhere", agent="pi-1", password_file=Path("unused"))
    registration = registration_of(FirmSettings(id="hejian", name="和建"), projects, [account, elsewhere])
    records = open_records(settings)
    try:
        for _ in range(2):  # at every start
            replace_by(records, registration)
        (site,) = records.sites.of("hejian")
        assert (site.id, site.timezone) == ("fenglin-18", "Asia/Shanghai")
        assert [room.name_zh for room in records.rooms.of("hejian", "fenglin-18")] == ["客厅"]
        assert [customer.name_en for customer in records.customers.of("hejian")] == ["The Zheng home"]
        devices = {device.id: device for device in records.devices.of("hejian", "fenglin-18")}
        assert set(devices) == {device["id"] for device in PROJECTS["projects"][0]["devices"]}
        assert devices["th-living"].room == "living"
        directory = records.directory()
        assert directory.agents["fenglin-18"] == frozenset({"pi-1"})
        assert "elsewhere" not in directory.devices
    finally:
        records.close()


def devices_of(settings: Settings) -> list[str]:
    records = open_records(settings)
    try:
        return [device.id for device in records.devices.of("firm", SITE)]
    finally:
        records.close()


def taken_in(settings: Settings) -> list[Change]:
    private.folder(settings.data)
    records = open_records(settings)
    try:
        return take_in(records, settings, NOW)
    finally:
        records.close()


def leave_out(settings: Settings, device: str) -> None:
    data = yaml.safe_load(settings.projects.read_text("utf-8"))
    (project,) = data["projects"]
    project["devices"] = [one for one in project["devices"] if one["id"] != device]
    settings.projects.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


def test_the_first_start_imports_the_file_once_with_its_name_as_author(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    done = taken_in(settings)
    assert {(one.author, one.at, one.version, one.what) for one in done} == {
        ("projects.yaml", NOW, 1, "added")
    }
    assert {one.noun for one in done} == {"firm", "customer", "site", "project", "room", "device", "link"}
    assert taken_in(settings) == []


def test_what_the_file_does_not_name_any_longer_is_retired_and_named_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = installation(tmp_path)
    taken_in(settings)
    whole = settings.projects.read_text("utf-8")
    leave_out(settings, "th-bath")
    assert [(one.what, one.name) for one in taken_in(settings)] == [("retired", f"device {SITE}/th-bath")]
    assert f"device {SITE}/th-bath is not named any longer" in caplog.text
    assert "th-bath" not in devices_of(settings)
    settings.projects.write_text(whole, "utf-8")
    assert [one.what for one in taken_in(settings)] == ["added"]
    assert "th-bath" in devices_of(settings)


def test_an_empty_file_takes_nothing_out(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    taken_in(settings)
    settings.projects.write_text("projects: []\n")
    with pytest.raises(SettingsError, match=rf"names no project, and {SITE} would be taken out.*erase SITE"):
        taken_in(settings)
    assert "meter-main" in devices_of(settings)


def test_an_empty_file_is_right_where_nothing_is_registered(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    settings.projects.write_text("projects: []\n")
    assert [one.name for one in taken_in(settings)] == ["firm firm"]


def test_a_file_that_was_never_there_is_missed_and_one_that_is_gone_is_not(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    text = settings.projects.read_text("utf-8")
    settings.projects.unlink()
    with pytest.raises(SettingsError, match="No such file"):
        taken_in(settings)
    settings.projects.write_text(text, "utf-8")
    taken_in(settings)
    settings.projects.unlink()
    assert taken_in(settings) == []


def test_doctor_says_what_the_next_start_takes_out_and_what_was(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    taken_in(settings)
    leave_out(settings, "gate-in")
    before = [str(line) for line in examine(settings, fix=True)]
    assert any("gate-in is not named any longer: the next start takes it out" in line for line in before)
    taken_in(settings)
    after = [str(line) for line in examine(settings, fix=True)]
    assert any("gate-in was taken out" in line for line in after)
    assert not any("next start" in line for line in after)


IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,11}", fullmatch=True)
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda text: any(unicodedata.category(letter)[0] in "LNPS" for letter in text))
WORDS = st.builds(Words, zh=TEXTS, en=TEXTS)
DATES = st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1))


@st.composite
def projects(draw: st.DrawFn) -> list[Project]:
    """As an office might write them down; each at a site of its own, as nearly all are."""
    ids = draw(st.lists(IDS, unique=True, max_size=3))
    return [_project(draw, name) for name in sorted(ids)]


def _project(draw: st.DrawFn, name: str) -> Project:
    rooms = draw(st.lists(IDS, unique=True, max_size=3))
    names = [draw(WORDS) for _ in rooms]
    devices = draw(st.lists(IDS, unique=True, max_size=4))
    title, customer = draw(WORDS), draw(WORDS)
    return Project(
        id=name, site=name, timezone=draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "UTC"])),
        title=title, customer=customer, started=draw(DATES), handover=draw(st.none() | DATES),
        closes=draw(st.builds(dt.time, st.integers(0, 23), st.integers(0, 59))),
        rooms=tuple(Room(id=one, zh=word.zh, en=word.en) for one, word in zip(rooms, names, strict=True)),
        devices=tuple(_device(draw, one, rooms) for one in devices),
    )  # fmt: skip


def _device(draw: st.DrawFn, name: str, rooms: list[str]) -> Device:
    kinds = sorted(KINDS) if rooms else [BADGE_READER, "electricity_meter"]
    room = draw(st.sampled_from(rooms)) if rooms else None
    return Device(
        id=name, kind=draw(st.sampled_from(kinds)), room=room, interval_s=draw(st.integers(1, 86_400))
    )


@pytest.fixture(scope="module")
def one_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    opened = fresh_records(tmp_path_factory.mktemp("registry"))
    yield opened
    opened.close()


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(projects())
def test_what_is_exported_and_imported_again_is_what_it_was(
    one_registry: Records, said: list[Project]
) -> None:
    """Whatever stood there before; and the second import finds nothing to change."""
    firm = FirmSettings()
    replace_by(one_registry, registration_of(firm, said))
    text = written(projects_of(registered_projects(one_registry)))
    again = parse_projects(text, "exported")
    assert again == said
    assert replace_by(one_registry, registration_of(firm, again)) == []


def test_what_two_projects_of_one_site_share_is_entered_once_and_stays(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    (first,) = load_projects(settings.projects)
    second = first.model_copy(update={"id": "second", "devices": first.devices[::-1]})
    text = written([first, second])
    settings.projects.write_text(text, "utf-8")
    taken_in(settings)
    settings.projects.write_text(f"{text}# once more\n", "utf-8")
    assert taken_in(settings) == []


def test_names_of_before_there_was_a_rule_are_exported_as_they_stand(tmp_path: Path) -> None:
    (first,) = load_projects(installation(tmp_path).projects)
    title = Words.model_construct(zh=" ", en="x" * 300)
    records = fresh_records(tmp_path)
    replace_by(records, registration_of(FirmSettings(), [first.model_copy(update={"title": title})]))
    text = written(projects_of(registered_projects(records)))
    records.close()
    assert yaml.safe_load(text)["projects"][0]["title"] == {"zh": " ", "en": "x" * 300}
    with pytest.raises(ProjectsError, match=r"title.zh: .*is blank"):
        parse_projects(text, "exported")
