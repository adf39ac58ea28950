"""A page of the house's own people: hidden fields for its forms, and the headers a page with forms needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from store.threads import PAGES
from web.access import cookies, csrf
from web.access.gate import Gate, gate_of
from web.access.redirect import ours
from web.access.secret import make_secret
from web.access.sign_in import In
from web.http.headers import policy
from web.http.languages import keep_language
from web.kit.act import Hidden
from web.kit.frame import with_icp_number
from web.kit.once import KEY_FIELD, new_key
from web.kit.render import render

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: `no-referrer` would make browsers send `Origin: null` with a form (fetch.spec.whatwg.org, "append a request
#: Origin header"), by which ours could not be told from another's.
_HEADERS: Final = {
    "Content-Security-Policy": policy(forms=True),
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language, Cookie",
}


async def hidden(request: Request) -> Hidden:
    """The token against forgery and a key of idempotency, for each form of a page."""
    gate = gate_of(request)
    member = await gate.member(request)
    secret = member.secret if member is not None else _form_secret(request, gate)
    return ((csrf.FIELD, csrf.token_of(secret)), (KEY_FIELD, new_key()))


async def page(request: Request, view: DataclassInstance, status: int = 200) -> Response:
    """The page of a view, rendered off the event loop."""
    filed = with_icp_number(view, gate_of(request).options.icp_number)
    response = HTMLResponse(await PAGES.run(render, filed), status, _HEADERS)
    if made := getattr(request.state, "form_secret", None):
        cookies.put(response, "form", made, secure=gate_of(request).options.secure_cookies)
    keep_language(request, response)
    return response


def go(request: Request, path: str, entered: In | None = None) -> Response:
    """On to an address of ours, after a form; with a session where one was begun."""
    response = RedirectResponse(ours(path), 303, _HEADERS)
    return response if entered is None else keep_in(request, response, entered)


def keep_in(request: Request, response: Response, entered: In) -> Response:
    """The browser keeps its session; that of forms before there was one is over."""
    secure = gate_of(request).options.secure_cookies
    cookies.put(response, "session", entered.secret, secure=secure, max_age_s=_AGE_S)
    cookies.drop(response, "form", secure=secure)
    return response


def out(request: Request, path: str) -> Response:
    """Signed out, and on to an address of ours; the browser forgets what it has kept of us."""
    response = go(request, path)
    cookies.drop(response, "session", secure=gate_of(request).options.secure_cookies)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _form_secret(request: Request, gate: Gate) -> str:
    known = cookies.read(request, "form", secure=gate.options.secure_cookies)
    if known is None:
        known = getattr(request.state, "form_secret", None)
        known = request.state.form_secret = known or make_secret()
    return known


#: As long as a session at the longest.
_AGE_S: Final = 30 * 86_400
