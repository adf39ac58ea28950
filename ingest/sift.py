"""A batch parted into what can be believed and what is set aside.

A bad value costs its value, a bad column its column, a bad frame its frame, a bad event its event.

What is set aside is data as well: a batch of the same shape and identity that holds exactly the bad parts, to
be looked at, corrected and judged again. Together the two hold every value once.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from pydantic import ValidationError

from ingest.refusals import Notes, SetAside
from ingest.screen import EARLIEST_MS, Measure
from wire.batch import Event, Frame
from wire.errors import mistake
from wire.identifiers import device_name
from wire.quantities import QUANTITIES, Quantity
from wire.receipt import RefusalReason

_FIELDS: Final = frozenset(("v", "stream", "seq", "sent", "frames", "events"))
_FRAME: Final = ("device", "time", "values")
#: An event has at most so many fields; pydantic gathers a mistake for each that it does not know.
_MOST_EVENT_FIELDS: Final = 16
#: Of a longer name no neighbour is looked for: that takes its length times the length of the table.
_LONGEST_NAME: Final = 48


@dataclass(frozen=True, slots=True)
class Sifted:
    """`rest` is JSON of the shape of a batch, None where nothing is set aside; `notes` say why, `unknown`
    whether because of devices that a newer directory might know."""

    frames: list[Frame]
    events: list[Event]
    rest: dict[str, Any] | None
    notes: tuple[SetAside, ...]


def sift(loaded: dict[str, Any], by: Measure) -> Sifted:
    """Part a parsed batch whose identity is in order. Slow, and bounded by the size of the batch."""
    notes = Notes()
    rest_frames: list[Any] = []
    rest_events: list[Any] = []
    frames: list[Frame] = []
    events: list[Event] = []
    for place, raw in _parts(loaded, "frames", rest_frames, notes):
        frame, aside = _FrameSieve(place, by, notes).part(raw)
        frames += [] if frame is None else [frame]
        rest_frames += aside
    for place, raw in _parts(loaded, "events", rest_events, notes):
        event = _event(place, raw, by, notes)
        if event is None:
            rest_events.append(raw)
        else:
            events.append(event)
    foreign = {name: value for name, value in loaded.items() if name not in _FIELDS}
    for name in foreign:
        notes.add("schema", name, "a batch has no such field")
    if not (rest_frames or rest_events or foreign):
        return Sifted(frames, events, None, ())
    identity = {name: loaded[name] for name in ("v", "stream", "seq", "sent") if name in loaded}
    rest = dict[str, Any](identity | foreign) | {"frames": rest_frames, "events": rest_events}
    return Sifted(frames, events, rest, notes.parts())


def _parts(loaded: dict[str, Any], name: str, rest: list[Any], notes: Notes) -> list[tuple[str, Any]]:
    """What a list of the batch holds, each with its place; what should be one and is none goes to `rest`."""
    found = loaded.get(name, [])
    if isinstance(found, list):
        return [(f"{name}.{number}", one) for number, one in enumerate(found)]
    notes.add("schema", name, "is no list")
    rest.append(found)
    return []


def _event(place: str, raw: Any, by: Measure, notes: Notes) -> Event | None:  # noqa: ANN401 - JSON
    """The event, None where it is to be set aside."""
    if not isinstance(raw, dict) or len(raw) > _MOST_EVENT_FIELDS:
        notes.add("schema", "events", "one is no event")
        return None
    try:
        event = Event.model_validate(raw)
    except ValidationError as error:
        if type(raw.get("time")) is int and not by.believes(raw["time"]):
            notes.add("clock_skew", _name(raw.get("device"), place), _when(raw["time"], by))
        else:
            found = mistake(error)
            notes.add("schema", f"events {found.place}", found.rule)
        return None
    if not by.was_known(event.device, event.time):
        notes.add("unknown_device", event.device, _unregistered(event.device, by))
        return None
    if not by.believes(event.time):
        notes.add("clock_skew", event.device, _when(event.time, by))
        return None
    return event


class _FrameSieve:
    """One pass over one frame. What is set aside of it is gathered by cell: row and quantity."""

    def __init__(self, place: str, by: Measure, notes: Notes) -> None:
        self._place = place
        self._by = by
        self._notes = notes
        self._cells: defaultdict[str, dict[int, Any]] = defaultdict(dict)
        #: What fits into no cell: columns of another length than `time`, fields nobody knows.
        self._loose: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}

    def part(self, raw: Any) -> tuple[Frame | None, list[Any]]:  # noqa: ANN401 - JSON
        """What is left of a frame (None: nothing) and what is set aside of it."""
        if (why := _misshape(raw)) is not None:
            self._notes.add("schema", self._place, why)
            return None, [raw]
        device = _spelt(raw["device"])
        if device is None or not (self._by.is_known(device) or device in self._by.retired):
            self._note_device(raw, device)
            return None, [raw]
        times, values = raw["time"], raw["values"]
        kept = [row for row, time in enumerate(times) if self._takes_time(device, time)]
        columns = {
            name: self._column(device, name, column, times, set(kept)) for name, column in values.items()
        }
        self._note_extra(raw)
        clean = {
            name: [column[row] for row in kept] for name, column in columns.items() if column is not None
        }
        rest = self._rest(device, times)
        if not kept or not any(value is not None for column in clean.values() for value in column):
            return None, rest
        return Frame(device=device, time=[times[row] for row in kept], values=clean), rest

    def _note_device(self, raw: dict[str, Any], device: str | None) -> None:
        if device is None:
            self._notes.add("schema", self._place, "device is no name of a device")
            return
        count = sum(
            len(column) - column.count(None) for column in raw["values"].values() if isinstance(column, list)
        )
        self._notes.add("unknown_device", device, _unregistered(device, self._by), count)

    def _takes_time(self, device: str, time: Any) -> bool:  # noqa: ANN401 - JSON
        if self._by.believes(time):
            if self._by.was_known(device, time):
                return True
            self._notes.add("unknown_device", device, _unregistered(device, self._by))
        elif type(time) is int:
            self._notes.add("clock_skew", device, lambda: _when(time, self._by))
        else:
            self._notes.add("schema", f"{device} time", "one is no whole number of milliseconds")
        return False

    def _column(
        self,
        device: str,
        name: str,
        column: Any,  # noqa: ANN401 - JSON
        times: list[Any],
        kept: set[int],
    ) -> list[float | None] | None:
        """With null for each value set aside; None where the whole column is."""
        if not isinstance(column, list) or len(column) != len(times):
            what = (
                f"has {len(column)} values for {len(times)} times"
                if isinstance(column, list)
                else "is no list"
            )
            self._notes.add("schema", f"{device} {name}", what)
            self._loose[name] = column
            return None
        quantity = QUANTITIES.get(name)
        if quantity is None:
            self._notes.add(
                "unknown_quantity",
                f"{device} {name}",
                lambda: _unknown(name),
                len(column) - column.count(None),
            )
            self._cells[name] = {row: value for row, value in enumerate(column) if value is not None}
            return None
        place = f"{device} {name}"
        return [
            value if value is None else self._value(place, quantity, row, value, times[row], row in kept)
            for row, value in enumerate(column)
        ]

    def _value(
        self,
        place: str,
        quantity: Quantity,
        row: int,
        value: Any,  # noqa: ANN401 - JSON
        time: Any,  # noqa: ANN401 - JSON
        in_time: bool,
    ) -> float | None:
        reason = _wrong(quantity, value)
        if reason is None and in_time:
            return float(value)
        self._cells[quantity.name][row] = value
        if reason is not None:
            self._notes.add(reason, place, lambda: f"at {time}, {_why(quantity, value)}")
        return None

    def _note_extra(self, raw: dict[str, Any]) -> None:
        self._extra = {name: value for name, value in raw.items() if name not in _FRAME}
        for name in self._extra:
            self._notes.add("schema", f"{self._place}.{name}", "a frame has no such field")

    def _rest(self, device: str, times: list[Any]) -> list[Any]:
        rest: list[Any] = []
        cells = {name: found for name, found in self._cells.items() if found}
        rows = sorted({row for found in cells.values() for row in found})
        if rows or self._extra:
            values = {name: [found.get(row) for row in rows] for name, found in cells.items()}
            rest.append(
                {"device": device, "time": [times[row] for row in rows], "values": values, **self._extra}
            )
        if self._loose:
            rest.append({"device": device, "time": times, "values": self._loose})
        return rest


def _misshape(raw: Any) -> str | None:  # noqa: ANN401 - JSON
    """Why it is no frame at all."""
    if not isinstance(raw, dict):
        return "is no frame"
    for name, kind, word in (
        ("device", str, "text"),
        ("time", list, "a list"),
        ("values", dict, "an object"),
    ):
        if not isinstance(raw.get(name), kind):
            return f"{name} is not {word}"
    return None if raw["time"] else "time holds no time"


def _spelt(name: str) -> str | None:
    """A device's name in its one spelling, None where it is none."""
    try:
        return device_name(name)
    except ValueError:
        return None


def _wrong(quantity: Quantity, value: Any) -> RefusalReason | None:  # noqa: ANN401 - JSON
    """Why it is no value of a quantity."""
    if type(value) is not float and type(value) is not int:
        return "schema"
    return None if quantity.takes(value) else "implausible"


def _why(quantity: Quantity, value: Any) -> str:  # noqa: ANN401 - JSON
    """The same in words."""
    if type(value) not in (int, float):
        return "one is no number"
    if isinstance(value, float) and not isfinite(value):
        return f"{value} is no number"
    bound = f"above {quantity.high:g}" if value > quantity.high else f"below {quantity.low:g}"
    shown = f"{value:g}" if abs(value) < 1 << 1000 else "a number of more than 300 digits"
    return f"{shown} is {bound} {quantity.unit}"


def _unregistered(device: str, by: Measure) -> str:
    """Why nothing is taken of it, or nothing later."""
    since_ms = by.retired.get(device)
    if since_ms is None:
        return "no such device is registered at this site"
    return f"is retired since {dt.datetime.fromtimestamp(since_ms / 1000, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


def _when(time: int, by: Measure) -> str:
    """Why a time is not believed, with what it looks like in another unit."""
    if time > by.latest_ms:
        ahead = f"{_number(time)} is {_number(time - by.latest_ms)} ms later than can be"
        for unit, per_ms in (("microseconds", 1_000), ("nanoseconds", 1_000_000)):
            if by.earliest_ms <= time // per_ms <= by.latest_ms:
                return f"{ahead}: these look like {unit}, not milliseconds"
        return ahead
    early = f"{_number(time)} is before {_day(by.earliest_ms)}"
    if by.earliest_ms <= time * 1000 <= by.latest_ms:
        return f"{early}: these look like seconds, not milliseconds"
    return early


def _day(time_ms: int) -> str:
    """What the earliest time is that is believed, with why."""
    if time_ms == EARLIEST_MS:
        return "2020"
    day = dt.datetime.fromtimestamp(time_ms / 1000, dt.UTC)
    return f"{day:%Y-%m-%d}, two years before the first day of work at this site"


def _number(number: int) -> str:
    return str(number) if abs(number) < 1 << 64 else "a number of more than 19 digits"


def _name(device: Any, place: str) -> str:  # noqa: ANN401 - JSON
    return device if isinstance(device, str) else place


def _unknown(name: str) -> str:
    near = _near(name) if len(name) <= _LONGEST_NAME else None
    return "no such quantity in the table" + (f", did you mean {near}?" if near else "")


@lru_cache(maxsize=1024)
def _near(name: str) -> str | None:
    """The name of the table that is meant, about a millisecond's work."""
    return next(iter(difflib.get_close_matches(name, QUANTITIES, n=1)), None)
