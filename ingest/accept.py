"""What is taken in and what is set aside: a pure function from bytes to accepted columns or a reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from ingest import screen
from ingest.refusals import SetAside, detail
from store.log.contract import Entry
from store.records.registry import Directory
from store.timeseries import columns
from store.timeseries.contract import Block
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch, Event
from wire.errors import WireError
from wire.identifiers import STREAM_PATTERN
from wire.receipt import Refusal, RefusalReason
from wire.topics import Topic

_STREAM: Final = re.compile(STREAM_PATTERN)
_BEYOND_SEQ: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was taken, as columns and events for the stores and, in `entry`, as bytes for the log.

    `set_aside` says what was left out: where it is not empty, the payload as it came belongs into quarantine.
    """

    blocks: list[Block]
    events: list[Event]
    readings: int
    entry: Entry
    set_aside: tuple[SetAside, ...] = ()

    @property
    def met_unknown(self) -> bool:
        """Whether a newer directory might take more of it."""
        return any(part.reason == "unknown_device" for part in self.set_aside)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of it was taken. `stream` and `seq` where even a broken payload shows them, else both None."""

    reason: RefusalReason
    detail: str
    stream: str | None
    seq: int | None
    digest: str

    @property
    def met_unknown(self) -> bool:
        """Whether a newer directory might take it."""
        return self.reason == "wrong_site"

    def refusal(self) -> Refusal:
        """As the agent is told: by seq where it is known, else by digest."""
        if self.seq is not None:
            return Refusal(seq=self.seq, reason=self.reason, detail=self.detail)
        return Refusal(digest=self.digest, reason=self.reason, detail=self.detail)


def accept(
    topic: Topic, payload: bytes, now_ms: int, directory: Directory | None = None
) -> Accepted | Refused:
    """Judge a batch from `topic`, whatever its bytes, at UTC `now_ms`. Never raises.

    `directory` says which sites, agents and devices there are; None: all are known. A batch of which parts
    are set aside goes on as a new payload under the same identity; one without goes on byte for byte. Even
    where nothing is left of it it is accepted, so that its number is not missing.
    """
    if (why := screen.stranger(topic, directory)) is not None:
        return _refused(payload, "wrong_site", why)
    try:
        batch = wire_batch.decode(payload)
    except WireError as error:
        return _refused(payload, error.fault, f"{error.place}: {error.rule}")
    entry = Entry(topic.site, topic.agent, batch.stream, batch.seq, payload)
    blocks = blocks_of(topic.site, batch)
    gathered = columns.by_quantity(blocks)
    known = screen.known_devices(topic.site, directory)
    if screen.is_clean(blocks, gathered, batch.events, now_ms, known):
        return Accepted(blocks, batch.events, columns.readings(gathered), entry)
    clean, set_aside = screen.screen(batch, now_ms, known)
    entry = replace(entry, payload=wire_batch.encode(clean))
    return Accepted(blocks_of(topic.site, clean), clean.events, clean.readings(), entry, set_aside)


def blocks_of(site: str, batch: Batch) -> list[Block]:
    """The readings of a batch as the time series takes them, in columns as long as can be."""
    blocks = [Block(site, frame.device, frame.time, frame.values) for frame in batch.frames]
    devices = {block.device for block in blocks}
    return blocks if len(devices) == len(blocks) else columns.merge(blocks)


def _refused(payload: bytes, reason: RefusalReason, what: str) -> Refused:
    stream, seq = _identity(payload)
    return Refused(reason, detail(reason, what), stream, seq, wire_payload.digest(payload))


def _identity(payload: bytes) -> tuple[str, int] | tuple[None, None]:
    """(stream, seq) where the payload is at least JSON that shows them."""
    try:
        loaded: Any = json.loads(wire_payload.unpack(payload))
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(loaded, dict):
        return None, None
    stream, seq = loaded.get("stream"), loaded.get("seq")
    if not isinstance(stream, str) or not _STREAM.fullmatch(stream):
        return None, None
    if type(seq) is not int or not 1 <= seq < _BEYOND_SEQ:
        return None, None
    return stream, seq
