"""From the fields of a message to quantities: what a profile's points say of it.

A point's `where` is `{"field": …, "states": {…}, "invalid": (…)}`. `{part}` in a field stands for the part of
the source that the device is. A field that a message does not name is not asked after; one that is there
without a number is null, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge_agent.drivers.card import card_of_uid
from edge_agent.drivers.contract import Point, Reply
from edge_agent.drivers.mqtt.message import Raw
from edge_agent.drivers.scaling import scaled
from edge_agent.language import nearest

PART: Final = "{part}"
_KEYS: Final = ("field", "states", "invalid")
_WORDS: Final[dict[str, float]] = {"on": 1.0, "off": 0.0, "true": 1.0, "false": 0.0}


def check_at(at: Mapping[str, Any]) -> None:
    """Whether a profile's `at` says where a value stands: `field`, and `states` or `invalid`.

    Raises ValueError, one line.
    """
    for key in at:
        if key not in _KEYS:
            raise ValueError(f'"{key}" is no key of a field; {nearest(str(key), _KEYS)}')
    if not isinstance(at.get("field"), str) or not at["field"]:
        raise ValueError("field is missing: the path in the device's message, as ENERGY/Power")
    states = at.get("states", {})
    if not isinstance(states, Mapping) or not all(_is_number(value) for value in states.values()):
        raise ValueError("states must be words with a number each, as {open: 1, closed: 0}")
    if not isinstance(at.get("invalid", ()), list | tuple) or not all(map(_is_number, at.get("invalid", ()))):
        raise ValueError("invalid must be a list of numbers that mean no value")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def reply(values: Mapping[str, Raw], points: Sequence[Point], part: str = "") -> Reply:
    """The quantities in `values`."""
    found = Reply()
    for point in points:
        path = field_of(point, part)
        if path not in values:
            continue
        value = number_of(values[path], point)
        found.values[point.quantity] = value
        if value is None:
            found.faults[point.quantity] = "not_a_number"
    return found


def field_of(point: Point, part: str) -> str:
    """Where in a message the point's value stands."""
    return str(point.where["field"]).replace(PART, part)


def number_of(raw: Raw, point: Point) -> float | None:
    """The value in the quantity's unit; None where the device says none, or a word the profile lacks."""
    states: Mapping[str, float] = point.where.get("states", {})
    if states:
        word = (
            str(raw).lower() if isinstance(raw, bool) else f"{raw:g}" if isinstance(raw, int | float) else raw
        )
        return None if word is None else states.get(word)
    if isinstance(raw, str):
        return _text(raw, point)
    if raw is None or raw in point.where.get("invalid", ()):
        return None
    return scaled(float(raw), point.scale)


def card_number(text: str) -> str:
    """A card's number from its UID in hex, as other readers say it; any other text as it is."""
    try:
        return card_of_uid(bytes.fromhex(text.replace("-", "").replace(":", "")))
    except ValueError:
        return text


def _text(raw: str, point: Point) -> float | None:
    known = _WORDS.get(raw.lower())
    if known is not None:
        return known
    try:
        value = float(raw)
    except ValueError:
        return None
    return None if value in point.where.get("invalid", ()) else scaled(value, point.scale)
