"""What is in quarantine, looked at and judged again: with today's tables and directory, by today's clock.

A replay may be repeated, and may end at any point: what it has taken once it does not take again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic_core import from_json

from ingest import content, differing
from ingest.accept import Accepted, Refused, accept, dump
from ingest.correction import Correction
from ingest.refusals import SetAside, detail, summary
from store.log.contract import Entry, Log, proof
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Directory
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.batch import Batch
from wire.identifiers import make_stream_id
from wire.topics import Topic, parse

_PAGE: Final = 50
_NO_CORRECTION: Final = Correction()
#: So much of a payload is shown to a person.
_SHOWN_CHARACTERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What of an item may be taken now (None: nothing), and what must wait on and why."""

    topic: Topic | None
    batch: Batch | None
    waiting: tuple[SetAside, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did with an item. `readings` and `events` are those it appended to the log now; `reason`
    and `detail` say what still waits, empty where nothing does."""

    id: int
    outcome: Literal["taken", "partly_taken", "waiting"]
    readings: int
    events: int
    reason: str
    detail: str


def judge_again(
    item: Quarantined, directory: Directory | None, now_ms: int, correction: Correction = _NO_CORRECTION
) -> Verdict:
    """Judge with today's tables and `directory` and, as the clock of then may have been the wrong one, by the
    cloud's clock of today, `now_ms`. Never raises.

    Only what would be set aside as it is, is corrected: what is right stays as it came.
    """
    topic = parse(item.topic)
    if topic is None or topic.kind != "batch":
        why = f"{item.topic}: only batches are replayed; an agent says its status again by itself"
        return Verdict(topic, None, (SetAside("unreadable", why),))
    outcome = accept(topic, item.payload, now_ms, directory)
    if isinstance(outcome, Refused):
        return Verdict(topic, None, (SetAside(outcome.reason, outcome.detail),))
    clean = wire_batch.decode(outcome.entry.payload)
    if not outcome.set_aside or not correction:
        return Verdict(topic, clean, outcome.set_aside)
    return _corrected(topic, outcome, clean, directory, now_ms, correction)


def _corrected(
    topic: Topic,
    outcome: Accepted,
    clean: Batch,
    directory: Directory | None,
    now_ms: int,
    correction: Correction,
) -> Verdict:
    """`clean` and what of the rest can be taken after `correction`."""
    rest = dump(correction.apply(from_json(wire_batch.CODEC.unpack(outcome.rest))))
    again = accept(topic, rest, now_ms, directory)
    if isinstance(again, Refused):
        return Verdict(topic, clean, (*outcome.set_aside, SetAside(again.reason, again.detail)))
    found = content.difference(wire_batch.decode(again.entry.payload), clean)
    frames, events = [*clean.frames, *found.fresh.frames], [*clean.events, *found.fresh.events]
    batch = clean.model_copy(update={"frames": frames, "events": events})
    return Verdict(topic, batch, (*again.set_aside, *_contradiction(found)))


def _contradiction(found: content.Difference) -> tuple[SetAside, ...]:
    readings = found.contradicting.readings()
    if not readings:
        return ()
    devices = ", ".join(sorted({frame.device for frame in found.contradicting.frames}))
    what = f"{devices}: {readings} readings have other values than those taken before, which stand"
    return (SetAside("duplicate_identity", detail("duplicate_identity", what)),)


class Replay:
    """Replays items of one quarantine into one log. Blocking; everything raises StoreError where a store
    will not."""

    def __init__(
        self, log: Log, records: Records, directory: Directory | None, clock: Callable[[], int]
    ) -> None:
        """`clock` gives UTC milliseconds."""
        self._log = log
        self._records = records
        self._directory = directory
        self._clock = clock

    def all(
        self, correction: Correction = _NO_CORRECTION, *, site: str | None = None, reason: str | None = None
    ) -> Iterator[Replayed]:
        """Every item that waits, one after the other, by id."""
        after = 0
        while page := self._records.quarantine.items(_PAGE, after, site=site, reason=reason, waiting=True):
            yield from (self.item(item, correction) for item in page)
            after = page[-1].id

    def item(self, item: Quarantined, correction: Correction = _NO_CORRECTION) -> Replayed:
        """Judge one item again, append what can be taken, and mark it as replayed or as waiting for the rest.

        What is taken goes under the batch's own identity; where a batch has come under that already, only
        what that does not hold, under a stream made from the content itself: so a repetition is a repeat.
        """
        if item.replayed is not None:
            return Replayed(item.id, "taken", 0, 0, "", "")
        if item.reason == differing.REASON:
            return Replayed(item.id, "waiting", 0, 0, item.reason, item.detail)
        verdict = judge_again(item, self._directory, self._clock(), correction)
        appended, waiting = None, verdict.waiting
        if verdict.topic is not None and verdict.batch is not None:
            appended, conflict = self._append(item, verdict.topic, verdict.batch)
            waiting = (*waiting, *conflict)
        self._settle(item, waiting)
        return _replayed(item, appended, waiting)

    def _append(
        self, item: Quarantined, topic: Topic, batch: Batch
    ) -> tuple[Batch | None, tuple[SetAside, ...]]:
        """What was appended, and what contradicts what stands in the log."""
        came = proof(item.payload)
        own = Entry(topic.site, topic.agent, batch.stream, batch.seq, wire_batch.encode(batch), came)
        if self._log.append([own], self._clock())[0] is not None:
            return batch, ()
        stands = self._log.standing([own.identity])[0].payload
        if item.reason == "undecodable":
            # It has its place in the log, and the readers passed it over there.
            return self._append_fresh(item, topic, batch), ()
        if stands is not None:
            found = content.difference(batch, wire_batch.recall(stands))
            return self._append_fresh(item, topic, found.fresh), _contradiction(found)
        return self._append_fresh(item, topic, batch), ()

    def _append_fresh(self, item: Quarantined, topic: Topic, fresh: Batch) -> Batch | None:
        if content.is_empty(fresh):
            return None
        offset = self._log.append([_under_its_content(topic, item, fresh)], self._clock())[0]
        return None if offset is None else fresh

    def _settle(self, item: Quarantined, waiting: tuple[SetAside, ...]) -> None:
        if not waiting:
            self._records.quarantine.mark_replayed(item.id, self._clock())
            return
        reason, why = waiting[0].reason, summary(waiting)
        if (reason, why) != (item.reason, item.detail):
            self._records.quarantine.narrow(item.id, reason, why)


def _under_its_content(topic: Topic, item: Quarantined, fresh: Batch) -> Entry:
    """`fresh` under (stream, 1), the stream being a ULID of when it was received and what it says."""
    text = f"{wire_payload.digest(item.payload)} {wire_payload.unpack(wire_batch.encode(fresh)).decode()}"
    stream = make_stream_id(item.received, hashlib.blake2b(text.encode(), digest_size=10).digest())
    renamed = fresh.model_copy(update={"stream": stream, "seq": 1})
    return Entry(topic.site, topic.agent, stream, 1, wire_batch.encode(renamed))


def _replayed(item: Quarantined, appended: Batch | None, waiting: tuple[SetAside, ...]) -> Replayed:
    readings = appended.readings() if appended else 0
    events = len(appended.events) if appended else 0
    if not waiting:
        return Replayed(item.id, "taken", readings, events, "", "")
    outcome: Literal["partly_taken", "waiting"] = "partly_taken" if readings or events else "waiting"
    return Replayed(item.id, outcome, readings, events, waiting[0].reason, summary(waiting))


def show(item: Quarantined) -> dict[str, Any]:
    """An item as a person reads it: its payload as JSON where it is that, else as text or hex digits."""
    fields = {name: getattr(item, name) for name in Quarantined.__dataclass_fields__ if name != "payload"}
    return {**fields, "bytes": len(item.payload), "payload": readable(item.payload)}


def readable(payload: bytes) -> str:
    """At most 20,000 characters of it. Never raises."""
    try:
        text = wire_payload.unpack(payload).decode()
    except ValueError:
        return payload[: _SHOWN_CHARACTERS // 2].hex()
    if len(text) <= _SHOWN_CHARACTERS:
        try:
            text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
        except (ValueError, RecursionError):
            return text
    return text[:_SHOWN_CHARACTERS]
