"""When silence may be called so, judged from the log in its order: live, in a replay, in a backtest alike.

Whoever has not listened cannot say that nothing was said. So silence counts from the last word, or from when
we began to listen after a start or an outage of ours (an entry of the log says so), whichever is later: until
then a device is late, an agent awaited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from analytics.situation.age import Freshness, freshness
from store.log.change import Change
from store.records.contract import AgentState


def device_freshness(
    newest: int | None, interval_ms: int, now: int, listening_since: int | None
) -> Freshness:
    """By its newest reading (UTC ms), None where there never was one."""
    by_age: Freshness = "silent" if newest is None else freshness(now - newest, interval_ms)
    if by_age == "silent" and listening_since is not None:
        return "silent" if freshness(now - listening_since, interval_ms) == "silent" else "late"
    return by_age


def is_awaited(now: int, listening_since: int | None, allowed_ms: int) -> bool:
    """Whether an agent that was not heard for `allowed_ms` may just not have been listened to."""
    return listening_since is not None and now - listening_since < allowed_ms


@dataclass(slots=True)
class Attendance:
    """Which agents of one site are there, by the log alone: its entries, taken in order."""

    listening_since: int | None = None
    _said: dict[str, AgentState] = field(default_factory=dict)
    _quiet: set[str] = field(default_factory=set)

    def listen(self, at: int) -> None:
        """An entry says that from UTC ms `at` on the sites are heard."""
        self.listening_since = at

    def change(self, site: str, agent: str, change: Change) -> None:
        """An entry says what of an agent has changed."""
        self._said[agent] = AgentState(site, agent, change.received, change.status)
        (self._quiet.add if change.quiet else self._quiet.discard)(agent)

    def batch(self, agent: str) -> None:
        """A batch of it was accepted: it is there, whether or not it says so."""
        self._quiet.discard(agent)

    def agents(self, now: int) -> Sequence[AgentState]:
        """What each says, as of `now` (UTC ms). Beats are no entries, that they stopped is one: an agent of
        which the log says neither is heard now, by a clock as far off as it was."""
        return [as_of(state, now, quiet=state.agent in self._quiet) for state in self._said.values()]


def as_of(state: AgentState, now: int, *, quiet: bool) -> AgentState:
    """What an agent says at `now` (UTC ms), of which the log says this last: it was heard now, by a clock as
    far off as it was, unless it has gone or was found quiet."""
    if not state.status.online or quiet:
        return state
    sent = max(0, state.status.sent + now - state.received)
    return replace(state, received=now, status=state.status.model_copy(update={"sent": sent}))
