"""What is taken in and what is set aside: a pure function from bytes to accepted columns or a reason."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

from pydantic import FailFast, TypeAdapter, ValidationError
from pydantic_core import from_json

from ingest import screen
from ingest.refusals import SetAside, detail
from ingest.sift import sift
from store.log.contract import Entry, proof
from store.records.registry import Directory
from store.timeseries import columns
from store.timeseries.contract import Block
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch, Event
from wire.errors import WireError, mistake
from wire.identifiers import STREAM_PATTERN, StreamId
from wire.model import Message, Milliseconds, Seq
from wire.receipt import Refusal, RefusalReason
from wire.topics import Topic

_EVENTS: Final = TypeAdapter(Annotated[list[Event], FailFast()])
_STREAM: Final = re.compile(STREAM_PATTERN)
_BEYOND_SEQ: Final = 1 << 53


@dataclass(frozen=True, slots=True)
class Accepted:
    """What was taken, as columns and events for the stores and, in `entry`, as bytes for the log.

    `set_aside` says what was left out, and `rest` is that itself, as a batch of the same identity: it belongs
    into quarantine. Together they hold every value of the payload once.
    """

    blocks: list[Block]
    events: list[Event]
    readings: int
    entry: Entry
    #: UTC ms by the clock of the agent.
    sent: int
    set_aside: tuple[SetAside, ...] = ()
    rest: bytes = b""

    @property
    def met_unknown(self) -> bool:
        """Whether a newer directory might take more of it."""
        return any(part.reason == "unknown_device" for part in self.set_aside)


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of it was taken. `stream` and `seq` where even a broken payload shows them, else both None;
    `payload` is what is to be kept of it."""

    reason: RefusalReason
    detail: str
    stream: str | None
    seq: int | None
    digest: str
    payload: bytes

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
        text = wire_batch.CODEC.unpack(payload)
    except WireError as error:
        return _refused(payload, error.fault, f"{error.place}: {error.rule}")
    try:
        loaded: Any = from_json(text)
    except ValueError as error:
        return _refused(payload, "unreadable", f"payload: {error}")
    try:
        header = _header(loaded)
    except (ValidationError, TypeError) as error:
        return _refused(payload, "schema", _header_mistake(error), loaded)
    return _judged(topic, payload, header, loaded, screen.measure(topic.site, header.sent, now_ms, directory))


class _Header(Message):
    """What a batch cannot do without."""

    v: Literal[1] = 1
    stream: StreamId
    seq: Seq
    sent: Milliseconds


_HEADER: Final = frozenset(_Header.model_fields)


def _header(loaded: Any) -> _Header:  # noqa: ANN401 - JSON
    """Raises ValidationError (a ValueError) or, where it is no object, TypeError."""
    return _Header.model_validate({name: loaded[name] for name in _HEADER if name in loaded})


def _judged(
    topic: Topic, payload: bytes, header: _Header, loaded: dict[str, Any], by: screen.Measure
) -> Accepted:
    entry = Entry(topic.site, topic.agent, header.stream, header.seq, payload)
    whole = _whole(topic.site, loaded, by)
    if whole is not None:
        blocks, events = whole
        return Accepted(blocks, events, columns.readings_of(blocks), entry, header.sent)
    sifted = sift(loaded, by)
    batch = Batch(
        stream=header.stream, seq=header.seq, sent=header.sent, frames=sifted.frames, events=sifted.events
    )
    blocks = blocks_of(topic.site, batch)
    if sifted.rest is None:
        return Accepted(blocks, batch.events, batch.readings(), entry, header.sent)
    entry = replace(entry, payload=wire_batch.encode(batch), came=proof(payload))
    rest = wire_payload.pack(dump(sifted.rest))
    return Accepted(blocks, batch.events, batch.readings(), entry, header.sent, sifted.notes, rest)


def _whole(site: str, loaded: dict[str, Any], by: screen.Measure) -> tuple[list[Block], list[Event]] | None:
    """All of a batch where nothing in it is wrong, as most are; no model is made of it but of events."""
    frames, raw = loaded.get("frames", []), loaded.get("events", [])
    if not loaded.keys() <= Batch.model_fields.keys() or type(frames) is not list or type(raw) is not list:
        return None
    try:
        events = _EVENTS.validate_python(raw)
    except ValidationError:
        return None
    if not all(by.is_known(event.device) and by.believes(event.time) for event in events):
        return None
    if not screen.are_frames_clean(frames, by):
        return None
    return _merged([Block(site, frame["device"], frame["time"], frame["values"]) for frame in frames]), events


def recalled(site: str, payload: bytes) -> tuple[list[Block], list[Event]]:
    """What a payload of the log holds, whatever version wrote it. Raises WireError.

    As `wire.batch.recall`, but no model is made of what stands there as this version writes it: that takes
    most of the time of a reader that is behind.
    """
    try:
        loaded: Any = from_json(wire_payload.unpack(payload))
        _header(loaded)
        whole = _whole(site, loaded, screen.ANYTHING)
    except (ValueError, TypeError):
        whole = None
    if whole is not None:
        return whole
    batch = wire_batch.recall(payload)
    return blocks_of(site, batch), batch.events


def dump(tree: dict[str, Any]) -> bytes:
    """What was set aside, as JSON. What is no number (NaN) stands as it came: `from_json` reads it."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()


def blocks_of(site: str, batch: Batch) -> list[Block]:
    """The readings of a batch as the time series takes them, in columns as long as can be."""
    return _merged([Block(site, frame.device, frame.time, frame.values) for frame in batch.frames])


def _merged(blocks: list[Block]) -> list[Block]:
    devices = {block.device for block in blocks}
    return blocks if len(devices) == len(blocks) else columns.merge(blocks)


def _header_mistake(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "payload: is no object"
    found = mistake(error)
    return f"{found.place}: {found.rule}"


def _refused(payload: bytes, reason: RefusalReason, what: str, loaded: object = None) -> Refused:
    stream, seq = _identity(payload if loaded is None else loaded)
    return Refused(reason, detail(reason, what), stream, seq, wire_payload.digest(payload), payload)


def _identity(loaded: object) -> tuple[str, int] | tuple[None, None]:
    """(stream, seq) where a payload is at least JSON that shows them, within its bounds."""
    if isinstance(loaded, bytes):
        try:
            loaded = from_json(wire_batch.CODEC.unpack(loaded))
        except ValueError:
            return None, None
    if not isinstance(loaded, dict):
        return None, None
    stream, seq = loaded.get("stream"), loaded.get("seq")
    if not isinstance(stream, str) or not _STREAM.fullmatch(stream):
        return None, None
    if type(seq) is not int or not 1 <= seq < _BEYOND_SEQ:
        return None, None
    return stream, seq
