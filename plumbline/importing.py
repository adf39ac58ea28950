"""The projects file taken into the registry: by command, at the first start, and when it was edited.

The registry is the truth. A file that was edited since it was imported is imported again, unless something
it would change has been changed otherwise meanwhile: then nothing is, and who looks after the file is told.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plumbline.projects_yaml import Project, ProjectsError, parse_projects, read_projects
from plumbline.registration import registration_of
from plumbline.settings import Settings, SettingsError
from store.records.changes import By, Change
from store.records.records import Records, Transaction
from store.records.registration import reconcile
from store.records.registry import Firm

LOGGER: Final = logging.getLogger("plumbline.importing")
_SHOWN: Final = 5
NAME_ITS_SITE: Final = "name it in a project (docs/operating.md), or take the agent out of the settings"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import of the projects file would change. `digest` is of the file and the settings' agents;
    `stands`: rows that were changed otherwise since the last import, for whose sake nothing is imported."""

    digest: bytes
    changes: tuple[Change, ...]
    stands: tuple[str, ...]


def changed_file(records: Records, settings: Settings) -> Plan | None:
    """What the projects file would change, None where it is as it was imported or is not there any more.

    Raises SettingsError where it cannot be used, or is not there and never was. Blocking.
    """
    imported = records.imports.of(settings.firm.id)
    try:
        text = read_projects(settings.projects)
    except ProjectsError as error:
        if imported is not None and not settings.projects.exists():
            return None
        raise SettingsError(str(error)) from error
    digest = _digest(settings, text)
    if imported is not None and imported.digest == digest:
        return None
    projects = _parsed(text, settings.projects)
    since = 0 if imported is None else imported.change
    with records.trial() as trial:
        changes = _entered(trial, settings, settings.projects, projects, By("", 0))
    changed_since = {one.row for one in records.changes.after(settings.firm.id, since)}
    stands = tuple(one.name for one in changes if one.row in changed_since)
    return Plan(digest, tuple(changes), stands)


def take_in(records: Records, settings: Settings, at: int) -> list[Change]:
    """Import the projects file where it was edited and nothing stands against it; what changed. At UTC ms
    `at`. Raises SettingsError where it cannot be used. Blocking."""
    plan = changed_file(records, settings)
    if plan is None:
        _put_firm(records, settings, at)
        return []
    if plan.stands:
        LOGGER.warning("%s", refusal(settings.projects, plan.stands))
        return []
    done = import_file(records, settings, settings.projects, By(settings.projects.name, at))
    for line in taken_out(done):
        LOGGER.warning("%s is not named any longer: its past stays, what it sends goes to quarantine", line)
    for line in siteless(records, settings):
        LOGGER.warning("%s; %s", line, NAME_ITS_SITE)
    return done


def import_file(
    records: Records, settings: Settings, path: Path, by: By, *, dry_run: bool = False
) -> list[Change]:
    """Take in what a file says, whatever was changed since; what that is. Raises SettingsError."""
    try:
        text = read_projects(path)
    except ProjectsError as error:
        raise SettingsError(str(error)) from error
    projects = _parsed(text, path)
    with (records.trial if dry_run else records.begin)() as transaction:
        changes = _entered(transaction, settings, path, projects, by)
        if _is_same(path, settings.projects):
            last = transaction.changes.last(settings.firm.id)
            transaction.imports.put(settings.firm.id, _digest(settings, text), last, by)
    return changes


def siteless(records: Records, settings: Settings) -> Iterator[str]:
    """Each agent of the settings that is registered nowhere, because nobody names its site. Blocking."""
    for account in settings.agents:
        if records.sites.get(settings.firm.id, account.site) is None:
            site, agent = account.site, account.agent
            yield f"{site} / {agent} is not registered: no project has the site {site}"


def refusal(path: Path, stands: Sequence[str]) -> str:
    """Why an edited file is not imported by itself, and what to do."""
    return (
        f"{path}: not imported: {_listed(stands)} changed in the registry since the last import; "
        f"`plumbline import {path.name} --dry-run` shows what the file would change, without --dry-run it "
        "does, `plumbline export projects` writes what stands"
    )


def taken_out(changes: Sequence[Change]) -> Iterator[str]:
    """Each that sends or is sent for and is no more, by its kind and name."""
    yield from (
        one.name for one in changes if one.what == "retired" and one.noun in {"site", "agent", "device"}
    )


def _entered(
    transaction: Transaction, settings: Settings, path: Path, projects: Sequence[Project], by: By
) -> list[Change]:
    if not projects and (held := transaction.sites.of(settings.firm.id, limit=100)):
        raise SettingsError(
            f"{path}: names no project, and {_listed([site.id for site in held])} would be taken out: put "
            "them back, or `plumbline erase SITE` each that is over"
        )
    try:
        return reconcile(transaction, registration_of(settings.firm, projects, settings.agents), by)
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from error


def _put_firm(records: Records, settings: Settings, at: int) -> None:
    """The firm of the settings, where there is none yet."""
    if records.firms.get(settings.firm.id) is None:
        firm = Firm(settings.firm.id, settings.firm.name)
        records.firms.put([firm], By(settings.projects.name, at))


def _parsed(text: str, path: Path) -> list[Project]:
    try:
        return parse_projects(text, str(path))
    except ProjectsError as error:
        raise SettingsError(str(error)) from error


def _digest(settings: Settings, text: str) -> bytes:
    """Of all that an import takes from files."""
    agents = sorted((account.site, account.agent) for account in settings.agents)
    said = repr((settings.firm.id, settings.firm.name, agents, text))
    return hashlib.blake2b(said.encode(), digest_size=32).digest()


def _is_same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"
