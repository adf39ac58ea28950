"""What each agent was last, and which of what it says next is a change: beats are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from store.log.change import change_entry
from store.log.contract import Entry
from store.records.contract import AgentState
from wire.batch import FaultReason
from wire.status import DeviceStatus, silent_after_ms

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Last:
    """What an agent said last, which devices it read then, and whether the log says that it fell silent."""

    state: AgentState
    devices: Sequence[DeviceStatus]
    quiet: bool = False

    def then(self, state: AgentState) -> Last:
        """After it said more. Told again byte for byte (retained, after we connected anew) it is no word of
        its own."""
        if state.status == self.state.status:
            return self
        return Last(state, state.status.devices or self.devices)


def is_change(before: AgentState | None, now: AgentState) -> bool:
    """Whether it came, went, was not heard for long, reads other devices or says otherwise what is wrong with
    them."""
    if before is None:
        return True
    if before.status == now.status:
        return False
    if before.status.online != now.status.online:
        return True
    if now.received - before.received >= silent_after_ms(before.status):
        return True
    return now.status.online and _faults(before.status.devices) != _faults(now.status.devices)


def _faults(devices: Iterable[DeviceStatus]) -> dict[str, FaultReason | None]:
    return {one.device: one.fault for one in devices}


class Agents:
    """What is known of each, in memory; to be used from one thread at a time."""

    def __init__(self) -> None:
        self._last: dict[Key, Last] = {}

    def __contains__(self, key: Key) -> bool:
        return key in self._last

    def know(self, states: Iterable[AgentState]) -> None:
        """What the records say, of those of which nothing is known yet."""
        for state in states:
            self._last.setdefault((state.site, state.agent), Last(state, state.status.devices))

    def entries(self, said: Sequence[AgentState]) -> list[Entry]:
        """What is a change of what one agent says, in order. It is not remembered before `take`."""
        found: list[Entry] = []
        last = self._last.get((said[0].site, said[0].agent)) if said else None
        for state in said:
            before, last = last, Last(state, state.status.devices) if last is None else last.then(state)
            if last is not before and (before is None or before.quiet or is_change(before.state, state)):
                status = state.status.model_copy(update={"devices": list(last.devices)})
                found.append(change_entry(replace(state, status=status)))
        return found

    def take(self, said: Iterable[AgentState]) -> None:
        """Remember it."""
        for state in said:
            key = state.site, state.agent
            last = self._last.get(key)
            self._last[key] = Last(state, state.status.devices) if last is None else last.then(state)

    def silent(self, now: int, listening_since: int, heard: dict[Key, int]) -> list[Key]:
        """Those that said they are there, of which neither a status nor a batch (`heard`) came for as long as
        they may be silent, though somebody has listened since UTC ms `listening_since`, and of which that
        has not been told."""
        return [
            key
            for key, last in self._last.items()
            if last.state.status.online
            and not last.quiet
            and max(last.state.received, heard.get(key, 0), listening_since)
            <= now - silent_after_ms(last.state.status)
        ]

    def quiet_entry(self, key: Key) -> Entry:
        """That it fell silent."""
        last = self._last[key]
        status = last.state.status.model_copy(update={"devices": list(last.devices)})
        return change_entry(replace(last.state, status=status), quiet=True)

    def told(self, keys: Iterable[Key]) -> None:
        """That they fell silent is in the log."""
        for key in keys:
            self._last[key] = replace(self._last[key], quiet=True)
