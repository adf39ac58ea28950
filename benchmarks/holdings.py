"""What a batch holds, part by part, to see that nothing of it was lost or doubled. No I/O."""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any


def holdings(batch: Any) -> Counter[str]:  # noqa: ANN401 - JSON
    """What a batch in JSON holds, as often as it does: values by device, quantity and time, events, and by
    itself what is in no such place."""
    found: Counter[str] = Counter()
    for name, part in batch.items():
        if name == "frames":
            for frame in part if isinstance(part, list) else [part]:
                found.update(_of_frame(frame))
        elif name == "events":
            found.update(_shown("event", event) for event in (part if isinstance(part, list) else [part]))
        elif name not in ("v", "stream", "seq", "sent"):
            found[_shown(name, part)] += 1
    return found


def _of_frame(frame: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if not isinstance(frame, dict) or not _has_columns(frame):
        yield _shown("frame", frame)
        return
    device, times = unicodedata.normalize("NFC", frame["device"]), frame["time"]
    for name, column in frame["values"].items():
        if isinstance(column, list) and len(column) == len(times):
            for moment, value in zip(times, column, strict=True):
                if value is not None:
                    yield _shown("value", [device, name, moment, value])
        else:
            yield _shown("column", [device, name, times, column])
    for name in frame.keys() - {"device", "time", "values"}:
        yield _shown("field", [device, name, frame[name]])


def _has_columns(frame: dict[str, Any]) -> bool:
    kinds = (("device", str), ("time", list), ("values", dict))
    return all(isinstance(frame.get(name), kind) for name, kind in kinds)


def _shown(kind: str, part: Any) -> str:  # noqa: ANN401 - JSON
    """The same for 50 and 50.0, and for an event with nothing said and with nulls."""
    if kind == "event" and isinstance(part, dict):
        part = {name: _composed(value) for name, value in part.items() if value is not None}
    if kind == "value" and type(part[-1]) is int and abs(part[-1]) < 1 << 53:
        part = [*part[:-1], float(part[-1])]
    return f"{kind} {json.dumps(part, sort_keys=True)}"


def _composed(value: Any) -> Any:  # noqa: ANN401 - JSON
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value
