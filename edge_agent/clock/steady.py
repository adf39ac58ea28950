"""The clock readings are stamped by: right, and never twice the same moment.

A reading is known by its device and its time. When the system's clock is set back, times come again that
have been given already, and the second reading of a moment would be taken for a repeat of the first and be
lost. So this clock never goes back by little: it runs at half speed until the system's clock has caught up.
And because who sets a clock wrong often corrects it soon, a jump is believed only once it has lasted; until
then time goes on by the monotonic clock.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from edge_agent.clock.clock import Clock

_log = logging.getLogger(__name__)

#: What a time service corrects without a jump; followed at once.
SMALL_MS: Final = 1_000
#: A stamp that may be wrong by more than this is in doubt. A leap second that the kernel repeats is more.
DOUBT_MS: Final = 250
BELIEVED_AFTER_S: Final = 20.0
#: The cloud sets aside what is stamped further ahead than this (`ingest.screen`), so nothing stands in the
#: store that a larger step back could come upon: it is taken whole.
LARGE_MS: Final = 10 * 60 * 1000
#: A Pi without a battery starts at most so far behind its last reading; more is a clock that was wild.
BEHIND_AT_START_MS: Final = 24 * 3600 * 1000
_SPEED_WHILE_BEHIND: Final = 0.5


class SteadyClock:
    """A `Clock`. Asked twice within a millisecond it says the same; over more it always goes on."""

    def __init__(self, wall_ms: Clock, elapsed_s: Callable[[], float], newest_ms: int = 0) -> None:
        """`wall_ms`: the system's clock; `elapsed_s`: monotonic; `newest_ms`: the last time given before this
        process began, 0 where that is not known."""
        self._wall_ms = wall_ms
        self._elapsed_s = elapsed_s
        self._elapsed_ms = elapsed_s() * 1000.0
        self._offset_ms = wall_ms() - self._elapsed_ms
        self._jumped: tuple[float, float] | None = None
        self._last_ms = 0.0
        if 0 <= newest_ms - wall_ms() <= BEHIND_AT_START_MS:
            self._last_ms = newest_ms + 1.0

    def __call__(self) -> int:
        """UTC milliseconds."""
        elapsed_ms = self._elapsed_s() * 1000.0
        self._follow(self._wall_ms() - elapsed_ms, elapsed_ms)
        slowly_ms = self._last_ms + (elapsed_ms - self._elapsed_ms) * _SPEED_WHILE_BEHIND
        self._last_ms = max(self._offset_ms + elapsed_ms, slowly_ms)
        self._elapsed_ms = elapsed_ms
        return int(self._last_ms)

    @property
    def doubtful(self) -> bool:
        """Whether the time last given may be wrong: the system's clock has jumped, or is being waited for."""
        behind_ms = self._last_ms - (self._offset_ms + self._elapsed_ms)
        return self._jumped is not None or behind_ms > DOUBT_MS

    def trust(self) -> None:
        """Who knows the time has just set the system's clock: it is followed at once."""
        elapsed_ms = self._elapsed_s() * 1000.0
        self._believe(self._wall_ms() - elapsed_ms)

    def _follow(self, offset_ms: float, elapsed_ms: float) -> None:
        """Believe small differences at once, jumps once they have lasted."""
        if abs(offset_ms - self._offset_ms) <= SMALL_MS:
            self._offset_ms, self._jumped = offset_ms, None
        elif self._jumped is None or abs(offset_ms - self._jumped[0]) > SMALL_MS:
            self._jumped = offset_ms, elapsed_ms
            _log.warning("the system's clock has jumped by %.1f s", (offset_ms - self._offset_ms) / 1000.0)
        elif elapsed_ms - self._jumped[1] >= BELIEVED_AFTER_S * 1000.0:
            _log.warning("the system's clock stays where it jumped to: it is followed")
            self._believe(offset_ms)

    def _believe(self, offset_ms: float) -> None:
        if self._offset_ms - offset_ms > LARGE_MS:
            self._last_ms = 0.0
        self._offset_ms, self._jumped = offset_ms, None
