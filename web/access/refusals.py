"""What people read when the gate refuses: sign in first, not yours, a form that is not ours or too old."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from store.records.access import Denied
from web.access import csrf
from web.access.form import FormError, Sent
from web.access.gate import gate_of
from web.access.once import DoneBefore
from web.access.page import go, hidden, page
from web.access.redirect import with_next
from web.access.rights import open_to_all
from web.access.room import NotSignedIn
from web.door import view
from web.door.words import say
from web.http.assets import Assets
from web.http.languages import language_of
from web.kit.form import Field, Form
from web.kit.link import Link

#: Not sent back to be sent again: secrets, and what every form has of its own.
_KEPT_BACK = ("password", "code", csrf.FIELD, "once")


def answer_gate(app: FastAPI, assets: Assets) -> None:
    """Give `app` the answers of the gate; whoever asks for data gets a status alone."""

    async def sign_in_first(request: Request, _error: Exception) -> Response:
        if not _is_page(request):
            return JSONResponse({"error": "sign in first"}, 401)
        return go(request, with_next("/door/sign-in", _address(request)))

    async def denied(request: Request, error: Exception) -> Response:
        """Of a right that is held elsewhere nothing is told, not even whether there is such a row."""
        held = isinstance(error, Denied) and error.held
        if held:
            answer = app.exception_handlers[404](request, error)
            return answer if isinstance(answer, Response) else await answer
        if not _is_page(request):
            return JSONResponse({"error": "not yours"}, 403)
        return await _say(request, assets, "refused", 403)

    async def forged(request: Request, _error: Exception) -> Response:
        sent: Sent | None = getattr(request.state, "sent", None)
        if sent is None or not csrf.from_here(request, gate_of(request).options.base_url):
            return await _say(request, assets, "forged", 403)
        return await _again(request, assets, sent)

    async def done_before(request: Request, _error: Exception) -> Response:
        return await _say(request, assets, "done", 409)

    async def no_form(request: Request, _error: Exception) -> Response:
        return await _say(request, assets, "forged", 400)

    app.add_exception_handler(NotSignedIn, open_to_all(sign_in_first))
    app.add_exception_handler(Denied, open_to_all(denied))
    app.add_exception_handler(csrf.ForgedError, open_to_all(forged))
    app.add_exception_handler(DoneBefore, open_to_all(done_before))
    app.add_exception_handler(FormError, open_to_all(no_form))


async def _again(request: Request, assets: Assets, sent: Sent) -> Response:
    """What was typed, to be sent once more with a token of now; passwords and codes are typed again."""
    language = language_of(request)
    kept = tuple(
        Field(name, "", "hidden", value)
        for name, values in sent.typed.items()
        for value in values
        if not any(part in name for part in _KEPT_BACK)
    )
    form = Form(_address(request), say(language, "expired.submit"), kept).guarded(await hidden(request))
    title, lead = say(language, "expired.title"), say(language, "expired.lead")
    return await page(request, view.build(language, assets, title, lead, form), 403)


async def _say(request: Request, assets: Assets, why: str, status: int) -> Response:
    language = language_of(request)
    ways = (Link(say(language, "back"), "/"),)
    title, lead = say(language, f"gate.{why}.title"), say(language, f"gate.{why}.lead")
    return await page(request, view.build(language, assets, title, lead, ways=ways), status)


def _address(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _is_page(request: Request) -> bool:
    """Whether somebody looks at it, rather than a script of ours or a program."""
    if request.headers.get("sec-fetch-dest", "document") != "document":
        return False
    return "text/html" in request.headers.get("accept", "text/html")
