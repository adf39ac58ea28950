"""How a process is, in one document: for health, for the heartbeat, for doctor."""

from __future__ import annotations

from typing import Any

from parts.part import PartState
from parts.supervisor import Supervisor
from web.api.sources import Vitals


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
        found["why"] = state.why
    if state.reason:
        found["last_end"] = state.reason
    return found | {"counters": dict(state.counters)}
