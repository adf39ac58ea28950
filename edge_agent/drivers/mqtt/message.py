"""What one MQTT message of a device says, whatever its dialect."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from edge_agent.drivers.decoding import FrameError

#: A value as the device wrote it; None where it says that it has none.
Raw = float | bool | str | None

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: No device of the dialects here says so much at once; a bridge's inventory may, and is not read.
LARGEST_PAYLOAD: Final = 256 * 1024
#: A float has at most 309 digits before its point.
_MOST_DIGITS: Final = 310
#: A string, which is kept, or what C prints of a number that is none.
_NO_NUMBERS: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|(?<![\w.])[-+]?(?:nan(?:\([^)"]*\))?|inf(?:inity)?)(?!\w)', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ask:
    """Something to publish, so that a device says what is missing."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """One moment of one device.

    `values` by field: the path of JSON keys joined by `/`, or the dialect's own name. `available` is what a
    last will or a bridge says of the device. `time_ms` (UTC) is the device's own, where it has one.
    """

    values: Mapping[str, Raw] = field(default_factory=dict)
    available: bool | None = None
    time_ms: int | None = None
    #: Which device of the source it is about; None: all of them.
    part: str | None = None
    #: The values were taken earlier and kept: their time is theirs or there is none.
    history: bool = False
    #: `time_ms` is the moment of measuring, to the millisecond; else it only says that a message is late.
    exact: bool = False
    #: `time_ms` counts however old it is.
    dated: bool = False
    #: Dated, and perhaps only repeated by a bridge: that it comes now does not show that the device is there.
    repeated: bool = False
    ask: Ask | None = None


class Listener(Protocol):
    """Reads the messages of one source. `now_s` is monotonic. Raises FrameError."""

    def hear(self, topic: str, payload: bytes, now_s: float) -> list[Heard]: ...


def text_of(payload: bytes) -> str:
    """The payload as text. Raises FrameError."""
    if len(payload) > LARGEST_PAYLOAD:
        raise FrameError("too_large", f"{len(payload)} bytes, at most {LARGEST_PAYLOAD}")
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FrameError("malformed", f"no UTF-8: {error.reason} at byte {error.start}") from error


def json_of(payload: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    """The payload as JSON. Raises FrameError.

    `nan` and `inf`, which are no JSON but what firmware prints of a dead probe, and numbers beyond all
    floats are null: they cost their value.
    """
    text = text_of(payload)
    try:
        return _loaded(text)
    except RecursionError as error:
        raise FrameError("malformed", "JSON nested too deeply") from error
    except ValueError as error:
        raise FrameError("malformed", f"no JSON: {error}") from error


def _loaded(text: str) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(text, parse_constant=_no_number, parse_int=_integer, parse_float=_finite)
    except ValueError:
        mended = _NO_NUMBERS.sub(lambda found: found[0] if found[0].startswith('"') else "null", text)
        if mended == text:
            raise
        return json.loads(mended, parse_constant=_no_number, parse_int=_integer, parse_float=_finite)


def object_of(payload: bytes) -> dict[str, Any]:
    """The payload as a JSON object. Raises FrameError."""
    found = json_of(payload)
    if not isinstance(found, dict):
        raise FrameError("malformed", f"a JSON object is wanted, not {type(found).__name__}")
    return found


def _no_number(_name: str) -> None:
    """NaN and Infinity, which Python's parser would take."""


def _finite(digits: str) -> float | None:
    """1e999 is written as a number and is none that a float holds."""
    value = float(digits)
    return value if math.isfinite(value) else None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _MOST_DIGITS else None


def flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Raw]:
    """Scalars by their path: `{"ENERGY": {"Power": 3}}` gives `{"ENERGY/Power": 3}`. A list counts from 0."""
    found: dict[str, Raw] = {}
    todo: list[tuple[str, Any]] = [(f"{prefix}{key}", value) for key, value in data.items()]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{path}/{key}", inner) for key, inner in value.items()]
        elif isinstance(value, list):
            todo += [(f"{path}/{place}", inner) for place, inner in enumerate(value)]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[path] = number(value)
        else:
            found[path] = value
    return found


def number(value: object) -> float | None:
    """A finite number; None for anything else, also for an integer beyond all floats."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:
        return None


def on_off(value: object) -> bool | None:
    """ON and OFF in any case, and JSON's own truth values."""
    if isinstance(value, bool):
        return value
    return {"on": True, "off": False}.get(value.lower()) if isinstance(value, str) else None


def online(payload: bytes) -> bool:
    """`online`/`offline`, `true`/`false`, or `{"state": …}`. Raises FrameError."""
    text = text_of(payload).strip()
    if text.startswith("{"):
        text = str(object_of(payload).get("state"))
    known = {"online": True, "offline": False, "true": True, "false": False}.get(text.lower())
    if known is None:
        raise FrameError("malformed", f"neither online nor offline: {text[:40]!r}")
    return known


def utc_ms(stamp: object) -> int | None:
    """ISO 8601 with an offset, seconds or milliseconds since 1970, to UTC ms; None for anything else.

    A local time without an offset is none: nothing says where the device's clock stands.
    """
    if isinstance(stamp, str):
        try:
            at = datetime.fromisoformat(_microseconds(stamp))
        except ValueError:
            return None
        return None if at.tzinfo is None else (at - _EPOCH) // timedelta(milliseconds=1)
    seconds = number(stamp)
    if seconds is None or not 0 <= seconds < 1e14:
        return None
    # 1e11 seconds are in the year 5138, 1e11 milliseconds in 1973.
    return round(seconds * 1000) if seconds < 1e11 else round(seconds)


def _microseconds(stamp: str) -> str:
    """ChirpStack writes nanoseconds; Python 3.11 reads at most six digits."""
    head, dot, tail = stamp.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}{dot}{tail[: min(digits, 6)]}{tail[digits:]}"
