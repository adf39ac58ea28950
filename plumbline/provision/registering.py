"""An agent into the registry, where ingest looks who may send."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Final

from plumbline.clock import now_ms
from plumbline.importing import take_in
from plumbline.provision.authority import ProvisionError
from plumbline.settings import Settings
from plumbline.stores import open_records
from store import private
from store.records.changes import By
from store.records.records import Records
from store.records.registry import Agent

_AUTHOR: Final = "operator:provision"


@dataclass(frozen=True, slots=True)
class Registered:
    """`shut_out`: agents that were heard of the site while it listed none, and are not taken from now on."""

    timezone: str
    shut_out: tuple[str, ...]


def timezone_of(settings: Settings, site: str) -> str:
    """Of a site of the firm. Raises ProvisionError where there is none."""
    records = _records(settings)
    try:
        return _timezone(records, settings, site)
    finally:
        records.close()


def register(settings: Settings, site: str, agent: str) -> Registered:
    """The agent is one of the site's from now on. Raises ProvisionError, SettingsError, StoreError."""
    records = _records(settings)
    try:
        timezone = _timezone(records, settings, site)
        listed = {one.id for one in records.agents.of(settings.firm.id, site)}
        heard = {state.agent for state in records.agent_states.of(site)}
        entered = Agent(settings.firm.id, site, agent, provisioned=True)
        records.agents.put([entered], By(_AUTHOR, now_ms()))
    finally:
        records.close()
    return Registered(timezone, () if listed else tuple(sorted(heard - {agent})))


def retire(settings: Settings, site: str, agent: str, at: int) -> None:
    """The agent is none of the site's from UTC ms `at` on; one that is not registered stays so."""
    records = open_records(settings)
    try:
        records.agents.retire(settings.firm.id, site, agent, by=By(_AUTHOR, at))
    finally:
        records.close()


def _records(settings: Settings) -> Records:
    """With what the projects file says now: a site entered a minute ago is known."""
    private.folder(settings.data)
    records = open_records(settings)
    try:
        take_in(records, settings, now_ms())
    except BaseException:
        records.close()
        raise
    return records


def _timezone(records: Records, settings: Settings, site: str) -> str:
    found = records.sites.get(settings.firm.id, site)
    if found is not None:
        return found.timezone
    known = [one.id for one in records.sites.of(settings.firm.id, limit=1_000)]
    near = difflib.get_close_matches(site, known, 1)
    guess = f'did you mean "{near[0]}"? ' if near else ""
    raise ProvisionError(f"{site}: no such site; {guess}enter it in {settings.projects} (docs/operating.md)")
