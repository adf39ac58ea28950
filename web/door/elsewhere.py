"""The doors that lead over another provider and back."""

from __future__ import annotations

import math

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from store.records.accounts import LoginTakenError
from web.access import csrf, oidc, sign_in
from web.access.cookies import name_of
from web.access.page import go, page
from web.access.principal import Member
from web.access.redirect import ours
from web.access.rights import OPEN
from web.access.room import Room
from web.door import view
from web.door.words import say
from web.http.addresses import visitor
from web.http.languages import language_of
from web.kit.link import Link
from web.services import Here, Services
from web.settings import Provider

room = Room("/door")
routes = room.routes
CALLBACK = "/door/callback"
ACCOUNT = "/account"


@room.get("/with/{provider}", right=OPEN)
async def begin(
    request: Request,
    here: Here,
    member: Member | None,
    provider: str,
    next: str = "/",  # noqa: A002 - the name in the address
    invitation: str | None = None,
    tie: str | None = None,
) -> Response:
    """Off to the provider. `tie`: to bind it to the account that is signed in, whose page says it."""
    known = provider_of(here, provider)
    if tie is not None and not _may_tie(member, tie):
        return go(request, ACCOUNT)
    if wait_s := here.departures.take(visitor(request)):
        return await _later(request, here, math.ceil(wait_s))
    whose = member.account if tie is not None and member is not None else None
    purpose = oidc.Purpose(
        ours(next), invitation, whose.firm if whose else None, whose.member if whose else None
    )
    try:
        begun = await oidc.PROVIDERS.run(oidc.begin, here.gate, known, purpose, _back(request, here))
    except oidc.ProviderError:
        return await _sorry(request, here, "provider")
    response = RedirectResponse(begun.address, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        _cookie(here),
        begun.cookie,
        oidc.UNDER_WAY_MS // 1_000,
        secure=here.settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )
    return response


@room.get("/callback", right=OPEN)
async def back(
    request: Request, here: Here, member: Member | None, state: str = "", code: str = ""
) -> Response:
    """Back from the provider, signed in or not."""
    cookie = request.cookies.get(_cookie(here))
    try:
        account, path = await oidc.PROVIDERS.run(oidc.finish, here.gate, state, code, cookie, member)
    except oidc.ProviderError:
        return await _sorry(request, here, "provider")
    except oidc.StrangerError:
        return await _sorry(request, here, "stranger")
    except LoginTakenError:
        return await _sorry(request, here, "taken")
    response = go(request, path, await sign_in.enter(here.gate, request, account, "whole"))
    response.delete_cookie(_cookie(here), secure=here.settings.secure_cookies, httponly=True)
    return response


def _may_tie(member: Member | None, given: str) -> bool:
    return member is not None and member.session.stage == "whole" and csrf.is_tie_token(member.secret, given)


def provider_of(here: Services, provider: str) -> Provider:
    """The provider of this id. Raises HTTPException, 404."""
    for known in here.settings.providers:
        if known.id == provider:
            return known
    raise HTTPException(404)


def _back(request: Request, here: Services) -> str:
    base = here.settings.base_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
    return base.rstrip("/") + CALLBACK


def _cookie(here: Services) -> str:
    return name_of("elsewhere", secure=here.settings.secure_cookies)


async def _later(request: Request, here: Services, wait_s: int) -> Response:
    response = await _sorry(request, here, "later", 429, wait_s=wait_s)
    response.headers["Retry-After"] = str(wait_s)
    return response


async def _sorry(request: Request, here: Services, why: str, status: int = 400, **values: object) -> Response:
    language = language_of(request)
    ways = (Link(say(language, "back"), "/door/sign-in"),)
    title = say(language, "sign_in.title")
    built = view.build(language, here.assets, title, say(language, why, **values), ways=ways)
    return await page(request, built, status)
