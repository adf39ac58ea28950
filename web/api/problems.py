"""/problems/{kind}: what a problem's `type` means."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from web.access.rights import open_to_all
from web.api.models import Answer
from web.api.tables import JsonOnly
from web.http.problem_details import KINDS, TYPE_PREFIX, Problem, choice

routes = APIRouter(tags=["problems"], dependencies=[JsonOnly])


class KindAnswer(Answer):
    """One kind of problem."""

    type: Annotated[str, Field(description="As in problem details.", examples=[TYPE_PREFIX + "rule"])]
    title: Annotated[str, Field(description="In words.")]
    status: Annotated[int, Field(description="The HTTP status it comes with.", examples=[400])]
    remedy: Annotated[str, Field(description="What to do.")]


@routes.get("/problems/{kind}", summary="What a kind of problem means")
@open_to_all
def show_kind(
    kind: Annotated[str, Path(max_length=50, description="The last part of `type`.", examples=["rule"])],
) -> KindAnswer:
    """Public."""
    if kind not in KINDS:
        raise Problem("not-found", f"There is no such kind of problem: {choice(kind, sorted(KINDS))}.")
    found = KINDS[kind]
    return KindAnswer(type=TYPE_PREFIX + kind, title=found.title, status=found.status, remedy=found.remedy)
