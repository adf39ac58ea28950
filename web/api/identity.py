"""Who asks: an API token, its firm and scopes; and the one place where a firm meets a site."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Final

from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from store.records.access import Access
from store.records.registry import SCOPES, Site, Token
from store.records.seen import Seen
from store.records.tenancy import SiteRef
from store.threads import API
from web.access.principal import access_of
from web.access.rights import Right, named, of_scopes
from web.access.tokens import machine_of
from web.api.sources import From, Sources
from web.http.problem_details import Problem
from web.http.rate import Buckets
from wire.identifiers import ID_PATTERN

REALM: Final = "plumbline"
_SITES_A_STEP: Final = 1_000
#: When a token was used last is told to the minute.
_TOUCH_MS: Final = 60_000

bearer: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="pl_…",
    description="A token of your firm, `Authorization: Bearer pl_…`. Scopes: " + ", ".join(SCOPES) + ".",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


@dataclass(frozen=True, slots=True)
class Identity:
    """A token that is valid now. `needed`: the scopes that the route asks for."""

    token: int
    firm: str
    access: Access
    needed: tuple[str, ...] = ()

    def reaches(self, site: str) -> bool:
        """Whether the token may there what the route needs; one's own alone is not a site's."""
        rights = of_scopes(["site:see", *self.needed])
        return all(self.access.may(noun, verb, site=site) for noun, verb in rights)


@dataclass(frozen=True, slots=True)
class Place:
    """A site that whoever asks may ask about, and what they see of the registry."""

    site: Site
    seen: Seen

    @property
    def id(self) -> SiteRef:
        """The site's."""
        return self.site.id

    @property
    def timezone(self) -> str:
        """The site's."""
        return self.site.timezone


@partial(named, Right("site", "see"))
async def identify(
    request: Request, needed: SecurityScopes, credentials: Credentials, sources: From
) -> Identity:
    """Who asks. Refuses with 401 without a valid token, 429 above the rate, 403 without a needed scope."""
    if credentials is None:
        raise _unauthorized("No token was sent.", error=None)
    identity = await _valid(credentials.credentials, sources)
    buckets: Buckets = request.app.state.buckets
    if wait_s := buckets.take(identity.token):
        raise Problem(
            "too-many-requests",
            "This token asks more often than it may.",
            headers={"Retry-After": str(math.ceil(wait_s))},
        )
    missing = [scope for scope in needed.scopes if not _holds(identity.access, scope)]
    if missing:
        raise _without(missing[0])
    return replace(identity, needed=tuple(needed.scopes))


async def identify_if_sent(
    request: Request, needed: SecurityScopes, credentials: Credentials, sources: From
) -> Identity | None:
    """For what is public in part: None without a token; a token that is sent must be valid all the same."""
    return None if credentials is None else await identify(request, needed, credentials, sources)


async def site_of(
    site: Annotated[
        str, Path(pattern=ID_PATTERN, description="A site of your firm.", examples=["fenglin-18"])
    ],
    identity: Annotated[Identity, Security(identify)],
    sources: From,
) -> Place:
    """The one filter between a firm and a site: another firm's is as absent as one that does not exist."""
    return await own_site(identity, site, sources)


async def own_site(identity: Identity, site: str, sources: From) -> Place:
    """As `own`, from the event loop."""
    return await API.run(own, identity, site, sources)


def own(identity: Identity, site: str, sources: Sources) -> Place:
    """The site if it is the firm's. Blocking. Raises Problem, 404."""
    seen = sources.records.seen_by(identity.access)
    found = seen.sites.get(site)
    if found is None or not identity.reaches(site):
        raise Problem("not-found", f"Your firm has no site {site!r}; /api/v1/sites lists those it has.")
    return Place(found, seen)


def all_own(identity: Identity, sources: Sources) -> Iterator[Site]:
    """All sites of the firm, also those that are no more. Blocking."""
    after = ""
    seen = sources.records.seen_by(identity.access)
    while found := seen.sites.all(limit=_SITES_A_STEP, after=after, retired=True):
        yield from (site for site in found if identity.reaches(site.id))
        after = found[-1].id


AnyToken = Annotated[Identity, Security(identify)]
TelemetryToken = Annotated[Identity, Security(identify, scopes=["telemetry:read"])]
TelemetrySite = Annotated[Place, Security(site_of, scopes=["telemetry:read"])]
EventsSite = Annotated[Place, Security(site_of, scopes=["events:read"])]
QuarantineToken = Annotated[Identity, Security(identify, scopes=["quarantine:read"])]
QuarantineWriter = Annotated[Identity, Security(identify, scopes=["quarantine:write"])]
MetersToken = Annotated[Identity, Security(identify, scopes=["meters:write"])]
MetersSite = Annotated[Place, Security(site_of, scopes=["meters:write"])]
TokenIfSent = Annotated[Identity | None, Depends(identify_if_sent)]


async def _valid(secret: str, sources: From) -> Identity:
    try:
        machine = await API.run(machine_of, sources.tokens, sources.accounts, secret)
    except ValueError as error:
        raise _unauthorized("This is no token: pl_ and 43 characters are wanted.") from error
    if machine is None:
        raise _unauthorized("The token is not known.")
    if (over := _over(machine.token, sources.clock())) is not None:
        raise _unauthorized(over)
    if sources.clock() - (machine.token.used or 0) >= _TOUCH_MS:
        await API.run(sources.tokens.touch, machine.token, sources.clock())
    return Identity(machine.token.id, machine.token.firm, access_of(machine))


def _holds(access: Access, scope: str) -> bool:
    """Whether a token may what a scope names, on some site at least; on which, `own` looks."""
    return all(access.scope(noun, verb) not in {None, "own"} for noun, verb in of_scopes([scope]))


def _over(token: Token, now: int) -> str | None:
    if token.revoked is not None and token.revoked <= now:
        return "The token was revoked."
    if token.expires is not None and token.expires <= now:
        return "The token has expired."
    return None


def _unauthorized(detail: str, error: str | None = "invalid_token") -> Problem:
    """RFC 6750 §3: no error code where no token was sent."""
    challenge = f'Bearer realm="{REALM}"'
    if error:
        challenge += f', error="{error}", error_description="{detail}"'
    return Problem("unauthorized", detail, headers={"WWW-Authenticate": challenge})


def _without(scope: str) -> Problem:
    challenge = f'Bearer realm="{REALM}", error="insufficient_scope", scope="{scope}"'
    detail = f"The token lacks the scope {scope}."
    return Problem("missing-scope", detail, headers={"WWW-Authenticate": challenge})
