"""The one filter between a visitor and a site: every page, picture, export and stream of a customer asks
here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from store.records.links import Link
from store.records.openings import Opening
from store.threads import PAGES
from web.access.rights import Right, named
from web.access.secret import digest
from web.customer.project import Project
from web.http.addresses import visitor
from web.links import cookie
from web.services import Here, Services
from wire.durations import HOUR_MS

#: The pages of a project, without a secret in them. A project's id is its firm's own.
PREFIX: Final = "/c/{firm}/{project}"
#: When a browser was used last is told to the hour: nobody needs to know more.
_TOUCH_MS: Final = HOUR_MS


class NotOpenedError(Exception):
    """The browser has not opened a link of this project, or kept nothing of it."""


@dataclass
class LinkEndedError(Exception):
    """Its link is over or was taken back; `firm_name` is whom to ask for a new one."""

    firm_name: str


def address_of(project: Project) -> str:
    """Where its pages are."""
    return PREFIX.format(firm=project.firm, project=project.id)


@partial(named, Right("project", "see"))
async def project_of(request: Request, firm: str, project: str, here: Here) -> Project:
    """The project of the address, for a browser that has opened a link of it which still holds. Raises
    NotOpenedError, LinkEndedError."""
    secrets = cookie.read(request, secure=here.settings.secure_cookies)
    if not secrets:
        raise NotOpenedError
    refuse_who_guesses(request, here)
    found = await PAGES.run(here.records.openings.look, firm, project, [digest(one) for one in secrets])
    if not found:
        here.guesses.missed(visitor(request))
        raise NotOpenedError
    now = here.clock()
    known = here.projects.of(firm, project)
    open_ = [(opening, link) for opening, link in found if link.opens(now)]
    if not open_ or known is None:
        raise await ended(here, found[0][1])
    await _touch(here, open_[0][0], now)
    return known


Opened = Annotated[Project, Depends(project_of)]


def refuse_who_guesses(request: Request, here: Services) -> None:
    """Raises HTTPException 429: a right guess among wrong ones opens nothing either."""
    if wait_s := here.guesses.refuse_for_s(visitor(request)):
        raise HTTPException(429, headers={"Retry-After": str(math.ceil(wait_s))})


async def ended(here: Services, link: Link) -> LinkEndedError:
    """What is said of a link that was good once."""
    return LinkEndedError(await PAGES.run(here.records.accounts.firm_name, link.firm) or "")


async def _touch(here: Services, opening: Opening, now: int) -> None:
    if now - opening.seen >= _TOUCH_MS:
        await PAGES.run(here.records.openings.touch, opening, now)
