"""Which agents of a site can be believed now, and which reads which device: pure functions over what they
said last.

An agent is judged by when it was last heard, not by what its retained status claims: who died together with
its broker left `online: true` behind for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analytics.situation.silence import is_awaited
from store.records.contract import AgentState
from wire.status import silent_after_ms

#: live: heard, and its clock agrees. offline: the broker says that it is gone. silent: not heard for long.
#: clock: heard, but its status bears another time than it came at; its clock is wrong or stands still, or the
#: status is an old one that a broker kept. awaited: as silent, but we have not listened long enough to say.
Condition = Literal["live", "offline", "silent", "clock", "awaited"]
Ability = Literal["able", "fault", "unheard"]

#: Between writing a status and its arrival lie a slow link and two clocks kept by NTP: not minutes.
CLOCK_WITHIN_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Agent:
    """`heard` (UTC ms) is the last sign of life. `reads` are the devices of its site file, None where it has
    not said; of these it `owns` those that no agent heard later reads."""

    state: AgentState
    condition: Condition
    heard: int
    reads: frozenset[str] | None
    owns: frozenset[str]

    @property
    def live(self) -> bool:
        return self.condition == "live"


def agents_now(
    states: Sequence[AgentState],
    devices: Collection[str],
    remembered: Mapping[str, frozenset[str]],
    newest: Callable[[str], int | None],
    now: int,
    listening_since: int | None = None,
) -> list[Agent]:
    """The agents of a site as of `now` (UTC ms), without those that others have replaced.

    `devices` are the site's; `remembered` says what agents read before their last will, which says nothing of
    it; `newest(device)` is the time of its newest reading or event. `listening_since`: see silence.
    """
    reads = {state.agent: _reads(state, remembered) for state in states}
    owner = _owners(states, reads)
    unowned = frozenset(device for device in devices if device not in owner)
    found = []
    for state in states:
        listed = reads[state.agent]
        own = unowned if listed is None else frozenset(d for d in listed if owner[d] == state.agent)
        spoke = max((t for device in own if (t := newest(device)) is not None), default=None)
        heard = _heard(state, spoke)
        found.append(Agent(state, _condition(state, heard, now, listening_since), heard, listed, own))
    return [agent for agent in found if agent.live or not _replaced(agent, found, devices)]


def ability(device: str, agents: Sequence[Agent]) -> Ability:
    """Whether a device that speaks only when something happens could speak now: only its agent knows."""
    readers = [agent for agent in agents if agent.live and device in (agent.reads or ())]
    if readers:
        said = [one for agent in readers for one in agent.state.status.devices if one.device == device]
        return "fault" if said and all(one.fault is not None for one in said) else "able"
    if not agents or any(agent.live and agent.reads is None for agent in agents):
        return "able"  # nobody says who reads what
    if any(not agent.live and (agent.reads is None or device in agent.reads) for agent in agents):
        return "unheard"
    return "fault"


def reader_of(device: str, agents: Sequence[Agent]) -> Agent | None:
    """The agent that reads it now, None where that is not known."""
    return next((agent for agent in agents if agent.reads and device in agent.owns), None)


def _reads(state: AgentState, remembered: Mapping[str, frozenset[str]]) -> frozenset[str] | None:
    said = frozenset(one.device for one in state.status.devices)
    return said or remembered.get(state.agent)


def _owners(states: Sequence[AgentState], reads: Mapping[str, frozenset[str] | None]) -> dict[str, str]:
    """Device -> the agent that read it last, by arrival; one that is gone only where there is no other."""
    order = sorted(states, key=lambda state: (state.status.online, state.received))
    return {device: state.agent for state in order for device in reads[state.agent] or ()}


def _heard(state: AgentState, spoke: int | None) -> int:
    """A last will is the broker's word: the agent itself was heard with its last reading."""
    if not state.status.online:
        return state.received if spoke is None else min(spoke, state.received)
    return max(state.received, spoke or 0)


def _condition(state: AgentState, heard: int, now: int, listening_since: int | None) -> Condition:
    if not state.status.online:
        return "offline"
    allowed_ms = silent_after_ms(state.status)
    if now - heard >= allowed_ms:
        return "awaited" if is_awaited(now, listening_since, allowed_ms) else "silent"
    return "live" if abs(state.received - state.status.sent) <= CLOCK_WITHIN_MS else "clock"


def _replaced(agent: Agent, others: Sequence[Agent], devices: Collection[str]) -> bool:
    """Others that live read everything it read; where it never said what, everything there is."""
    taken = {device for other in others if other.live for device in other.reads or ()}
    left = frozenset(devices) if agent.reads is None else agent.reads
    return bool(left) and left <= taken
