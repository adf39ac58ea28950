"""A batch with what came of it: what of it goes to quarantine, and what its agent is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ingest import content
from ingest.accept import Accepted, Refused
from ingest.receive import Arrival
from ingest.refusals import detail, summary
from store.log.contract import Entry, Standing, proof
from store.records.contract import Quarantined
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire import receipt as wire_receipt
from wire.errors import WireError
from wire.ranges import Ranges
from wire.receipt import Receipt, Refusal, RefusalReason
from wire.topics import Topic


@dataclass(slots=True)
class Judged:
    """`received` is UTC milliseconds."""

    arrival: Arrival
    received: int
    outcome: Accepted | Refused


@dataclass(slots=True)
class _Answer:
    """What one agent is to be told of one stream."""

    accepted: Ranges = field(default_factory=Ranges)
    refused: list[Refusal] = field(default_factory=list)


def quarantined(judged: Judged) -> Quarantined | None:
    """What of it belongs into quarantine: the whole payload, or the parts of it that were set aside."""
    outcome, topic = judged.outcome, judged.arrival.topic
    stream: str | None
    seq: int | None
    if isinstance(outcome, Refused):
        reason, why, stream, seq = outcome.reason, outcome.detail, outcome.stream, outcome.seq
        payload = outcome.payload
    elif outcome.set_aside:
        reason, why = outcome.set_aside[0].reason, summary(outcome.set_aside)
        stream, seq, payload = outcome.entry.stream, outcome.entry.seq, outcome.rest
    else:
        return None
    return Quarantined(
        judged.received, str(topic), payload, reason, why, topic.site, topic.agent, stream, seq
    )


def receipts(group: Iterable[Judged]) -> list[tuple[Topic, Receipt]]:
    """One receipt an agent and stream (several where one cannot hold it all), with the topic it goes to."""
    answers: defaultdict[tuple[str, str, str | None], _Answer] = defaultdict(_Answer)
    for judged in group:
        topic, outcome = judged.arrival.topic, judged.outcome
        if isinstance(outcome, Accepted):
            answers[topic.site, topic.agent, outcome.entry.stream].accepted.add(outcome.entry.seq)
        else:
            answers[topic.site, topic.agent, outcome.stream].refused.append(outcome.refusal())
    return [
        (Topic(site, agent, "receipt"), receipt)
        for (site, agent, stream), answer in answers.items()
        for receipt in wire_receipt.split(stream, answer.accepted.pairs(), answer.refused)
    ]


def conflicts(repeats: Sequence[Judged], stand: Sequence[Standing]) -> list[Judged]:
    """Those of the repeats that are none: under their identity other content stands, or nobody can tell any
    more. Refused; the first one stands."""
    return [
        Judged(judged.arrival, judged.received, refused)
        for judged, standing in zip(repeats, stand, strict=True)
        if (refused := _conflict(judged, standing)) is not None
    ]


def _conflict(judged: Judged, standing: Standing) -> Refused | None:
    outcome, came = judged.outcome, judged.arrival.payload
    if not isinstance(outcome, Accepted):
        return None
    entry = outcome.entry
    if standing.payload in (came, entry.payload) or standing.proof in (proof(came), proof(entry.payload)):
        return None
    if standing.payload is not None:
        return _compared(judged, entry, standing.payload)
    if standing.proof is None:
        return _refused(judged, entry, "stale_stream", "came before, and nobody knows any more with what")
    return _refused(judged, entry, "duplicate_identity", "came before with other content, gone from the log")


def _compared(judged: Judged, entry: Entry, stands: bytes) -> Refused | None:
    try:
        found = content.difference(wire_batch.decode(entry.payload), wire_batch.recall(stands))
    except WireError:
        return _refused(judged, entry, "stale_stream", "came before with content that cannot be read here")
    if not found:
        return None
    what = (
        f"came before with other content ({found.fresh.readings()} readings and {len(found.fresh.events)} "
        f"events of this one are not in it, {found.contradicting.readings()} contradict it)"
    )
    return _refused(judged, entry, "duplicate_identity", what)


def _refused(judged: Judged, entry: Entry, reason: RefusalReason, what: str) -> Refused:
    why = detail(reason, f"{judged.arrival.topic}: seq {entry.seq} of stream {entry.stream} {what}")
    digest = wire_payload.digest(judged.arrival.payload)
    return Refused(reason, why, entry.stream, entry.seq, digest, entry.payload)
