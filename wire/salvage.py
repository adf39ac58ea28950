"""A message without its bad parts: a bad value costs its value, a bad element its element."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from wire.errors import WireError, mistake
from wire.model import Message

M = TypeVar("M", bound=Message)
Place = tuple[int | str, ...]

#: What is left is judged again after each pass: taking a part out may leave its parent without what it needs.
_MOST_PASSES: Final = 16


def salvage(model: type[M], text: bytes) -> M:
    """The message in a JSON text that is within its bounds, without fields and parts `model` does not know.
    For what a neighbour version wrote; what strangers send is sifted by ingest.

    Raises WireError where nothing can be saved: no JSON, or what the message itself needs is bad.
    """
    loaded: Any = None
    for _ in range(_MOST_PASSES):
        try:
            return model.model_validate_json(text, extra="ignore")
        except ValidationError as error:
            first = mistake(error)
            if first.fault == "unreadable":
                raise first from None
            loaded = json.loads(text) if loaded is None else loaded
            found = error.errors(include_url=False, include_context=False, include_input=False)
            if not _take_out(loaded, [one["loc"] for one in found]):
                raise first from None
            text = json.dumps(loaded).encode()
    raise WireError("schema", "payload", f"still wrong after {_MOST_PASSES} passes")


def _take_out(loaded: Any, places: Iterable[Place]) -> bool:  # noqa: ANN401 - JSON
    """Take out the innermost things at `places` that are there; whether there was one for each.

    A number in a column becomes null, so that the column keeps its length; where null does not help either,
    the column goes.
    """
    targets = {_target(loaded, place) for place in places}
    if () in targets:
        return False
    # From the back: what is taken out of an array moves what follows.
    for target in sorted(targets, key=_order, reverse=True):
        if not any(target[:length] in targets for length in range(1, len(target))):
            _take_out_one(loaded, target)
    return True


def _target(loaded: Any, place: Place) -> Place:  # noqa: ANN401 - JSON
    """As much of `place` as is there."""
    at, found = loaded, 0
    for step in place:
        if not _holds(at, step):
            break
        at, parent, found = at[step], at, found + 1
    if found and at is None and isinstance(parent, list):
        found -= 1
    return place[:found]


def _take_out_one(loaded: Any, target: Place) -> None:  # noqa: ANN401 - JSON
    parent: Any = loaded
    for step in target[:-1]:
        parent = parent[step]
    in_column = isinstance(parent, list)
    if in_column and not isinstance(parent[target[-1]], dict | list):
        parent[target[-1]] = None
    else:
        del parent[target[-1]]


def _order(place: Place) -> list[tuple[int, str]]:
    return [(step, "") if isinstance(step, int) else (-1, step) for step in place]


def _holds(at: Any, step: int | str) -> bool:  # noqa: ANN401 - JSON
    if isinstance(at, dict):
        return step in at
    return isinstance(at, list) and isinstance(step, int) and step < len(at)
