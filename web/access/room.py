"""Routes that name their right, and the check that none is without one.

A room is `Room(prefix)`; `@room.get(path, right=Right("site", "see"))` is a route whose endpoint may take
`access: Access`, `me: Member` (who is signed in), `member: Member | None` (where nobody may be) and, where it
changes something, `sent: Sent`. Before an endpoint runs, who asks was identified, holds the right
somewhere, and a form came from our own page.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Annotated, Any, Final, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp

from store.records.access import Access, Denied
from web.access import cookies, csrf
from web.access.form import Sent, read_form
from web.access.gate import Gate, gate_of
from web.access.once import OnceRoute
from web.access.principal import NOBODY, Member, access_of
from web.access.rights import MARK, Named, Open, Right

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
#: What the framework answers by itself: a status and its name, nothing of ours.
_FRAMEWORKS: Final = ("fastapi.", "starlette.")


class RouteWithoutRight(Exception):  # noqa: N818 - what it is
    """A route, mount or answer to an error that does not say who may have it."""


class NotSignedIn(Exception):  # noqa: N818 - what it is
    """Whoever asks was not identified, and the route is not open."""


class Guard:
    """The dependency that stands before an endpoint."""

    def __init__(self, right: Named, *, asks_who: bool) -> None:
        """Without `asks_who` nothing is looked up for what anybody may have."""
        self.right: Final = right
        self._asks_who = asks_who or not isinstance(right, Open)

    async def __call__(self, request: Request) -> AsyncIterator[Access]:
        """The access of who asks. Raises NotSignedIn, Denied, csrf.ForgedError, FormError."""
        gate = gate_of(request)
        if request.method not in csrf.SAFE:
            await _check_form(request, gate)
        access = await _identified(request, gate, self.right) if self._asks_who else NOBODY
        try:
            _need(access, self.right)
            yield access
        except Denied as denied:
            if access.firm:
                gate.sights.add(gate.deed(access, request, "was_refused", request.url.path, str(denied)))
            raise
        if isinstance(self.right, Right) and request.method in csrf.SAFE:
            gate.sights.add(gate.deed(access, request, "saw", request.url.path))


class Room:
    """A router whose routes name their right. `routes` is what the table of rooms takes."""

    def __init__(self, prefix: str = "") -> None:
        self.routes: Final = APIRouter(prefix=prefix, route_class=OnceRoute)

    def get(self, path: str, *, right: Named, **options: object) -> Callable[[_Endpoint], _Endpoint]:
        """A page, or what a page asks for; HEAD too."""
        return self._route(path, right, ["GET", "HEAD"], options)

    def post(self, path: str, *, right: Named, **options: object) -> Callable[[_Endpoint], _Endpoint]:
        """What a form does."""
        return self._route(path, right, ["POST"], options)

    def _route(
        self, path: str, right: Named, methods: list[str], options: dict[str, Any]
    ) -> Callable[[_Endpoint], _Endpoint]:
        def enter(endpoint: _Endpoint) -> _Endpoint:
            guard = Depends(Guard(right, asks_who="access" in inspect.signature(endpoint).parameters))
            _provide(endpoint, guard)
            add = self.routes.api_route(path, methods=methods, dependencies=[guard], **options)
            return add(endpoint)

        return enter


def require_rights(app: FastAPI) -> None:
    """Raises RouteWithoutRight, which names the first path that names no right."""
    for path, found in _without(app):
        raise RouteWithoutRight(
            f"{path}: {found} names no right: use Room.get(…, right=Right(noun, verb)), or OPEN for what "
            "anybody may have; named(OPEN, …) for a mount or an answer to an error"
        )


def rights_of(route: BaseRoute) -> list[Named]:
    """The rights a route names."""
    return _guards(route.dependant) if isinstance(route, APIRoute) else []


def every_route(app: FastAPI, prefix: str = "") -> Iterable[tuple[str, BaseRoute]]:
    """(path, route) of an application, of its routers and of what is mounted in it."""
    yield from _routes(app.router.routes, prefix)


def _routes(routes: Iterable[BaseRoute], prefix: str) -> Iterable[tuple[str, BaseRoute]]:
    for route in routes:
        included: APIRouter | None = getattr(route, "original_router", None)
        path = prefix + str(getattr(route, "path", ""))
        if included is not None:  # what include_router leaves in the table (FastAPI since 0.13x)
            context: Any = getattr(route, "include_context", None)
            yield from _routes(included.routes, prefix + str(getattr(context, "prefix", "")))
        elif isinstance(route, Mount) and route.routes and not _is_named(route):
            yield from _routes(route.routes, path)
        else:
            yield path, route


def _without(app: FastAPI) -> Iterable[tuple[str, str]]:
    for path, route in every_route(app):
        if not rights_of(route) and not _is_named(route):
            yield path, type(route).__name__
    for error, handler in _handlers(app):
        if not (hasattr(handler, MARK) or handler.__module__.startswith(_FRAMEWORKS)):
            yield f"answer to {error}", handler.__name__


def _handlers(app: FastAPI) -> Iterable[tuple[object, Any]]:
    yield from app.exception_handlers.items()
    for route in app.routes:
        inner: ASGIApp | None = getattr(route, "app", None)
        if isinstance(route, Mount) and isinstance(inner, FastAPI):
            yield from _handlers(inner)


def _is_named(route: BaseRoute) -> bool:
    return any(hasattr(getattr(route, part, None), MARK) for part in ("app", "endpoint"))


def _guards(dependant: Dependant) -> list[Named]:
    own = [dependant.call.right] if isinstance(dependant.call, Guard) else []
    said = getattr(dependant.call, MARK, None)
    return [
        *own,
        *([said] if said else []),
        *(right for one in dependant.dependencies for right in _guards(one)),
    ]


def _provide(endpoint: Callable[..., Any], guard: object) -> None:
    """Fill the parameters `access`, `me`, `member` and `sent` of an endpoint."""
    given = {
        "access": Annotated[Access, guard],
        "member": Annotated[Member | None, Depends(_signed_in)],
        "me": Annotated[Member, Depends(_me)],
        "sent": Annotated[Sent, Depends(read_form)],
    }
    signature = inspect.signature(endpoint)
    parameters = [
        parameter.replace(annotation=given[name]) if name in given else parameter
        for name, parameter in signature.parameters.items()
    ]
    endpoint.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]


def _need(access: Access, right: Named) -> None:
    if isinstance(right, Right) and access.scope(right.noun, right.verb) is None:
        raise Denied(right.noun, right.verb, held=False)


async def _signed_in(request: Request) -> Member | None:
    return await gate_of(request).member(request)


async def _me(request: Request) -> Member:
    member = await _signed_in(request)
    if member is None or member.session.stage != "whole":
        raise NotSignedIn
    return member


async def _identified(request: Request, gate: Gate, right: Named) -> Access:
    member = await gate.member(request)
    if isinstance(right, Open):
        return NOBODY if member is None else access_of(member)
    if member is None or member.session.stage != "whole":
        raise NotSignedIn
    return access_of(member)


async def _check_form(request: Request, gate: Gate) -> None:
    """A form of somebody signed in belongs to their session, any other to the cookie of forms."""
    given = request.headers.get(csrf.HEADER) or (await read_form(request)).one(csrf.FIELD)
    member = await gate.member(request)
    secure = gate.options.secure_cookies
    secret = member.secret if member is not None else cookies.read(request, "form", secure=secure)
    csrf.check(request, secret, given, gate.options.base_url)
