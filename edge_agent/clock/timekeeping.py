"""What readings are stamped with while nobody has set the clock yet, and whether stamps can be believed.

A Raspberry Pi has no clock that runs without power. Until a time service has set it, readings are held in
memory; their stamps then say only how far they lie apart (by the monotonic clock), and are put right once the
time is known. If it does not become known within `HOLD_S`, or too many wait, they go out with the time the
system believes, and with a mark: a fault event `clock_unsynchronised` of each device. The same mark stands
whenever the clock is in doubt later (`SteadyClock.doubtful`, or the kernel's word that it has drifted).
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from edge_agent.clock.clock import Clock
from edge_agent.clock.steady import SteadyClock
from edge_agent.spool.contents import Parcel
from wire.batch import Event, Frame

_log = logging.getLogger(__name__)

#: What is known of the system's clock: it is right; it was set since the machine started but may have
#: drifted; nobody has set it.
Knowledge = Literal["right", "drifting", "never set"]

#: A router that starts together with the Pi has a connection within about this.
HOLD_S: Final = 300.0
#: Values held at most, as many as the keeper holds for a disk that takes nothing.
HELD_READINGS: Final = 100_000
LOOK_EVERY_S: Final = 1.0
#: 2025-11-01: this software is younger, so an earlier time was not set by anybody.
FLOOR_MS: Final = 1_761_955_200_000
#: Under /run, what shows that a service keeps the time: systemd-timesyncd, chrony, ntpsec, ntpd.
_SERVICES: Final = ("systemd/timesync", "chrony", "ntpsec", "ntpd.pid")
#: systemd-timesyncd makes it when it has set the clock (systemd-timesyncd.service(8)).
_SYNCHRONIZED: Final = "systemd/timesync/synchronized"
#: adjtimex(2): TIME_ERROR, also once the error may have grown beyond 16 s, 9 hours without a time server.
TIME_ERROR: Final = 5
#: More than sizeof(struct timex), whose first word, `modes`, is 0: nothing is changed.
_TIMEX_BYTES: Final = 512


def knowledge(wall_ms: Clock, run: Path = Path("/run"), state: Callable[[], int] | None = None) -> Knowledge:
    """What this machine knows of its time. `state`: what adjtimex(2) returns, -1 where it may not be asked.

    Where no time service is at work (containers, machines with a clock of their own) a plausible date does.
    """
    if not any((run / name).exists() for name in _SERVICES):
        return "right" if wall_ms() >= FLOOR_MS else "never set"
    kernel = (state or _kernel_state)()
    if kernel not in (TIME_ERROR, -1):
        return "right"
    if (run / _SYNCHRONIZED).exists():
        return "drifting" if kernel == TIME_ERROR else "right"
    if kernel == -1 and not (run / "systemd/timesync").exists():
        return "right" if wall_ms() >= FLOOR_MS else "never set"
    return "never set"


def _kernel_state() -> int:
    return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))


class Timekeeping:
    """A `Clock`, and the place where parcels wait until it is known to be right.

    `hand_over` and `flush` are set by who owns the collector (`between`); `run` looks after it all.
    """

    def __init__(
        self,
        wall_ms: Clock,
        elapsed_s: Callable[[], float],
        known: Callable[[], Knowledge],
        newest_ms: int = 0,
        hold_s: float = HOLD_S,
        held_readings: int = HELD_READINGS,
    ) -> None:
        """`wall_ms`, `elapsed_s` and `newest_ms` as for `SteadyClock`."""
        self._wall_ms, self._elapsed_s, self._known = wall_ms, elapsed_s, known
        self._newest_ms, self._hold_s, self._held_readings = newest_ms, hold_s, held_readings
        self._knowledge = known()
        self.holding = self._knowledge == "never set"
        self._base_ms = max(wall_ms(), newest_ms + 1)
        self._base_s = elapsed_s()
        self._steady = SteadyClock(self._best_ms, elapsed_s, newest_ms)
        self._held: list[Parcel] = []
        self._weight = 0
        self._hand_over: Callable[[Parcel], None] | None = None
        self._flush: Callable[[], None] = lambda: None
        if self.holding:
            _log.warning("nobody has set the clock: readings are held for up to %.0f s", hold_s)

    def __call__(self) -> int:
        """UTC milliseconds; while `holding`, provisional ones."""
        return self._provisional_ms() if self.holding else self._steady()

    def doubtful(self) -> bool:
        """Whether a stamp given now may be wrong by more than a moment."""
        return self.holding or self._knowledge != "right" or self._steady.doubtful

    def between(self, flush: Callable[[], None], hand_over: Callable[[Parcel], None]) -> None:
        """Stand between a collector (its `flush`) and what its parcels go to."""
        self._flush, self._hand_over = flush, hand_over

    def take(self, parcel: Parcel) -> None:
        """A parcel on its way; it waits here while `holding`."""
        if not self.holding:
            self._pass_on(parcel)
            return
        self._held.append(parcel)
        self._weight += sum(frame.readings() for frame in parcel[0]) + len(parcel[1])
        if self._weight > self._held_readings:
            self._release(right=False)

    async def run(self) -> None:
        """Look at the clock, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self) -> None:
        """See what is known now, and let go what can be stamped, or has waited for too long."""
        before, self._knowledge = self._knowledge, self._known()
        if self.holding:
            right = self._knowledge != "never set"
            if right or self._elapsed_s() - self._base_s >= self._hold_s:
                self._flush()
                self._release(right=right)
        elif before != "right" and self._knowledge == "right":
            self._steady.trust()

    def let_go(self) -> None:
        """The end: what waits goes out as it is."""
        if self.holding:
            self._release(right=False)

    def _provisional_ms(self) -> int:
        return self._base_ms + round((self._elapsed_s() - self._base_s) * 1000.0)

    def _best_ms(self) -> int:
        """The system's clock; while nobody has set it, not behind the last reading before the machine started
        (a Pi without a time server may begin in 1970)."""
        wall_ms = self._wall_ms()
        return max(wall_ms, self._provisional_ms()) if self._knowledge == "never set" else wall_ms

    def _release(self, *, right: bool) -> None:
        if not self.holding:
            return
        provisional_ms = self._provisional_ms()
        newest_ms = self._newest_ms if right else provisional_ms
        self._steady = SteadyClock(self._best_ms, self._elapsed_s, newest_ms)
        by_ms = self._wall_ms() - provisional_ms if right else 0
        self.holding = False
        held, self._held, self._weight = self._held, [], 0
        words = "are stamped now" if right else "go out with a mark: nobody has set the clock"
        _log.warning("%d parcels that were held %s", len(held), words)
        for parcel in held:
            self._pass_on(put_right(parcel, by_ms) if right else parcel)

    def _pass_on(self, parcel: Parcel) -> None:
        if self._hand_over is not None:
            self._hand_over(parcel)


def put_right(parcel: Parcel, by_ms: int) -> Parcel:
    """The parcel with every stamp moved by so much, and without the marks that stamps are in doubt."""
    frames, events = parcel
    return [_moved(frame, by_ms) for frame in frames], _without_marks(events, by_ms)


def _moved(frame: Frame, by_ms: int) -> Frame:
    return frame.model_copy(update={"time": [time_ms + by_ms for time_ms in frame.time]})


def _without_marks(events: Sequence[Event], by_ms: int) -> list[Event]:
    return [
        event.model_copy(update={"time": event.time + by_ms})
        for event in events
        if event.reason != "clock_unsynchronised"
    ]
