"""Everything that a site left, deleted: a person may ask for it (PIPL article 47; docs/security.md)."""

from __future__ import annotations

from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores
from web.project import ProjectsError, load_projects


def erase(settings: Settings, stores: Stores, site: str) -> None:
    """Delete the readings, events, statuses and quarantine of a site of ours, and its place in the registry.

    What it sent within `retention.log_days` is in the log until then, and in no page. Raises SettingsError
    for a site that a project still names (it would come back), or that is none of ours.
    """
    try:
        named = {project.site for project in load_projects(settings.projects)}
    except ProjectsError as error:
        raise SettingsError(str(error)) from error
    if site in named:
        raise SettingsError(f"{site}: {settings.projects} names it; take its project out first")
    if stores.registry.site(settings.firm.id, site) is None:
        known = ", ".join(one.id for one in stores.registry.all_sites() if one.firm == settings.firm.id)
        raise SettingsError(f"{site}: no such site of {settings.firm.id} (known: {known or 'none'})")
    stores.timeseries.erase(site)
    stores.timeseries.compact()
    stores.records.erase(site)
    stores.registry.erase(settings.firm.id, site)
