"""What tests write into a registry."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from plumbline.projects_yaml import parse_projects
from plumbline.registration import registration_of
from plumbline.settings import FirmSettings
from store.records.changes import By, Change
from store.records.records import Records
from store.records.registration import enter, reconcile
from store.records.registry import Registration
from tests.records import open_records
from web.customer.project import Project, registered_projects

BY: Final = By("operator:test", 1_764_000_000_000)


def register(records: Records, said: Registration, by: By = BY) -> list[Change]:
    """Add and change; retire nothing."""
    with records.begin() as done:
        return enter(done, said, by)


def replace_by(records: Records, said: Registration, by: By = BY) -> list[Change]:
    """Also retire whatever is not said."""
    with records.begin() as done:
        return reconcile(done, said, by)


@cache
def projects_said(text: str) -> tuple[Project, ...]:
    """What a projects file says, by way of a registry that nobody else has."""
    with tempfile.TemporaryDirectory() as folder:
        records = open_records(Path(folder))
        try:
            return tuple(projects_in(records, text))
        finally:
            records.close()


def projects_in(records: Records, text: str) -> list[Project]:
    """What a projects file says, once it is registered for the firm of the default settings."""
    replace_by(records, registration_of(FirmSettings(), parse_projects(text, "projects.yaml")))
    return registered_projects(records)
