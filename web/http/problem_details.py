"""What the API says when it cannot: problem details (RFC 9457), one table of kinds."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from store.errors import StoreError
from web.access.rights import open_to_all
from wire.printable import printable

LOGGER: Final = logging.getLogger("plumbline.web.api")
MEDIA_TYPE: Final = "application/problem+json"
#: Where a kind of problem is explained; also its `type`.
TYPE_PREFIX: Final = "/api/v1/problems/"
#: A store that is away is usually back after a restart; a page asks again as late.
STORE_RETRY_AFTER_S: Final = 10
#: Of what was given, this much is told back.
_SHOWN: Final = 100


class Fault(BaseModel):
    """One parameter that was refused."""

    model_config = ConfigDict(frozen=True)

    parameter: Annotated[str, Field(description="Its name.", examples=["limit"])]
    place: Annotated[str, Field(description="query, path or header.", examples=["query"])]
    given: Annotated[str | None, Field(description="What was given, shortened.", examples=["100000"])] = None
    rule: Annotated[str, Field(description="What it must be.", examples=["at most 1000"])]
    remedy: Annotated[str, Field(description="What to do.", examples=["ask for fewer, follow `next`"])]


class ProblemDetails(BaseModel):
    """RFC 9457, with the refused parameters in `errors`."""

    model_config = ConfigDict(frozen=True)

    type: Annotated[str, Field(description="The kind; this address explains it.")]
    title: Annotated[str, Field(description="The kind in words.")]
    status: Annotated[int, Field(description="The HTTP status.", ge=400, le=599)]
    detail: Annotated[str, Field(description="What is wrong here.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    errors: Annotated[list[Fault], Field(description="Parameters that were refused.")] = []


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row of the table: `remedy` holds for all problems of the kind."""

    status: int
    title: str
    remedy: str


KINDS: Final[dict[str, ProblemKind]] = {
    "parameter": ProblemKind(422, "A parameter is not as documented", "Compare with /api/v1/openapi.json."),
    "rule": ProblemKind(
        400, "The parameters break a rule", "The detail names the rule and the way round it."
    ),
    "cursor": ProblemKind(
        400, "The cursor is not valid here", "Begin again without cursor, or follow `next` as is."
    ),
    "unauthorized": ProblemKind(401, "A valid token is needed", "Send `Authorization: Bearer pl_…`."),
    "missing-scope": ProblemKind(
        403, "The token lacks a scope", "Ask your firm for a token with this scope."
    ),
    "not-found": ProblemKind(404, "There is nothing here", "Look at the list one level above."),
    "method-not-allowed": ProblemKind(
        405, "The method is not allowed", "The Allow header names those that are."
    ),
    "not-acceptable": ProblemKind(
        406, "No such representation", "Accept application/json, or text/csv if offered."
    ),
    "body-too-large": ProblemKind(413, "The request has too large a body", "Requests that read need none."),
    "address-too-long": ProblemKind(414, "The address is too long", "Ask for fewer series in one call."),
    "too-many-requests": ProblemKind(429, "Too many requests", "Wait as long as Retry-After says (s)."),
    "internal": ProblemKind(500, "Something went wrong on our side", "Try again; tell us if it stays."),
    "store-away": ProblemKind(503, "A store does not answer", "Try again after Retry-After (s)."),
}
_DETAILS: Final = {"body-too-large": "The body is larger than this takes."}
#: pydantic's names for the bounds of a number, a text or a list.
_BOUNDS: Final = ("ge", "le", "max_length", "min_length")
_BY_STATUS: Final = {404: "not-found", 406: "not-acceptable", 413: "body-too-large"}


class Problem(Exception):  # noqa: N818 - the word of RFC 9457
    """A refusal of kind `kind` (a key of KINDS). Raises KeyError for a kind that is not in the table."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = KINDS[kind]
        self.type = TYPE_PREFIX + kind
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def answer(self, instance: str) -> Response:
        """The response for a request to `instance` (a path)."""
        details = ProblemDetails(
            type=self.type,
            title=self.kind.title,
            status=self.kind.status,
            detail=self.detail,
            instance=printable(instance),
            errors=self.errors,
        )
        return Response(details.model_dump_json(), self.kind.status, self.headers, MEDIA_TYPE)


def rule(parameter: str, given: object, rule_: str, remedy: str) -> Problem:
    """A refusal for what no schema can say, of one query parameter."""
    fault = Fault(parameter=parameter, place="query", given=shown(given), rule=rule_, remedy=remedy)
    return Problem("rule", f"{parameter}: {rule_}; {remedy}.", errors=[fault])


def choice(given: str, known: Sequence[str]) -> str:
    """The remedy for a name that is none of `known`."""
    near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
    if near:
        return f'perhaps you mean "{near[0]}"'
    return (
        f"choose from {', '.join(known[:20])}{', …' if len(known) > 20 else ''}" if known else "leave it out"
    )


def shown(given: object) -> str:
    """What was given, as it may be told back."""
    text = printable(str(given)[: _SHOWN + 1])
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def answer_in_problems(api: FastAPI, allows: Callable[[str], Sequence[str]]) -> None:
    """Make every refusal of `api` a problem; what went wrong inside stays inside. `allows` gives the methods
    of a path."""

    @api.exception_handler(Problem)
    @open_to_all
    async def refused(request: Request, problem: Problem) -> Response:
        return problem.answer(request.url.path)

    @api.exception_handler(RequestValidationError)
    @open_to_all
    async def not_as_documented(request: Request, error: RequestValidationError) -> Response:
        return of_validation(error.errors()).answer(request.url.path)

    @api.exception_handler(HTTPException)
    @open_to_all
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        return of_status(error).answer(request.url.path)

    @api.exception_handler(HTTPStatus.METHOD_NOT_ALLOWED)
    @open_to_all
    async def method_not_allowed(request: Request, _error: HTTPException) -> Response:
        allowed = ", ".join(allows(request.scope["path"].removeprefix(request.scope.get("root_path", ""))))
        detail = f"{request.method} is not allowed here: {allowed}."
        return Problem("method-not-allowed", detail, headers={"Allow": allowed}).answer(request.url.path)

    @api.exception_handler(StoreError)
    @open_to_all
    async def store_away(request: Request, error: StoreError) -> Response:
        LOGGER.warning("%s: %s", request.url.path, error)
        headers = {"Retry-After": str(STORE_RETRY_AFTER_S)}
        problem = Problem("store-away", "A store does not answer just now; nothing is lost.", headers=headers)
        return problem.answer(request.url.path)

    @api.exception_handler(Exception)
    @open_to_all
    async def unforeseen(request: Request, _error: Exception) -> Response:
        # Starlette raises it again after this answer: the server's log has the trace, the client has not.
        return Problem("internal", "The request could not be answered.").answer(request.url.path)


def of_validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    """The problem for what FastAPI found: of kind `rule` where the schemas are kept, else `parameter`."""
    faults = [_fault(error) for error in errors]
    kind = "rule" if all(error["type"] == "rule" for error in errors) else "parameter"
    detail = "; ".join(f"{fault.parameter}: {fault.rule}, {fault.remedy}" for fault in faults)
    return Problem(kind, detail + ".", errors=faults)


def of_status(error: HTTPException) -> Problem:
    """The problem for a refusal of the framework itself."""
    if error.status_code not in _BY_STATUS:
        return Problem("internal", "The request could not be answered.")
    kind = _BY_STATUS[error.status_code]
    return Problem(kind, _DETAILS.get(kind, "No such resource."), headers=error.headers)


def _fault(error: Mapping[str, Any]) -> Fault:
    place, *rest = (str(part) for part in error["loc"])
    context: Mapping[str, Any] = error.get("ctx") or {}
    missing = error["type"] == "missing"
    return Fault(
        parameter=rest[0] if rest else place,
        place=place,
        given=None if missing else shown(error.get("input")),
        rule=str(error["msg"]).removeprefix("Value error, "),
        remedy=str(context.get("remedy") or _remedy(error["type"], context)),
    )


def _remedy(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "missing":
        return "add it to the address"
    if kind == "literal_error":
        return f"choose from {context.get('expected')}"
    if kind == "string_pattern_mismatch":
        return f"write it as {context.get('pattern')}"
    bound = next((context[name] for name in _BOUNDS if name in context), None)
    return f"take {bound}" if bound is not None else "see /api/v1/openapi.json"
