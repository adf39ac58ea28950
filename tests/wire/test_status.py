"""A newer agent at the released cloud of commit 225f4a1, which takes no field that it does not know.

`of_225f4a1/status.schema.json` is that commit's docs/wire/status.schema.json, generated from its model.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from wire import status as wire_status
from wire.ranges import Ranges
from wire.status import (
    SILENT_AFTER_MS,
    Dropped,
    DroppedOf,
    PartStatus,
    SpoolStatus,
    Status,
    silent_after_ms,
    told_interval_s,
)

OLD: Final = json.loads((Path(__file__).parent / "of_225f4a1" / "status.schema.json").read_text("utf-8"))
STREAM, EARLIER = "01KAW9Q2V7Y8M3N5P6R8S0T2W4", "01KAW9Q2V7Y8M3N5P6R8S0T2W3"
NOW = 1_764_000_000_000
#: What an agent says that has newer things to say, by field.
NEWER: Final = {
    "interval_s": Status(online=True, sent=NOW, stream=STREAM, interval_s=told_interval_s(3600)),
    "parts": Status(online=True, sent=NOW, stream=STREAM, parts=[PartStatus(name="line", restarts=1)]),
    "older": Status(
        online=True,
        sent=NOW,
        stream=STREAM,
        dropped=Dropped(older=[DroppedOf(stream=EARLIER, batches=Ranges([(1, 2)]).pairs())]),
    ),
    "older_batches": Status(online=True, sent=NOW, stream=STREAM, spool=SpoolStatus(older_batches=1)),
}


def on_the_wire(status: Status) -> Any:
    return json.loads(wire_status.CODEC.unpack(wire_status.encode(status)))


@pytest.mark.parametrize("online", [True, False])
def test_the_released_cloud_reads_a_status_with_nothing_new_to_say(online: bool) -> None:
    said = on_the_wire(Status(online=online, sent=NOW, stream=STREAM, interval_s=told_interval_s(10)))
    jsonschema.validate(said, OLD)
    assert (said["v"], said["online"]) == (1, online)


@pytest.mark.parametrize("field", NEWER)
def test_what_is_newer_is_said_where_there_is_something_to_say(field: str) -> None:
    """To the released cloud that is a mistake: it is upgraded first."""
    status = NEWER[field]
    assert wire_status.decode(wire_status.encode(status)) == status
    with pytest.raises(jsonschema.ValidationError, match=field):
        jsonschema.validate(on_the_wire(status), OLD)


@pytest.mark.parametrize("interval_s", [1.0, 10.0, 100.0, 100.5, 3600.0])
def test_an_interval_is_told_where_it_lengthens_the_silence_that_is_allowed(interval_s: float) -> None:
    told = told_interval_s(interval_s)
    status = Status(online=True, sent=NOW, stream=STREAM, interval_s=told)
    assert silent_after_ms(status) == max(SILENT_AFTER_MS, 3000 * interval_s)
    assert (told is None) == (interval_s <= 100)
