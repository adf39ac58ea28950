"""Whether somebody opens a link, or something looks at it to draw a card: chats fetch every address that is
sent through them."""

from __future__ import annotations

import re
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request

#: Those that name themselves: DingTalkBot-LinkService, Slackbot, TelegramBot, Twitterbot, Discordbot,
#: Baiduspider; facebookexternalhit (iMessage's, too); SkypeUriPreview; WhatsApp, which has no browser of its
#: own. `Cubot` makes phones.
_ROBOTS: Final = re.compile(
    r"(?<!cu)bot|spider|crawl|slurp|externalhit|externalagent|externalfetcher|preview|unfurl|whatsapp"
    r"|urlscan|url2png|larkurl|snapshot|embedly|vkshare|scraper|fetcher|shareextension|iframely|bytespider",
    re.IGNORECASE,
)
#: Every browser begins so, but for the oldest of Opera Mini and UC.
_BROWSERS: Final = ("Mozilla/", "Opera/", "UCWEB")
#: Where browsers say that nobody looks yet (wicg.github.io/nav-speculation, and what was before it).
_EARLY: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")


def is_navigation(request: Request) -> bool:
    """Whether a browser is on its way to the page, at the top, because of somebody."""
    headers = request.headers
    if request.method != "GET" or any(headers.get(name) for name in _EARLY):
        return False
    return _is_browser(headers) and _is_top(headers)


def _is_browser(headers: Headers) -> bool:
    calls_itself = headers.get("user-agent", "")
    if not calls_itself.startswith(_BROWSERS) or _ROBOTS.search(calls_itself):
        return False
    return any(kind in headers.get("accept", "") for kind in ("text/html", "*/*"))


def _is_top(headers: Headers) -> bool:
    """By Fetch Metadata (w3.org/TR/fetch-metadata); a browser from before 2023 says nothing of it."""
    mode, place = headers.get("sec-fetch-mode", "navigate"), headers.get("sec-fetch-dest", "document")
    return (mode, place) == ("navigate", "document")
