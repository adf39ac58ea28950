"""Everything that a site left, deleted: a person may ask for it (PIPL article 47; docs/security.md)."""

from __future__ import annotations

from plumbline.clock import now_ms
from plumbline.projects_yaml import ProjectsError, load_projects
from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores
from store.records import registration


def erase(settings: Settings, stores: Stores, site: str) -> None:
    """Delete the readings, events, statuses and quarantine of a site of ours, and its place in the registry.

    What it sent within `retention.log_days` is in the log until then, and in no page. Raises SettingsError
    for a site that a project still names (it would come back), or that is none of ours.
    """
    named, where = _named(settings, stores)
    if site in named:
        raise SettingsError(f"{site}: {where} names it; take its project out first")
    if stores.records.sites.get(settings.firm.id, site) is None:
        known = ", ".join(one.id for one in stores.records.sites.of(settings.firm.id, retired=True))
        raise SettingsError(f"{site}: no such site of {settings.firm.id} (known: {known or 'none'})")
    stores.timeseries.erase(site)
    stores.timeseries.compact()
    stores.records.erase(site)
    with stores.records.begin() as done:
        registration.erase(done, settings.firm.id, site, now_ms())


def _named(settings: Settings, stores: Stores) -> tuple[set[str], str]:
    """The sites that projects name: of the file, from which a site would come back; of the registry where
    there is none."""
    if not settings.projects.exists():
        return {project.site for project in stores.records.projects.of(settings.firm.id)}, "the registry"
    try:
        return {project.site for project in load_projects(settings.projects)}, str(settings.projects)
    except ProjectsError as error:
        raise SettingsError(str(error)) from error
