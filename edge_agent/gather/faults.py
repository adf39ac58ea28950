"""Faults, told once: a device that is dead for a week says so once a minute, not once a second."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from wire.batch import FaultReason
from wire.durations import MINUTE_MS

REPEAT_AFTER_MS: Final = MINUTE_MS


@dataclass(slots=True)
class FaultBook:
    """The faults that stand now, by device and quantity (None: the whole device)."""

    _standing: dict[tuple[str, str | None], tuple[FaultReason, int]] = field(default_factory=dict)

    def report(self, device: str, quantity: str | None, reason: FaultReason, time_ms: int) -> bool:
        """Whether this fault is to be told: it is new, another than before, or a minute has passed."""
        known = self._standing.get((device, quantity))
        if known and known[0] == reason and 0 <= time_ms - known[1] < REPEAT_AFTER_MS:
            return False
        self._standing[device, quantity] = (reason, time_ms)
        return True

    def clear(self, device: str, quantity: str | None) -> None:
        """The value came."""
        self._standing.pop((device, quantity), None)
