"""What of a message that could not be accepted may be shown: what a batch may hold, and nothing else.

A badge number must not leave the site but as a keyed pseudonym (invariant 6), and a broken message may hold
one in any field, spelling or encoding. So the message is decoded and written anew: what stands at a place of
a batch and is what belongs there is shown, everything else is named and withheld.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from wire import payload as wire_payload
from wire.identifiers import BADGE_PATTERN, DEVICE_PATTERN, STREAM_PATTERN, TRADE_PATTERN
from wire.quantities import QUANTITIES

WITHHELD: Final = "(withheld)"
#: What is unpacked to be shown; a larger message is told by its size and digest.
LARGEST_BYTES: Final = 1 << 20
_NAME: Final = re.compile(r"[a-z][a-z_]{0,31}")

Path = tuple[str, ...]


def disclosed(payload: bytes) -> str | None:
    """The message as JSON without what may be a badge number; None where it cannot be decoded. Never
    raises."""
    try:
        text = wire_payload.unpack(payload, LARGEST_BYTES).decode()
        message = json.loads(text)
        return json.dumps(_shown(message, ()), indent=1, ensure_ascii=False)
    except (ValueError, RecursionError):
        return None


def _shown(value: object, place: Path) -> object:
    if isinstance(value, dict):
        return dict(_members(value, place))
    if isinstance(value, list):
        return _together([_shown(one, place) for one in value])
    if value is None or isinstance(value, bool) or _belongs(value, place):
        return value
    return WITHHELD


def _members(value: dict[str, Any], place: Path) -> Iterator[tuple[str, object]]:
    """A name that is none may be a number: it is counted."""
    for number, (name, one) in enumerate(value.items()):
        shown = name if _NAME.fullmatch(name) or name in QUANTITIES else f"{WITHHELD} {number}"
        yield shown, _shown(one, (*place, name))


def _together(values: list[object]) -> object:
    """A list of which nothing is shown, as one word."""
    nothing = len(values) > 1 and all(value == WITHHELD for value in values)
    return f"{len(values)} {WITHHELD}" if nothing else values


def _belongs(value: object, place: Path) -> bool:
    if len(place) == 3 and place[:2] == ("frames", "values"):
        return place[2] in QUANTITIES and isinstance(value, int | float)
    rule = _RULES.get(place)
    return rule is not None and rule(value)


def _matches(pattern: str) -> Callable[[object], bool]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


_IS_WORD: Final = _matches(_NAME.pattern)
_RULES: Final[dict[Path, Callable[[object], bool]]] = {
    ("v",): _is_number,
    ("stream",): _matches(STREAM_PATTERN),
    ("seq",): _is_number,
    ("sent",): _is_number,
    ("frames", "device"): _matches(DEVICE_PATTERN),
    ("frames", "time"): _is_number,
    ("events", "device"): _matches(DEVICE_PATTERN),
    ("events", "time"): _is_number,
    ("events", "kind"): _IS_WORD,
    ("events", "badge"): _matches(BADGE_PATTERN),
    ("events", "direction"): _IS_WORD,
    ("events", "trade"): _matches(TRADE_PATTERN),
    ("events", "mark"): _IS_WORD,
    ("events", "quantity"): lambda value: value in QUANTITIES,
    ("events", "reason"): _IS_WORD,
}
