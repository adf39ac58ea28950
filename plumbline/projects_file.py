"""The projects file of a running server: read again when it has changed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from plumbline.settings import SettingsError
from web.links import GOOD_BITS, bits
from web.project import Project, ProjectsError, load_projects

LOGGER: Final = logging.getLogger("plumbline.projects")

_Mark = tuple[int, int, int]


class ProjectsFile:
    """`entered` takes the projects into the registry whenever they have changed; it may raise ValueError and
    SettingsError."""

    def __init__(self, path: Path, entered: Callable[[Sequence[Project]], None]) -> None:
        self._path = path
        self._entered = entered
        #: None at first: the first look tells what has changed since the server began to start.
        self._seen: _Mark | None = None

    def look(self) -> list[Project] | None:
        """The projects where the file has changed since the last look, else None; blocking.

        Raises ProjectsError where it cannot be used, once a change, and while it is not there.
        """
        mark = self._mark()
        if mark is not None and mark == self._seen:
            return None
        self._seen = mark
        projects = load_projects(self._path)
        try:
            self._entered(projects)
        except (ValueError, SettingsError) as error:
            raise ProjectsError(str(error)) from error
        _warn_of_weak_links(self._path, projects)
        return projects

    def _mark(self) -> _Mark | None:
        """What differs when the file was written or replaced."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _warn_of_weak_links(path: Path, projects: Sequence[Project]) -> None:
    """Each into the log, with the remedy."""
    for project in weak_links(projects):
        LOGGER.warning(
            "%s: the link of project %s is weak; `plumbline link new` makes a good one", path, project
        )


def weak_links(projects: Sequence[Project]) -> list[str]:
    """The projects whose link could be guessed with patience: below GOOD_BITS."""
    return [project.id for project in projects if bits(project.token) < GOOD_BITS]
