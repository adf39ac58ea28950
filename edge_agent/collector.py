"""What the lines have read, gathered for a moment and merged into columns."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge_agent.badges import pseudonym
from edge_agent.drivers.contract import Reply
from edge_agent.faults import FaultBook
from edge_agent.passage import Passages
from edge_agent.spool import Parcel
from wire.batch import Event, FaultReason, Frame


@dataclass(slots=True)
class DeviceState:
    """When a device last spoke (UTC ms), what it said, and what is wrong with it now."""

    last_read_ms: int | None = None
    fault: FaultReason | None = None
    values: dict[str, float | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Columns:
    device: str
    times: list[int] = field(default_factory=list)
    values: dict[str, list[float | None]] = field(default_factory=dict)

    def add(self, time_ms: int, values: Mapping[str, float | None]) -> None:
        self.times.append(time_ms)
        for quantity, value in values.items():
            self.values.setdefault(quantity, []).append(value)


class Collector:
    """Takes what lines hear; `hand_over` is given one parcel `linger_s` after its first reading or event.

    Card numbers end here: what is kept of them is the pseudonym.
    """

    def __init__(
        self,
        pepper: bytes,
        linger_s: float,
        hand_over: Callable[[Parcel], None],
        changed: Callable[[], None] = lambda: None,
        passages: Passages | None = None,
        elapsed_s: Callable[[], float] = time.monotonic,
        in_doubt: Callable[[], bool] = lambda: False,
    ) -> None:
        """`in_doubt`: whether stamps given now may be wrong; then each device says so by a fault event."""
        self._pepper = pepper
        self._linger_s = linger_s
        self._hand_over = hand_over
        self._changed = changed
        self._passages = passages or Passages()
        self._elapsed_s = elapsed_s
        self._in_doubt = in_doubt
        self._faults = FaultBook()
        self._columns: dict[tuple[str, ...], _Columns] = {}
        self._events: list[Event] = []
        self._timer: asyncio.TimerHandle | None = None
        self.devices: dict[str, DeviceState] = {}

    def reply(self, device: str, time_ms: int, reply: Reply) -> None:
        """A device has answered: its values, each null with its reason."""
        values = {quantity: _finite(value) for quantity, value in reply.values.items()}
        fault = self._spoke(device, time_ms)
        for quantity, value in values.items():
            if value is not None:
                self._faults.clear(device, quantity)
                continue
            reason = reply.faults.get(quantity, "not_a_number")
            fault = fault or reason
            self._fault(device, quantity, reason, time_ms)
        if values:
            key = (device, *sorted(values))
            self._columns.setdefault(key, _Columns(device)).add(time_ms, values)
        self._note(device, fault, time_ms)
        self.devices[device].values |= values
        self._start_lingering()

    def failure(self, device: str, time_ms: int, reason: FaultReason) -> None:
        """Nothing could be had of a device."""
        self._fault(device, None, reason, time_ms)
        self._note(device, reason, None)

    def restored(self, device: str) -> None:
        """The line of a device that is not asked is open again."""
        self._faults.clear(device, None)
        self._note(device, None, None)

    def card(self, device: str, time_ms: int, card: str) -> None:
        """A reader sees a badge: an event where it is a pass, nothing while the badge stays."""
        badge = pseudonym(self._pepper, card)
        passage = self._passages.seen(device, badge, self._elapsed_s())
        if passage is not None:
            self._event(
                Event(
                    device=device,
                    time=time_ms,
                    kind="badge",
                    badge=badge,
                    direction=passage.direction,
                    mark=passage.mark,
                )
            )
        self._note(device, self._spoke(device, time_ms), time_ms)

    def flush(self) -> None:
        """Hand over what is in hand, if anything is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        columns, events = self._columns, self._events
        self._columns, self._events = {}, []
        frames = [Frame(device=one.device, time=one.times, values=one.values) for one in columns.values()]
        if frames or events:
            self._hand_over((frames, events))

    def _spoke(self, device: str, time_ms: int) -> FaultReason | None:
        """The device is there. What is wrong with it as a whole: at most its stamp."""
        if not self._in_doubt():
            self._faults.clear(device, None)
            return None
        self._fault(device, None, "clock_unsynchronised", time_ms)
        return "clock_unsynchronised"

    def _fault(self, device: str, quantity: str | None, reason: FaultReason, time_ms: int) -> None:
        if self._faults.report(device, quantity, reason, time_ms):
            self._event(Event(device=device, time=time_ms, kind="fault", quantity=quantity, reason=reason))

    def _event(self, event: Event) -> None:
        self._events.append(event)
        self._start_lingering()

    def _note(self, device: str, fault: FaultReason | None, read_ms: int | None) -> None:
        state = self.devices.setdefault(device, DeviceState())
        state.last_read_ms = state.last_read_ms if read_ms is None else read_ms
        if state.fault != fault:
            state.fault = fault
            self._changed()

    def _start_lingering(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._linger_s, self.flush)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
