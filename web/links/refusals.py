"""What a visitor reads where a link opens nothing: in words, with whom to ask, and no secret in it."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from store.threads import PAGES
from web.access.rights import open_to_all
from web.http.languages import keep_language, language_of
from web.kit.render import render
from web.links import sentence
from web.links.visit import LinkEndedError, NotOpenedError
from web.services import Services


def answer_visitors(app: FastAPI, services: Services) -> None:
    """Give `app` these answers: 410 for a link that is over, 403 where none was opened. Scripts of ours look
    at the status alone."""
    icp_number = services.settings.icp_number

    async def ended(request: Request, error: Exception) -> Response:
        firm_name = error.firm_name if isinstance(error, LinkEndedError) else ""
        page = sentence.ended(language_of(request), services.assets, icp_number, firm_name)
        return await _answer(request, page, 410)

    async def not_opened(request: Request, _error: Exception) -> Response:
        page = sentence.not_opened(language_of(request), services.assets, icp_number)
        return await _answer(request, page, 403)

    app.add_exception_handler(LinkEndedError, open_to_all(ended))
    app.add_exception_handler(NotOpenedError, open_to_all(not_opened))


async def _answer(request: Request, page: sentence.SentencePage, status: int) -> Response:
    response = HTMLResponse(await PAGES.run(render, page), status)
    keep_language(request, response)
    return response
