"""What the lines have read, gathered for a moment and merged into columns."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_agent.drivers.contract import Reply
from edge_agent.gather.badges import pseudonym
from edge_agent.gather.faults import FaultBook
from edge_agent.gather.passage import Passages
from edge_agent.spool.contents import Parcel
from wire.batch import Event, FaultReason, Frame

#: So long nothing has come where a round of answers is complete: a meter on a slow line takes 80 ms.
QUIET_S: Final = 0.12
#: Who allows more than this to be lost wants the card spared: then a round waits for the next ones.
_LIVE_S: Final = 1.0
#: Of what is allowed beyond it, what lies between two parcels at least: not all, for beats tremble.
_SPACING: Final = 0.9


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
    """Takes what lines hear; `hand_over` is given one parcel at most `power_cut_s` after its first reading.

    Usually earlier: once the devices that are asked at one beat have answered, that is when nothing has come
    for a moment. Where more than a second may be lost, about so much is gathered from several beats: each
    parcel costs the SD card a write. An event does not wait for that. Card numbers end here: what is kept of
    them is the pseudonym.
    """

    def __init__(
        self,
        pepper: bytes,
        power_cut_s: float,
        hand_over: Callable[[Parcel], None],
        changed: Callable[[], None] = lambda: None,
        passages: Passages | None = None,
        elapsed_s: Callable[[], float] = time.monotonic,
        in_doubt: Callable[[], bool] = lambda: False,
    ) -> None:
        """`in_doubt`: whether stamps given now may be wrong; then each device says so by a fault event."""
        self._pepper = pepper
        self._power_cut_s = power_cut_s
        self._hand_over = hand_over
        self._changed = changed
        self._passages = passages or Passages()
        self._elapsed_s = elapsed_s
        self._in_doubt = in_doubt
        self._faults = FaultBook()
        self._columns: dict[tuple[str, ...], _Columns] = {}
        self._events: list[Event] = []
        self._timer: asyncio.TimerHandle | None = None
        self._first_s = self._last_s = 0.0
        self._urgent = False
        self._flushed_s = float("-inf")
        self.devices: dict[str, DeviceState] = {}

    def reply(self, device: str, time_ms: int, reply: Reply) -> None:
        """A device has answered: its values, each at its time and each null with its reason."""
        values = {quantity: _finite(value) for quantity, value in reply.values.items()}
        fault = self._spoke(device, time_ms, reply.doubt)
        for quantity, value in values.items():
            if value is not None:
                self._faults.clear(device, quantity)
                continue
            reason = reply.faults.get(quantity, "not_a_number")
            fault = fault or reason
            self._fault(device, quantity, reason, time_ms)
        for age_ms in sorted({reply.ages_ms.get(quantity, 0) for quantity in values}):
            said = {one: value for one, value in values.items() if reply.ages_ms.get(one, 0) == age_ms}
            key = (device, *sorted(said))
            self._columns.setdefault(key, _Columns(device)).add(time_ms - age_ms, said)
        self._note(device, fault, time_ms)
        self.devices[device].values |= values
        self._gather(urgent=False)

    def failure(self, device: str, time_ms: int, reason: FaultReason) -> None:
        """Nothing could be had of a device."""
        self._fault(device, None, reason, time_ms)
        self._note(device, reason, None)

    def restored(self, device: str) -> None:
        """The line of a device that is not asked is open again."""
        self._faults.clear(device, None)
        self._note(device, None, None)

    def card(self, device: str, time_ms: int, card: str) -> None:
        """A reader sees a badge: an event where it is a pass, nothing while the badge stays; a fault where it
        sees more than people can pass."""
        now_s = self._elapsed_s()
        badge = pseudonym(self._pepper, card)
        passage = self._passages.seen(device, badge, now_s)
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
        doubt: FaultReason | None = "device_error" if self._passages.rate.is_beyond(device, now_s) else None
        self._note(device, self._spoke(device, time_ms, doubt), time_ms)

    @property
    def passes_dropped(self) -> int:
        """Passes that were more than a reader is believed."""
        return self._passages.rate.dropped

    def flush(self) -> None:
        """Hand over what is in hand, if anything is."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._flushed_s, self._urgent = self._elapsed_s(), False
        columns, events = self._columns, self._events
        self._columns, self._events = {}, []
        frames = [Frame(device=one.device, time=one.times, values=one.values) for one in columns.values()]
        if frames or events:
            self._hand_over((frames, events))

    def _spoke(self, device: str, time_ms: int, doubt: FaultReason | None = None) -> FaultReason | None:
        """The device is there. What is wrong with it as a whole: its stamp, or what it says of itself."""
        fault: FaultReason | None = "clock_unsynchronised" if self._in_doubt() else doubt
        if fault is None:
            self._faults.clear(device, None)
        else:
            self._fault(device, None, fault, time_ms)
        return fault

    def _fault(self, device: str, quantity: str | None, reason: FaultReason, time_ms: int) -> None:
        if self._faults.report(device, quantity, reason, time_ms):
            self._event(Event(device=device, time=time_ms, kind="fault", quantity=quantity, reason=reason))

    def _event(self, event: Event) -> None:
        self._events.append(event)
        self._gather(urgent=True)

    def _note(self, device: str, fault: FaultReason | None, read_ms: int | None) -> None:
        state = self.devices.setdefault(device, DeviceState())
        state.last_read_ms = state.last_read_ms if read_ms is None else read_ms
        if state.fault != fault:
            state.fault = fault
            self._changed()

    def _gather(self, *, urgent: bool) -> None:
        """Something has come: put the hand-over off while more is likely."""
        self._last_s = self._elapsed_s()
        self._urgent = self._urgent or urgent
        if self._timer is None:
            self._first_s = self._last_s
        if self._timer is None or urgent:
            self._look_again()

    def _due_in_s(self) -> float:
        spacing_s = _SPACING * max(self._power_cut_s - _LIVE_S, 0.0)
        spaced_s = 0.0 if self._urgent else self._flushed_s + spacing_s
        wanted_s = max(self._last_s + QUIET_S, spaced_s)
        return min(self._first_s + self._power_cut_s, wanted_s) - self._elapsed_s()

    def _look_again(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(max(self._due_in_s(), 0.0), self._look)

    def _look(self) -> None:
        if self._due_in_s() > 0:
            self._look_again()
        else:
            self.flush()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
