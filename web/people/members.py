"""One member: what they do here and where, their devices, help for who cannot get in, and the end."""

from __future__ import annotations

from dataclasses import replace

from fastapi import HTTPException, Request
from starlette.responses import Response

from store.records.access import ROLES, Access, Denied
from store.records.accounts import LastOwnerError
from store.records.records import Records
from store.threads import PAGES
from web.access import invitations, others, resets
from web.access.form import Sent
from web.access.page import go, hidden, page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.kit.form import Form
from web.kit.language import Language
from web.kit.link import Link
from web.kit.numbers import moment
from web.people import forms, person, shown
from web.people.named import site_names
from web.people.routes import base_of, with_error
from web.people.words import say
from web.services import Here, Services

room = Room("/people/members")
routes = room.routes
_SAID = frozenset({"assigned", "signed_out", "second_off"})


@room.get("/{member}", right=Right("member", "see"))
async def member_page(request: Request, here: Here, access: Access, me: Member) -> Response:
    """Somebody one may see."""
    known = await _found(request, here, access)
    said = request.query_params.get("said", "")
    told = f"said.{said}" if said in _SAID else ""
    return await _page(request, here, access, me, replace(known, said=told))


@room.post("/{member}/assign", right=Right("member", "change"))
async def assign(request: Request, here: Here, access: Access, me: Member, sent: Sent) -> Response:
    """Other roles, other sites."""
    language, known = language_of(request), await _found(request, here, access)
    path = request.url.path
    made = person.form_to_assign(access, known, language)
    read = made.read(language, path, sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, access, me, known, "assign", read)
    typed = made.blank(language, path, read.model_dump())
    if not (read.everywhere or read.sites):
        wrong = with_error(typed, "sites", "assign.sites.needed", language)
        return await _wrong(request, here, access, me, known, "assign", wrong)
    roles = frozenset(role for role in ROLES if role in read.roles)
    on = None if read.everywhere else frozenset(read.sites)
    try:
        await invitations.assign(here.gate, request, access, known.account.member, roles, on)
    except LastOwnerError:
        wrong = with_error(typed, "roles", "assign.last_owner", language)
        return await _wrong(request, here, access, me, known, "assign", wrong)
    return go(request, f"/people/members/{known.account.member}?said=assigned")


@room.post("/{member}/reset", right=Right("member", "change"))
async def reset(request: Request, here: Here, access: Access, me: Member) -> Response:
    """A link that sets a new password, shown once."""
    language, account = language_of(request), (await _found(request, here, access)).account
    code = await resets.make_reset(here.gate, request, access, account.member)
    address = f"{base_of(request, here)}/door/reset/{code}"
    now = here.clock()
    until = moment(now + resets.RESET_MS, now, me.zone, language)
    title = say(language, "shown.reset.title", name=account.name)
    lead = say(language, "shown.reset.lead", until=until)
    done = Link(say(language, "shown.done"), f"/people/members/{account.member}")
    return await page(request, shown.build(me, title, lead, address, "", done, language, here.assets))


@room.post("/{member}/second-off", right=Right("member", "change"))
async def second_off(request: Request, here: Here, access: Access) -> Response:
    """Without what makes one-time passwords, until they turn it on anew."""
    account = (await _found(request, here, access)).account
    await others.turn_off_second_step(here.gate, request, access, account.member)
    return go(request, f"/people/members/{account.member}?said=second_off")


@room.post("/{member}/sessions/end", right=Right("session", "remove"))
async def end_sessions(request: Request, here: Here, access: Access) -> Response:
    """All their devices."""
    return await _end_sessions(request, here, access, None)


@room.post("/{member}/sessions/{session}/end", right=Right("session", "remove"))
async def end_session(request: Request, here: Here, access: Access, session: str) -> Response:
    """One device."""
    return await _end_sessions(request, here, access, session)


@room.post("/{member}/end", right=Right("member", "remove"))
async def end(request: Request, here: Here, access: Access, me: Member, sent: Sent) -> Response:
    """The account: sessions and tokens with it."""
    language, known = language_of(request), await _found(request, here, access)
    read = forms.END.read(language, request.url.path, sent.typed)
    if isinstance(read, Form) or not read.sure:
        blank = forms.END.blank(language, request.url.path)
        wrong = with_error(blank, "sure", "end.sure.needed", language)
        return await _wrong(request, here, access, me, known, "end", wrong)
    if not await invitations.end_member(here.gate, request, access, known.account.member):
        raise HTTPException(404)
    return go(request, "/people?said=ended")


async def _end_sessions(request: Request, here: Services, access: Access, session: str | None) -> Response:
    account = (await _found(request, here, access)).account
    if not await others.end_sessions(here.gate, request, access, account.member, session):
        raise HTTPException(404)
    return go(request, f"/people/members/{account.member}?said=signed_out")


async def _found(request: Request, here: Services, access: Access) -> person.Known:
    """Raises HTTPException, 404, for whom the access does not reach."""
    member: str = request.path_params["member"]
    known = await PAGES.run(_known, here.records, access, member, here.clock(), language_of(request))
    if known is None:
        raise HTTPException(404)
    return known


def _known(
    records: Records, access: Access, member: str, now: int, language: Language
) -> person.Known | None:
    account = records.members.get(access, member)
    if account is None:
        return None
    try:
        sessions = records.sessions.of_member(access, member)
    except Denied:
        sessions = None
    return person.Known(account, sessions, site_names(records, access, language), now)


async def _wrong(
    request: Request, here: Services, access: Access, me: Member, known: person.Known, name: str, form: Form
) -> Response:
    return await _page(request, here, access, me, replace(known, forms={name: form}), 422)


async def _page(
    request: Request, here: Services, access: Access, me: Member, known: person.Known, status: int = 200
) -> Response:
    built = person.build(me, access, known, language_of(request), here.assets, await hidden(request))
    return await page(request, built, status)
