"""MQTT topics: `plumbline/v1/{site}/{agent}/{kind}`."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

from wire.identifiers import is_id

MessageKind = Literal["batch", "receipt", "status", "command", "result"]
KINDS: Final[tuple[MessageKind, ...]] = get_args(MessageKind)
PREFIX: Final = "plumbline/v1"


class Topic(NamedTuple):
    """Who speaks, and of what."""

    site: str
    agent: str
    kind: MessageKind

    def __str__(self) -> str:
        return f"{PREFIX}/{self.site}/{self.agent}/{self.kind}"


def topic(site: str, agent: str, kind: MessageKind) -> str:
    """The topic's text. Raises ValueError for an id the wire does not allow."""
    for name in (site, agent):
        if not is_id(name):
            raise ValueError(f"{name!r} is no site or agent id: a-z, 0-9 and -, at most 32, first no dash")
    return str(Topic(site, agent, kind))


def subscription(kind: MessageKind, site: str = "+", agent: str = "+") -> str:
    """A filter for one kind of message, of every site and agent unless named."""
    return f"{PREFIX}/{site}/{agent}/{kind}"


def parse(text: str) -> Topic | None:
    """The parts of a topic, or None where it is not one of ours."""
    parts = text.split("/")
    if len(parts) != 5 or "/".join(parts[:2]) != PREFIX:
        return None
    site, agent, kind = parts[2:]
    for known in KINDS:
        if kind == known and is_id(site) and is_id(agent):
            return Topic(site, agent, known)
    return None
