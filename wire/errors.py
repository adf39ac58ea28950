"""The one error of the wire: bytes that are no message; one line with place, rule and remedy."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ValidationError

#: Not even JSON; JSON of another shape; beyond a bound that holds before anything is parsed.
Fault = Literal["unreadable", "schema", "too_large"]

_REMEDIES: Final[dict[Fault, str]] = {
    "unreadable": "look who else writes to this topic",
    "schema": "bring both sides to the same version of the wire",
    "too_large": "send less in one message",
}
#: Of a place no more is said: a name that a stranger gave may be long.
_LONGEST_PLACE: Final = 200


class WireError(ValueError):
    """`fault` says of what kind it is, so that nobody tells errors apart by their text."""

    def __init__(self, fault: Fault, place: str, rule: str) -> None:
        """`place` is a path in the message (`frames.0.time`) or `payload`."""
        self.fault = fault
        self.place = place[:_LONGEST_PLACE]
        self.rule = rule
        super().__init__(f"{self.place}: {rule}; {_REMEDIES[fault]}")


def mistake(error: ValidationError) -> WireError:
    """The first mistake pydantic found, as ours."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"]) or "payload"
    return WireError("unreadable" if first["type"] == "json_invalid" else "schema", place, first["msg"])
