"""API tokens: seen, made, revoked."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from starlette.responses import Response

from store.records.access import Access
from store.records.records import Records
from store.threads import PAGES
from web.access import tokens
from web.access.form import Sent
from web.access.page import go, hidden, page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.kit.form import Form
from web.people.zone import day_of
from web.services import Here, Services
from web.tokens import shown, view
from web.tokens.words import say

room = Room(view.PATH)
routes = room.routes
_SAID = frozenset({"revoked"})


@room.get("", right=Right("token", "see"))
async def token_list(request: Request, here: Here, access: Access, me: Member) -> Response:
    """One's own, and by right the firm's."""
    return await _page(request, here, access, me, None, 200)


@room.post("", right=Right("token", "add"))
async def make(request: Request, here: Here, access: Access, me: Member, sent: Sent) -> Response:
    """The secret, shown once."""
    language = language_of(request)
    made = view.form_of(access, language)
    read = made.read(language, view.PATH, sent.typed)
    if isinstance(read, Form):
        return await _page(request, here, access, me, read, 422)
    try:
        secret, token = await tokens.make(
            here.gate, request, access, read.name, frozenset(read.scopes), int(read.days)
        )
    except tokens.TooManyTokensError:
        form = made.blank(language, view.PATH, read.model_dump())
        many = form.with_errors({}, "", say(language, "make.many"))
        return await _page(request, here, access, me, many, 422)
    until = day_of(token.expires or 0, here.clock(), me.zone, language)
    return await page(request, shown.build(me, token.name, secret, until, language, here.assets))


@room.post("/{token_id}/revoke", right=Right("token", "remove"))
async def revoke(request: Request, here: Here, access: Access, token_id: str) -> Response:
    """It opens nothing from now on."""
    known = token_id.isascii() and token_id.isdigit() and len(token_id) < 16
    if not known or not await tokens.revoke(here.gate, request, access, int(token_id)):
        raise HTTPException(404)
    return go(request, f"{view.PATH}?said=revoked")


async def _page(
    request: Request, here: Services, access: Access, me: Member, form: Form | None, status: int
) -> Response:
    language = language_of(request)
    known = await PAGES.run(_known, here.records, access, here.clock(), me.zone)
    asked = request.query_params.get("said", "")
    said = f"said.{asked}" if asked in _SAID else ""
    guarded = await hidden(request)
    built = view.build(me, access, known, form, language, here.assets, guarded, said)
    return await page(request, built, status)


def _known(records: Records, access: Access, now: int, zone: ZoneInfo) -> view.Known:
    may = access.scope("member", "see") is not None
    names = {one.member: one.name for one in records.members.all(access)} if may else {}
    return view.Known(records.tokens.all(access), names, now, zone)
