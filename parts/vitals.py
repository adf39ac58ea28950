"""How a process is, in one document: for health, for the heartbeat, for doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from parts.part import PartState
from parts.supervisor import Supervisor

#: Characters of a reason: an error may hold all it was at, and the whole is to fit into one message between
#: processes.
_LONGEST_REASON: Final = 500

Status = Literal["ok", "starting", "failing"]


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the process is: the names of the parts that do not do their work (`starting`: not yet), and of each
    part how it is with its counters. Names nobody."""

    failing: list[str]
    parts: dict[str, dict[str, Any]]
    starting: bool = False

    @property
    def status(self) -> Status:
        """In a word."""
        if not self.failing:
            return "ok"
        return "starting" if self.starting else "failing"

    @property
    def status_code(self) -> int:
        """As HTTP says it: who watches has nothing to do while it starts."""
        return 503 if self.status == "failing" else 200

    def with_those_of(self, child: Vitals) -> Vitals:
        """Of a process and a child of it. They start only where whichever fails is starting."""
        return Vitals(
            self.failing + child.failing,
            self.parts | child.parts,
            starting=all(one.starting for one in (self, child) if one.failing),
        )


def vitals(supervisor: Supervisor) -> Vitals:
    """Which parts fail, and of each part its state and counters. Never blocks."""
    states = supervisor.states()
    failing = [state.name for state in states if state.why is not None]
    parts = {state.name: _shown(state) for state in states}
    return Vitals(failing, parts, starting=supervisor.starting())


def _shown(state: PartState) -> dict[str, Any]:
    word = "waiting" if state.waiting else "failing" if state.why is not None else "ok"
    found: dict[str, Any] = {"state": word, "restarts": state.restarts}
    if state.why is not None:
        found["why"] = _bounded(state.why)
    if state.reason:
        found["last_end"] = _bounded(state.reason)
    return found | {"counters": dict(state.counters)}


def _bounded(reason: str) -> str:
    return reason if len(reason) <= _LONGEST_REASON else reason[: _LONGEST_REASON - 1] + "…"
