"""The people of the demo come in as people do: an owner by a code, the others by invitation, customers by
links."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from plumbline.clock import now_ms
from plumbline.demo.place import Guests
from plumbline.demo.story import FIRM, PEOPLE, VISITORS, Person
from store.records.access import Access
from store.records.access_log import Deed
from store.records.changes import By
from store.records.records import Records
from store.records.registry import RegisteredProject
from web.access import passwords
from web.access.gate import Gate
from web.access.invitations import (
    Joining,
    become_owner,
    granted,
    join,
    make_owner_code,
    new_invitation,
    put_invitation,
)
from web.access.rights import of_roles
from web.links.ending import end_of_link


async def let_in(records: Records, guests: Guests) -> None:
    """All of them. Blocking but for the one password, which is hashed once."""
    gate = Gate(records, now_ms)
    encoded = await passwords.encode(guests.password)
    owner, *others = PEOPLE
    account = become_owner(gate, make_owner_code(records, now_ms(), FIRM), "", _joining(owner), encoded)
    if account is None:
        raise RuntimeError("the owner's code, just made, did not open")
    access = Access(FIRM, f"member:{account.member}", of_roles(account.roles), None, None, account.member)
    for person in others:
        join(gate, _invite(gate, access, person), _joining(person), encoded)
    _give_links(records, guests, By(access.who, now_ms()))


def _invite(gate: Gate, owner: Access, person: Person) -> str:
    sites = None if person.sites is None else frozenset(person.sites)
    secret, one = new_invitation(owner, name_of(person), frozenset({person.role}), sites, gate.clock())
    what = granted(one.body["roles"], one.body["sites"])
    put_invitation(
        gate.store, one, Deed(owner.firm, gate.clock(), owner.who, "", "added", f"invitation:{one.id}", what)
    )
    return secret


def _give_links(records: Records, guests: Guests, by: By) -> None:
    projects = {project.id: project for project in records.projects.of(FIRM)}
    for project, whom in VISITORS.items():
        ends = _end_of(projects[project], records)
        for name, digest in zip(whom, guests.links[project], strict=True):
            records.links.add(FIRM, project, name, digest, ends, by)


def _end_of(project: RegisteredProject, records: Records) -> int | None:
    zone = next(site.timezone for site in records.sites.of(FIRM) if site.id == project.site)
    over = project.handover and dt.date.fromisoformat(project.handover)
    return end_of_link(ZoneInfo(zone), None, over or None)


def _joining(person: Person) -> Joining:
    return Joining(person.login, name_of(person), "")


def name_of(person: Person) -> str:
    """In both scripts, as colleagues call each other."""
    return f"{person.name.zh} {person.name.en}"
