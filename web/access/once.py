"""A form that is sent twice is done once: the second POST gets the first one's answer, also while that runs.

Of somebody signed in it is so across a restart and in another process: what was begun stands in the records
(`store.records.forms_done`), and where it led. Of whoever is at the door it is in the memory of one process:
a flood of sign-ins is to cost no writes.

What is in the memory may be a secret that was shown once: it is given again only to the browser that it was
given to, as long as that is signed in.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from store.records.forms_done import FormsDone
from store.threads import PAGES
from web.access import cookies, csrf
from web.access.form import FormError, read_form
from web.access.gate import gate_of
from web.kit.once import KEY_FIELD, is_key

#: Answers kept in memory: the oldest go first.
MOST_KEPT: Final = 2_000
MOST_BYTES: Final = 8_000_000
#: A longer answer is not kept: whoever sends its form again is told that it was done.
LONGEST_BYTES: Final = 65_536


class DoneBefore(Exception):  # noqa: N818 - what it is
    """A form that was sent before, whose answer is no longer there to be given again."""


Act = Callable[[], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sends a form. `session`: the secret of their browser, None without one; `holds`: whether the
    session of a secret is not over."""

    session: str | None
    holds: Callable[[str], Awaitable[bool]]


async def _none_holds(_secret: str) -> bool:
    return False


NOBODY: Final = Asker(None, _none_holds)


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, the session that asked for it and the one it goes on with: a new one where it began one."""

    answer: Response
    asked_with: str | None
    goes_on_with: str | None

    async def is_for(self, asker: Asker) -> bool:
        """Whether it may be given again."""
        if self.goes_on_with is None:
            return True
        own = asker.session in {self.asked_with, self.goes_on_with}
        return own and await asker.holds(self.goes_on_with)


class Answers:
    """Lives in the event loop."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, asyncio.Future[Kept | None]] = OrderedDict()
        self._bytes = 0

    async def once(self, key: bytes, act: Act, asker: Asker = NOBODY) -> Response:
        """What `act` answers the first time. Where it fails, or refuses, the next one may try again."""
        while (first := self._kept.get(key)) is not None:
            if (kept := await asyncio.shield(first)) is not None:
                return _copy(kept.answer) if await kept.is_for(asker) else await act()
        self._kept[key] = first = asyncio.get_running_loop().create_future()
        answer = None
        try:
            answer = await act()
        finally:
            done = answer is not None and _is_kept(answer)
            if not done and self._kept.get(key) is first:
                del self._kept[key]
            first.set_result(_kept(answer, asker) if done and answer is not None else None)
            self._bytes += _size(first) if self._kept.get(key) is first else 0
            self._forget()
        return answer

    def _forget(self) -> None:
        while len(self._kept) > self._most or self._bytes > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= _size(oldest)


class OnceRoute(APIRoute):
    """A route whose forms are done once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook: the handler of this route, with the memory before it."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            key = await _key(request)
            if key is None:
                return await handle(request)
            answers: Answers = request.app.state.answers
            return await answers.once(key, lambda: _durably(request, key, handle), _asker(request))

        return handle_once


async def _durably(
    request: Request, key: bytes, handle: Callable[[Request], Awaitable[Response]]
) -> Response:
    """What the route answers the first time; later, where that led. Raises DoneBefore where it was a page."""
    gate = gate_of(request)
    member = await gate.member(request)
    if member is None:
        return await handle(request)
    forms, firm = gate.store.forms_done, member.account.firm
    before = await PAGES.run(forms.claim, firm, key, gate.clock())
    if before is not None:
        if not before.location:
            raise DoneBefore
        return RedirectResponse(before.location, 303)
    try:
        answer = await handle(request)
    except Exception:  # nothing was answered, so it may be tried again; not so where who asked went away
        await PAGES.run(forms.release, firm, key)
        raise
    await _settle(forms, firm, key, answer)
    return answer


async def _settle(forms: FormsDone, firm: str, key: bytes, answer: Response) -> None:
    if answer.status_code >= 400:
        await PAGES.run(forms.release, firm, key)
    else:
        await PAGES.run(forms.finish, firm, key, answer.headers.get("location", ""))


async def _key(request: Request) -> bytes | None:
    """Of this form at this place, with the token that binds it to a browser; None for what has none."""
    if request.method in csrf.SAFE:
        return None
    try:
        sent = await read_form(request)
    except FormError:
        return None  # whoever reads it says what is wrong
    if not is_key(once := sent.one(KEY_FIELD)):
        return None
    named = "\0".join((request.url.path, once, sent.one(csrf.FIELD)))
    return hashlib.sha256(named.encode("utf-8", "replace")).digest()


def _is_kept(answer: Response) -> bool:
    """What was done, and is short."""
    body = getattr(answer, "body", None)
    return answer.status_code < 400 and isinstance(body, bytes) and len(body) <= LONGEST_BYTES


def _size(first: asyncio.Future[Kept | None]) -> int:
    kept = first.result() if first.done() and not first.cancelled() else None
    return 0 if kept is None else len(kept.answer.body)


def _asker(request: Request) -> Asker:
    gate = gate_of(request)

    async def holds(secret: str) -> bool:
        return await PAGES.run(gate.lookup, secret) is not None

    return Asker(cookies.read(request, "session", secure=gate.options.secure_cookies), holds)


def _kept(answer: Response, asker: Asker) -> Kept:
    """A copy: on its way out the answer's own headers are changed by what compresses it."""
    return Kept(_copy(answer), asker.session, _begun(answer) or asker.session)


def _begun(answer: Response) -> str | None:
    """The secret of the session that an answer begins."""
    names = [cookies.name_of("session", secure=secure) for secure in (True, False)]
    for line in answer.headers.getlist("set-cookie"):
        found = SimpleCookie(line)
        if value := next((found[name].value for name in names if name in found), ""):
            return value
    return None


def _copy(answer: Response) -> Response:
    copy = Response(answer.body, answer.status_code)
    copy.raw_headers = list(answer.raw_headers)
    return copy
