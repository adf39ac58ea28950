"""Everything that a file says of a firm, entered at once: checked whole, all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from store.records.changes import By, Change
from store.records.links import Link
from store.records.records import Repositories, Transaction
from store.records.registry import (
    Agent,
    Device,
    FileLink,
    RegisteredProject,
    Registration,
    Room,
)

_Placed = RegisteredProject | Room | Agent | Device
#: For whom a link is that a file names the token of.
FILE_LINK: Final = "projects.yaml"


def enter(into: Transaction, said: Registration, by: By) -> list[Change]:
    """Add what is new, change what differs, bring back what was retired; retire nothing. What that was.

    Raises ValueError where a row names a firm, site, room or customer that is neither known nor in `said`, or
    where a site belongs to another firm already; the transaction is then to be given up.
    """
    told = into.firms.put(said.firms, by)
    _check_firms(into, said)
    told += into.customers.put(said.customers, by)
    told += into.sites.put(said.sites, by)
    _check_places(into, said)
    told += into.rooms.put(said.rooms, by)
    told += into.projects.put(said.projects, by)
    told += into.agents.put(said.agents, by)
    told += into.devices.put(said.devices, by)
    return told


def reconcile(into: Transaction, said: Registration, by: By) -> list[Change]:
    """As `enter`; and of its firms whatever it does not name is retired: not listed any more, nothing of it
    is taken in, its past stays. Agents that were provisioned are not touched, nor links that pages made."""
    told = enter(into, said, by)
    for firm in said.firms:
        told += into.devices.retire_others(firm.id, said.devices, by)
        told += into.agents.retire_others(firm.id, said.agents, by)
        told += into.rooms.retire_others(firm.id, said.rooms, by)
        told += into.projects.retire_others(firm.id, said.projects, by)
        told += into.customers.retire_others(firm.id, said.customers, by)
        told += into.sites.retire_others(firm.id, said.sites, by)
        told += _put_links(into, firm.id, said, by)
    return told


def erase(from_: Transaction, firm: str, site: str, at: int) -> bool:
    """Delete a site with all that is registered of it, and its past there; whether there was one. What it
    sent is not touched. `at` is UTC ms."""
    if from_.sites.get(firm, site) is None:
        return False
    from_.links.erase(firm, site)
    for noun in (from_.devices, from_.agents, from_.rooms, from_.projects, from_.sites):
        noun.erase(firm, site)
    from_.customers.erase_unnamed(firm)
    from_.feed.say(firm, f"site:{site}", f"site:{site}", at)
    return True


def _put_links(into: Transaction, firm: str, said: Registration, by: By) -> list[Change]:
    """The links whose tokens the file names. Where it names another one than before, the old link ends."""
    before = into.changes.last(firm)
    for project, wanted in said.links.items():
        known = into.links.by_digest(wanted.digest)
        if known is None:
            into.links.add(firm, project, FILE_LINK, wanted.digest, wanted.expires, by)
        else:
            _check_link(known, firm, project)
            _let_end(into, known, wanted, by)
        for link in into.links.of(firm, project):
            if link.whom == FILE_LINK and link.revoked is None and link.digest != wanted.digest:
                into.links.revoke(firm, link.id, by)
    return into.changes.after(firm, before)


def _let_end(into: Transaction, known: Link, wanted: FileLink, by: By) -> None:
    if known.whom == FILE_LINK and known.revoked is None and known.expires != wanted.expires:
        into.links.end(known.firm, known.id, wanted.expires, by)


def _check_link(known: Link, firm: str, project: str) -> None:
    if (known.firm, known.project) != (firm, project):
        raise ValueError(
            f"project {project}: its token opens another project; `plumbline link new` makes one"
        )


def _check_firms(into: Repositories, said: Registration) -> None:
    known = {firm.id for firm in into.firms.all()}
    named = {row.firm for row in said.customers} | {row.firm for row in said.sites}
    if unknown := named - known:
        raise ValueError(f"firm {min(unknown)} is not known: register it first, or with what is its own")


def _check_places(into: Repositories, said: Registration) -> None:
    placed: list[_Placed] = [*said.projects, *said.rooms, *said.agents, *said.devices]
    sites = {(site.firm, site.id) for site in into.sites.all_sites()}
    for row in placed:
        if (row.firm, row.site) not in sites:
            raise ValueError(f"{_called(row)}: firm {row.firm} has no site {row.site}: register it first")
    _check_rooms(into, said.devices, {(room.firm, room.site, room.id) for room in said.rooms})


def _check_rooms(into: Repositories, devices: Sequence[Device], said: set[tuple[str, str, str]]) -> None:
    for device in devices:
        if device.room is None or (device.firm, device.site, device.room) in said:
            continue
        if into.rooms.get(device.firm, device.site, device.room) is None:
            raise ValueError(f"{_called(device)}: site {device.site} has no room {device.room}")


def _called(row: _Placed) -> str:
    return f"{type(row).__name__.removeprefix('Registered').lower()} {row.id}"
