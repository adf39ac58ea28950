"""The API as an application of its own, mounted at /api: every refusal below it is a problem (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from store.records.registry import Scope
from web.access.rights import open_to_all
from web.api import (
    agents,
    devices,
    events,
    exchanges,
    gaps,
    health,
    latest,
    problems,
    quantities,
    quarantine,
    readings,
    sites,
    windows,
)
from web.api.guard import Guard
from web.api.operations import Operations
from web.api.sources import Sources
from web.api.unchanging import Unchanging
from web.http.problem_details import (
    KINDS,
    MEDIA_TYPE,
    Fault,
    Problem,
    ProblemDetails,
    answer_in_problems,
    choice,
    shown,
)
from web.http.rate import Buckets, Rate

VERSION: Final = "1.0.0"
PREFIX: Final = "/v1"
#: One line a resource.
RESOURCES: Final = (
    sites.routes, devices.routes, quantities.routes, latest.routes, windows.routes,
    readings.routes, exchanges.routes, events.routes, agents.routes, gaps.routes,
    quarantine.routes, health.routes, problems.routes,
)  # fmt: skip
TAGS: Final = [
    {"name": "sites", "description": "The places of your firm and what is read there."},
    {"name": "quantities", "description": "What is measured, in which unit."},
    {"name": "readings", "description": "Readings: the newest, aggregated, and every one."},
    {"name": "events", "description": "What happened. Badges are keyed pseudonyms."},
    {"name": "agents", "description": "The edge agents, and what of their batches is missing."},
    {"name": "quarantine", "description": "What could not be accepted, and why."},
    {"name": "health", "description": "Whether the server is well."},
    {"name": "problems", "description": "What an error means."},
]
DESCRIPTION: Final = """\
Readings and events of your firm's sites. Times are UTC milliseconds; values are in the unit of their
quantity.

**Tokens.** `Authorization: Bearer pl_…`; each route names the scope it needs. A site of another firm is as
absent as one that does not exist.

**Lists** come in pages: `limit`, `cursor`; the answer has `items` and `next` (null on the last page), and a
Link header with the next page's address.

**Refusals** are problem details (RFC 9457): 422 for a parameter that is not as documented here, 400 for
parameters that break a rule no schema can say, each with what was given, the rule and the remedy.
"""
#: Refusals that any route may give; those of the firm's own data besides.
_EVERYWHERE: Final = ("rule", "not-found", "method-not-allowed", "not-acceptable", "body-too-large",
                      "address-too-long", "parameter", "internal", "store-away")  # fmt: skip
#: FastAPI knows no optional security.
_PUBLIC_IN_PART: Final[list[dict[str, list[Scope]]]] = [{}, {"token": ["health:read"]}]
_WITH_TOKEN: Final = ("unauthorized", "missing-scope", "too-many-requests")


def create_api(
    sources: Sources, rate: Rate | None = None, resources: Iterable[APIRouter] = RESOURCES
) -> FastAPI:
    """The application; mount it at /api. `rate` is how often one token may ask."""
    api = FastAPI(
        title="Plumbline",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(only_documented)],
    )
    api.state.sources = sources
    api.state.buckets = Buckets(rate or Rate())
    api.add_middleware(Guard)
    for resource in resources:
        api.include_router(resource, prefix=PREFIX)
    document = _own_document() if resources is RESOURCES else _document(resources)
    api.state.operations = operations = Operations(document)
    answer_in_problems(api, operations.methods)
    api.include_router(_document_route(document), prefix=PREFIX)
    return api


def only_documented(request: Request) -> None:
    """Refuses, 422, a query parameter that the document does not name: a typo would else change nothing."""
    operations: Operations = request.app.state.operations
    known = operations.parameters(PREFIX + request.scope["route"].path_format, request.method)
    strangers = [name for name in request.query_params if name not in known]
    if strangers:
        raise Problem(
            "parameter",
            f"{shown(strangers[0])}: is no parameter here, {choice(strangers[0], sorted(known))}.",
            errors=[_stranger(name, sorted(known)) for name in strangers],
        )


def _stranger(name: str, known: list[str]) -> Fault:
    remedy = choice(name, known)
    return Fault(parameter=shown(name), place="query", rule="is no parameter here", remedy=remedy)


def _document_route(document: dict[str, Any]) -> APIRouter:
    routes = APIRouter()
    fixed = Unchanging(json.dumps(document, ensure_ascii=False).encode(), "application/json")

    @routes.get("/openapi.json", include_in_schema=False)
    @open_to_all
    async def openapi(request: Request) -> Response:
        return fixed.answer(request)

    return routes


@cache
def _own_document() -> dict[str, Any]:
    """That of `RESOURCES`. It takes 0.15 s and is always the same, so it is made once."""
    return _document(RESOURCES)


def _document(resources: Iterable[APIRouter]) -> dict[str, Any]:
    """The OpenAPI document, with the refusals declared on every operation."""
    described = APIRouter()
    for resource in resources:
        described.include_router(resource, prefix=PREFIX)
    document: dict[str, Any] = get_openapi(
        title="Plumbline",
        version=VERSION,
        description=DESCRIPTION,
        tags=TAGS,
        routes=described.routes,
        servers=[{"url": "/api"}],
    )
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    template = "#/components/schemas/{model}"
    details = ProblemDetails.model_json_schema(ref_template=template)
    schemas |= details.pop("$defs") | {"ProblemDetails": details}
    for operations in document["paths"].values():
        for operation in operations.values():
            _declare(operation)
    document["paths"]["/v1/health"]["get"]["security"] = _PUBLIC_IN_PART
    return document


def _declare(operation: dict[str, Any]) -> None:
    kinds = [*_EVERYWHERE, *(_WITH_TOKEN if operation.get("security") else ())]
    responses = operation["responses"]
    responses.pop("422", None)
    for kind in kinds:
        row = KINDS[kind]
        declared = responses.setdefault(str(row.status), {"description": row.title})
        content = declared.setdefault("content", {})
        content[MEDIA_TYPE] = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    operation["responses"] = dict(sorted(responses.items()))
