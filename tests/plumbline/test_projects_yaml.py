"""A projects file is checked whole: each mistake one line with its place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plumbline.projects_yaml import (
    LARGEST_BYTES,
    ProjectsError,
    load_projects,
    parse_projects,
    weak_links,
    written,
)
from tests.web.site_day import OTHER_TOKEN, PROJECTS, TOKEN
from web.links.strength import make_link_token
from wire.kinds import KINDS


def load(folder: Path, text: str) -> list[object]:
    path = folder / "projects.yaml"
    path.write_text(text, "utf-8")
    return list(load_projects(path))


def error(folder: Path, old: str, new: str) -> str:
    assert old in PROJECTS
    with pytest.raises(ProjectsError) as caught:
        load(folder, PROJECTS.replace(old, new, 1))
    message = str(caught.value).replace(str(folder) + "/", "")
    assert "\n" not in message
    return message


def test_a_good_file_gives_its_projects(tmp_path: Path) -> None:
    path = tmp_path / "projects.yaml"
    path.write_text(PROJECTS, "utf-8")
    first, second = load_projects(path)
    assert (first.title.en, second.customer.zh) == ("18 Fenglin Road, 3-501", "林女士家")
    assert [one.id for one in first.devices if one.kind == "badge_reader"] == ["gate-in", "gate-out"]
    assert [one.interval_s for one in first.devices if one.kind == "water_meter"] == [2]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "kind: badge_reader}",
            "kind: badge_reade}",
            r'projects.yaml:19: projects\[0\].devices\[5\].kind: "badge_reade": is no .*mean "badge_reader"',
        ),
        (
            "interval_s: 1}",
            "interval: 1}",
            r'projects.yaml:14: .*interval: is no key; did you mean "interval_s"',
        ),
        (
            "room: bath,",
            "room: bat,",
            r'projects.yaml:16: .*devices\[2\].room: "bat": is no room.*mean "bath"',
        ),
        (
            "Asia/Shanghai",
            "Asia/Shangai",
            r"projects.yaml:5: projects\[0\].timezone: .Asia/Shangai.: is no IANA",
        ),
        (", interval_s: 2}", "}", r"projects.yaml:15: .*a water_meter needs interval_s"),
        ("started: 2026-10-20", "started: soon", r"projects.yaml:8: projects\[0\].started: .soon.: "),
        ("gate-out", "gate-in", r":\d+: projects\[0\].devices\[6\].id: device .gate-in. stands twice: give"),
        (
            "id: huaihai-7",
            "id: fenglin-18",
            r":\d+: projects\[1\].id: project .fenglin-18. stands twice: give",
        ),
        (OTHER_TOKEN, TOKEN, r":\d+: projects\[1\].token: project .fenglin-18. shares its token.*: leave it"),
        ("en: Bathroom", "en: ''", r"projects.yaml:10: projects\[0\].rooms\[0\].en: .*is blank: write"),
        ("en: Bathroom", 'en: "\u3000\\u200e"', r"rooms\[0\].en: .*is blank: write"),
        ("en: Bathroom", f"en: {'x' * 201}", r"rooms\[0\].en: .*is too long: at most 200 characters"),
        ("en: Bathroom", 'en: "Bath\\e[2J"', r"rooms\[0\].en: .*holds a control character: leave it out"),
        ("projects:", "projects: [", r"projects.yaml:\d+: "),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert re.search(expected, error(tmp_path, old, new)), error(tmp_path, old, new)


def test_a_name_is_one_line(tmp_path: Path) -> None:
    text = PROJECTS.replace("en: Bathroom", 'en: " Bath\\r\\n  room 🛁 <b>\\n"', 1)
    path = tmp_path / "projects.yaml"
    path.write_text(text, "utf-8")
    assert load_projects(path)[0].rooms[0].en == "Bath room 🛁 <b>"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_file_is_told_with_what_belongs_there(text: str) -> None:
    with pytest.raises(ProjectsError, match=r"^p.yaml:1: is empty: write `projects:`"):
        parse_projects(text, "p.yaml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Asia/Shanghai", "Europe/Berlin", r"\[1\].timezone: timezone of site fenglin-18 is otherwise"),
        ("Bathroom", "Bath", r"\[1\].rooms\[0\]: room bath of site fenglin-18 is otherwise"),
        ("interval_s: 1", "interval_s: 9", r"\[1\].devices\[\d\]: device .* of site fenglin-18 is otherwise"),
    ],
)
def test_two_projects_of_one_site_say_the_same_of_it(old: str, new: str, expected: str) -> None:
    first = parse_projects(PROJECTS, "p.yaml")[0]
    one, second = written([first]), written([first.model_copy(update={"id": "second"})])
    other = second.removeprefix("projects:\n")
    assert len(parse_projects(one + other, "p.yaml")) == 2
    assert old in other
    with pytest.raises(ProjectsError, match=rf"^p.yaml:\d+: .*{expected} in project 'fenglin-18': say it"):
        parse_projects(one + other.replace(old, new, 1), "p.yaml")


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = PROJECTS.replace("kind: badge_reader}", "kind: badge_reade}").replace(
        "Asia/Shanghai", "Asia/Shangai", 1
    )
    with pytest.raises(ProjectsError) as caught:
        load(tmp_path, text)
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "projects[0].timezone",
        "projects[0].devices[5].kind",
        "projects[0].devices[6].kind",
        "projects[1].devices[2].kind",
    ]


def test_text_that_is_not_utf_8_is_told_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "projects.yaml"
    path.write_bytes(PROJECTS.encode("gb18030"))
    with pytest.raises(ProjectsError, match="save it as UTF-8"):
        load_projects(path)


def test_kinds_of_older_files_are_read_by_todays_names(tmp_path: Path) -> None:
    text = PROJECTS.replace("kind: climate_sensor", "kind: climate").replace(
        "kind: badge_reader", "kind: gate"
    )
    assert text != PROJECTS
    path = tmp_path / "projects.yaml"
    path.write_text(text, "utf-8")
    kinds = {device.kind for project in load_projects(path) for device in project.devices}
    assert {"climate_sensor", "badge_reader"} < kinds
    assert not {"climate", "gate"} & kinds


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_device_can_be_entered(tmp_path: Path, kind: str) -> None:
    text = PROJECTS.replace(
        "{id: gate-in, kind: badge_reader}", f"{{id: gate-in, kind: {kind}, room: bath, interval_s: 60}}"
    )
    path = tmp_path / "projects.yaml"
    path.write_text(text, "utf-8")
    assert load_projects(path)[0].devices[5].kind == kind


def test_a_token_is_never_repeated_in_an_error(tmp_path: Path) -> None:
    message = error(tmp_path, TOKEN, "too-short")
    assert "too-short" not in message
    assert "projects[0].token" in message


def test_a_token_is_not_in_a_projects_repr(tmp_path: Path) -> None:
    assert TOKEN not in repr(load(tmp_path, PROJECTS))


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ProjectsError, match="No such file"):
        load_projects(tmp_path / "none.yaml")


def test_a_file_beyond_its_bound_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "projects.yaml"
    path.write_bytes(b"#" * (LARGEST_BYTES + 1))
    with pytest.raises(ProjectsError, match="larger than 16 MB"):
        load_projects(path)


def test_a_token_may_be_left_out() -> None:
    projects = parse_projects(PROJECTS.replace(f"    token: {TOKEN}\n", ""), "projects.yaml")
    assert projects[0].token is None


def test_weak_links_are_named() -> None:
    text = PROJECTS.replace(TOKEN, make_link_token())
    assert weak_links(parse_projects(text, "projects.yaml")) == ["huaihai-7"]


def test_what_is_written_holds_no_token_and_is_read_as_it_was() -> None:
    said = parse_projects(PROJECTS, "projects.yaml")
    text = written(said)
    assert TOKEN not in text
    assert parse_projects(text, "written") == [one.model_copy(update={"token": None}) for one in said]
