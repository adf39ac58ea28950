"""A running server sees its projects file change, once a change, and keeps what it has where it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.projects_file import ProjectsFile, weak_links
from tests.web.site_day import OTHER_TOKEN, PROJECTS, TOKEN
from web.links import make_link_token
from web.project import ProjectsError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "projects.yaml"
    path.write_text(PROJECTS, "utf-8")
    return path


def test_a_change_is_seen_once_and_entered(path: Path) -> None:
    entered: list[int] = []
    file = ProjectsFile(path, lambda projects: entered.append(len(projects)))
    assert [project.token for project in file.look() or ()] == [TOKEN, OTHER_TOKEN]
    assert file.look() is None
    fresh = make_link_token()
    path.write_text(PROJECTS.replace(TOKEN, fresh), "utf-8")
    assert [project.token for project in file.look() or ()] == [fresh, OTHER_TOKEN]
    assert file.look() is None
    assert entered == [2, 2]


def test_a_broken_file_is_told_once_a_change(path: Path) -> None:
    file = ProjectsFile(path, lambda _: None)
    file.look()
    path.write_text(PROJECTS.replace("kind: badge_reader", "kind: badge_readerr"), "utf-8")
    with pytest.raises(ProjectsError, match="badge_readerr"):
        file.look()
    assert file.look() is None
    path.unlink()
    with pytest.raises(ProjectsError, match="No such file"):
        file.look()


def test_what_the_registry_refuses_is_a_mistake_of_the_file(path: Path) -> None:
    def refuse(_: object) -> None:
        raise ValueError("site fenglin-18 belongs to another firm")

    with pytest.raises(ProjectsError, match="belongs to another firm"):
        ProjectsFile(path, refuse).look()


def test_weak_links_are_named(path: Path) -> None:
    projects = ProjectsFile(path, lambda _: None).look() or []
    assert weak_links(projects) == ["fenglin-18", "huaihai-7"]
    path.write_text(PROJECTS.replace(TOKEN, make_link_token()), "utf-8")
    assert weak_links(ProjectsFile(path, lambda _: None).look() or []) == ["huaihai-7"]
