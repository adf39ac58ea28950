"""/links: staff make, see and end the links of projects."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from store.records.access import Access
from store.records.links import Link
from store.threads import PAGES
from web.access.form import Sent
from web.access.invitations import printable_name
from web.access.page import go, hidden, page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.kit.act import Act
from web.kit.form import Form
from web.kit.language import Language
from web.kit.once import KEY_FIELD, once
from web.links import forms, made, one, view
from web.links.ending import last_day
from web.links.making import LastDayError, address_of_link, checked_end, make
from web.links.words import WORDS, say
from web.services import Here, Services

room = Room("/links")
routes = room.routes
_HOME = "/links"


@room.get("", right=Right("link", "see"))
async def links(request: Request, here: Here, access: Access, me: Member) -> Response:
    """All that somebody sees, those that open something first."""
    return await _list(request, here, access, me)


@room.post("", right=Right("link", "add"))
async def new(request: Request, here: Here, access: Access, me: Member, sent: Sent) -> Response:
    """Make one, and show it this once; sent twice it is the same one."""
    language, known = language_of(request), await _known(here, access)
    form = forms.NEW.with_choices(project=await _choices(request, here, access, known))
    read = form.read(language, _HOME, sent.typed)
    if isinstance(read, Form):
        return await _list(request, here, access, me, read)
    project, whom = known.projects[read.project], printable_name(read.whom)
    zone, key = known.zones[project.site], sent.one(KEY_FIELD)

    def act() -> str:
        with here.records.begin() as done:
            found = make(done, access, project, zone, whom, read.last, known.now)
            done.access_log.add([here.gate.deed(access, request, "added", f"link:{found.link.id}", whom)])
        return f"{found.link.id} {found.token}"

    try:
        link_id, token = (
            await PAGES.run(once, here.made_links, f"{access.firm} {access.who}", key, act)
        ).split()
    except LastDayError:
        typed = forms.NEW.with_choices(project=form.choices["project"]).blank(
            language, _HOME, read.model_dump()
        )
        return await _list(request, here, access, me, _wrong(language, typed))
    link = await _link(here, access, int(link_id))
    address = address_of_link(_base_url(request, here), token)
    return await page(request, made.build(me, link, address, known, language, here.assets))


@room.get("/{link_id}", right=Right("link", "see"))
async def link_page(request: Request, here: Here, access: Access, me: Member, link_id: int) -> Response:
    """One of them."""
    return await _one(request, here, access, me, await _link(here, access, link_id))


@room.post("/{link_id}/revoke", right=Right("link", "remove"))
async def revoke(request: Request, here: Here, access: Access, link_id: int) -> Response:
    """It opens nothing from now on."""
    link = await _link(here, access, link_id)
    deed = here.gate.deed(access, request, "removed", f"link:{link.id}")

    def act() -> None:
        with here.records.begin() as done:
            revoked = done.seen_by(access).links.revoke(link.id, here.clock())
            done.access_log.add([] if revoked is None else [deed])

    await PAGES.run(act)  # one that is over already is still a page
    return go(request, f"{_HOME}/{link_id}")


@room.post("/{link_id}/end", right=Right("link", "add"))
async def end(request: Request, here: Here, access: Access, me: Member, link_id: int, sent: Sent) -> Response:
    """Another last day, for whoever could make a new one."""
    language, link = language_of(request), await _link(here, access, link_id)
    action = f"{_HOME}/{link_id}/end"
    read = forms.END.read(language, action, sent.typed)
    if isinstance(read, Form):
        return await _one(request, here, access, me, link, read)
    known = await _known(here, access)
    try:
        expires = checked_end(known.zone(link), read.last, known.now)
    except LastDayError:
        form = _wrong(language, forms.END.blank(language, action, read.model_dump()))
        return await _one(request, here, access, me, link, form)
    deed = here.gate.deed(access, request, "changed", f"link:{link_id}", read.last.isoformat())

    def act() -> None:
        with here.records.begin() as done:
            changed = done.seen_by(access).links.end(link_id, expires, here.clock())
            done.access_log.add([] if changed is None else [deed])

    await PAGES.run(act)
    return go(request, f"{_HOME}/{link_id}")


async def _list(
    request: Request, here: Services, access: Access, me: Member, form: Form | None = None
) -> Response:
    language, known = language_of(request), await _known(here, access)
    choices = await _choices(request, here, access, known)
    status = 200 if form is None else 422
    if form is None and choices:
        project = request.query_params.get("project")
        form = forms.NEW.with_choices(project=choices).blank(
            language, _HOME, {"project": project} if project else None
        )
    found = view.in_order(await PAGES.run(here.records.seen_by(access).links.all), known.now)
    first = _first(request, len(found))
    shown = found[first - 1 : first - 1 + view.SHOWN]
    seen = await PAGES.run(here.records.openings.last_seen, access.firm, shown)
    guarded = form.guarded(await hidden(request)) if form else None
    built = view.build(me, found, seen, known, first, guarded, language, here.assets)
    return await page(request, built, status)


async def _one(
    request: Request, here: Services, access: Access, me: Member, link: Link, form: Form | None = None
) -> Response:
    language, known = language_of(request), await _known(here, access)
    project = known.projects.get(link.project)
    site = None if project is None else project.site
    opens, revoke, status = link.opens(known.now), None, 200 if form is None else 422
    if opens and access.may("link", "remove", site=site, project=link.project):
        guard = await hidden(request)
        ask = say(language, "revoke.ask", whom=link.whom)
        revoke = Act(say(language, "revoke.submit"), f"{_HOME}/{link.id}/revoke", guard, ask=ask)
    if form is None and link.revoked is None and access.may("link", "add", site=site, project=link.project):
        given = {} if link.expires is None else {"last": last_day(known.zone(link), link.expires)}
        form = replace(forms.END.blank(language, f"{_HOME}/{link.id}/end", given), look="pill")
    guarded = form.guarded(await hidden(request)) if form else None
    openings = await PAGES.run(here.records.openings.of, link)
    built = one.build(me, link, openings, known, revoke, guarded, language, here.assets)
    return await page(request, built, status)


async def _known(here: Services, access: Access) -> view.Known:
    def read() -> view.Known:
        seen = here.records.seen_by(access)
        return view.Known(
            {project.id: project for project in seen.projects.all(retired=True)},
            {site.id: ZoneInfo(site.timezone) for site in seen.sites.all(retired=True)},
            {account.member: account.name for account in here.records.members.all(access)},
            here.clock(),
        )

    return await PAGES.run(read)


async def _choices(
    request: Request, here: Services, access: Access, known: view.Known
) -> list[tuple[str, str]]:
    """The projects somebody may make links of."""
    if access.scope("link", "add") is None:
        return []
    language = language_of(request)
    found = await PAGES.run(here.records.seen_by(access).projects.all)
    return [
        (project.id, getattr(project, f"name_{language}"))
        for project in found
        if project.site in known.zones and access.may("link", "add", site=project.site, project=project.id)
    ]


async def _link(here: Services, access: Access, link_id: int) -> Link:
    """Raises HTTPException 404 for one out of reach."""
    link = await PAGES.run(here.records.seen_by(access).links.get, link_id) if link_id < 1 << 62 else None
    if link is None:
        raise HTTPException(404)
    return link


def _wrong(language: Language, form: Form) -> Form:
    return form.with_errors({"last": say(language, "end.error")}, WORDS.count(language, "form.wrong", 1))


def _first(request: Request, total: int) -> int:
    """From which number on the list is shown, from 1."""
    asked = request.query_params.get("from", "")
    return min(int(asked), total) or 1 if re.fullmatch("[0-9]{1,6}", asked) else 1


def _base_url(request: Request, here: Services) -> str:
    return here.settings.base_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
