"""What becomes of a message: pure functions from its bytes to what is taken, or set aside with its reason."""

from __future__ import annotations

from ingest import screen
from ingest.accept import Accepted, Refused, accept
from ingest.refusals import detail
from store.records.contract import AgentState, Quarantined
from store.records.registry import Directory
from wire import payload as wire_payload
from wire import status as wire_status
from wire.errors import WireError
from wire.receipt import RefusalReason
from wire.topics import Topic

#: Of a batch, and of a status.
Outcome = Accepted | Refused | AgentState | Quarantined


def judge(topic: Topic, payload: bytes, now_ms: int, directory: Directory | None) -> Outcome:
    """A batch or a status that came at UTC `now_ms`. Never raises; see `accept` and `judge_status`."""
    if topic.kind == "status":
        return judge_status(topic, payload, now_ms, directory)
    return accept(topic, payload, now_ms, directory)


def judge_status(
    topic: Topic, payload: bytes, now_ms: int, directory: Directory | None
) -> AgentState | Quarantined:
    """The state an agent is in, or what to set aside with its reason. Never raises."""
    if (why := screen.stranger(topic, directory)) is not None:
        return _set_aside(topic, payload, now_ms, "wrong_site", why)
    try:
        status = wire_status.decode(payload)
    except WireError as error:
        return _set_aside(topic, payload, now_ms, error.fault, f"{error.place}: {error.rule}")
    return AgentState(topic.site, topic.agent, now_ms, status)


def too_costly(topic: Topic, payload: bytes, now_ms: int, why: str) -> Refused | Quarantined:
    """What could not be judged within bounds. It is not looked into again, so its digest has to name it."""
    if topic.kind == "status":
        return _set_aside(topic, payload, now_ms, "too_large", why)
    told = detail("too_large", f"{topic}: {why}")
    return Refused("too_large", told, None, None, wire_payload.digest(payload), payload)


def _set_aside(topic: Topic, payload: bytes, now_ms: int, reason: RefusalReason, what: str) -> Quarantined:
    why = detail(reason, f"{topic}: {what}")
    return Quarantined(now_ms, str(topic), payload, reason, why, topic.site, topic.agent)
