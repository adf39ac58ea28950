"""Whose clock is wrong, ours or an agent's? None is believed alone.

An agent that is ahead of us by an hour has a wrong clock, or we have. We have where several agents that know
nothing of each other are ahead by the same; or where one is by as much as our own clock has demonstrably
gone back: against a clock that cannot jump, or behind what stands in the log as accepted.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

#: Site and agent.
Agent = tuple[str, str]

#: Ours is called behind from here on; less is two clocks and a slow link.
LEAST_BEHIND_MS: Final = 120_000
#: Clocks that say the same differ by so much: NTP, queues and the link between.
SPREAD_MS: Final = 30_000
#: After our clock went back it may have stood for so long (a machine that was off) before anyone is heard.
_MOST_DOWNTIME_MS: Final = 86_400_000
#: Who was not heard for so long has no voice.
_HEARD_WITHIN_S: Final = 900.0
_LOOK_EVERY_S: Final = 1.0
#: The oldest make room: so many agents are more than enough to ask.
_MOST_VOICES: Final = 4096


@dataclass(frozen=True, slots=True)
class Voice:
    """By how much an agent that was heard of late is ahead of our clock (negative: behind), and whether it
    was heard more than once and its clock moves as fast as one that cannot jump."""

    ahead_ms: int
    paced: bool


def behind_ms(voices: Mapping[Agent, Voice], *, stepped_back_ms: int = 0, log_ahead_ms: int = 0) -> int:
    """By how much our clock is behind (0: nothing speaks for it). Pure.

    `stepped_back_ms`: how far it has gone back against a steady clock since the process started;
    `log_ahead_ms`: by how much the newest entry of the log was accepted later than our clock says it is.
    """
    group = _largest_group(voices)
    if not group or 2 * len(group) <= len(voices):
        return 0
    ahead = sorted(voices[agent].ahead_ms for agent in group)
    middle = ahead[len(ahead) // 2]
    agree = len(group) > 1 and _is_majority_of_sites(group, voices)
    borne_out = all(voices[agent].paced for agent in group) and (
        abs(middle - stepped_back_ms) <= SPREAD_MS
        or LEAST_BEHIND_MS <= log_ahead_ms <= middle + SPREAD_MS <= log_ahead_ms + _MOST_DOWNTIME_MS
    )
    return middle if agree or borne_out else 0


def _largest_group(voices: Mapping[Agent, Voice]) -> list[Agent]:
    """Of the agents that are far ahead the most that say the same."""
    far = sorted(
        (voice.ahead_ms, agent) for agent, voice in voices.items() if voice.ahead_ms >= LEAST_BEHIND_MS
    )
    best: tuple[int, int] = (0, 0)
    begin = 0
    for end, (ahead_ms, _) in enumerate(far):
        while ahead_ms - far[begin][0] > SPREAD_MS:
            begin += 1
        best = max(best, (end + 1 - begin, begin))
    length, start = best
    return [agent for _, agent in far[start : start + length]]


def _is_majority_of_sites(group: list[Agent], voices: Mapping[Agent, Voice]) -> bool:
    """So that one site, however many agents it says it has, does not set the clock of the others."""
    return 2 * len({site for site, _ in group}) > len({site for site, _ in voices})


@dataclass(slots=True)
class _Heard:
    """`offset_ms`: an agent's time less the steady clock's, the most of late (what waited in a spool bears an
    older time); `times` it was heard at that pace."""

    offset_ms: int
    at_s: float
    times: int = 1


class Clocks:
    """What agents say it is, held against our clock. To be told and asked from one event loop; `now` from
    anywhere."""

    def __init__(
        self,
        clock: Callable[[], int],
        steady_s: Callable[[], float] = time.monotonic,
        log_newest: int | None = None,
    ) -> None:
        """`clock` gives UTC ms by this machine; `log_newest`: when the log's newest entry was accepted."""
        self._clock = clock
        self._steady_s = steady_s
        self._log_newest = log_newest
        self._began_ms = clock() - self._steady_ms()
        self._heard: OrderedDict[Agent, _Heard] = OrderedDict()
        self.behind_ms = 0

    def now(self) -> int:
        """UTC ms: what the machine says, set right by what it is known to be behind."""
        return self._clock() + self.behind_ms

    def hear(self, agent: Agent, sent_ms: int) -> None:
        """An agent sent something at `sent_ms` by its own clock."""
        steady_s = self._steady_s()
        offset_ms = sent_ms - self._steady_ms()
        known = self._heard.pop(agent, None)
        if (
            known is None
            or steady_s - known.at_s > _HEARD_WITHIN_S
            or offset_ms > known.offset_ms + SPREAD_MS
        ):
            known = _Heard(offset_ms, steady_s)
        elif offset_ms >= known.offset_ms - SPREAD_MS:
            known = _Heard(max(offset_ms, known.offset_ms), steady_s, known.times + 1)
        self._heard[agent] = known
        if len(self._heard) > _MOST_VOICES:
            self._heard.popitem(last=False)

    def look(self) -> bool:
        """Judge anew by what was heard; whether that changed what time it is by more than clocks differ."""
        clock_ms, before = self._clock(), self.behind_ms
        self.behind_ms = behind_ms(
            self._voices(clock_ms),
            stepped_back_ms=self._began_ms + self._steady_ms() - clock_ms,
            log_ahead_ms=0 if self._log_newest is None else self._log_newest - clock_ms,
        )
        return abs(self.behind_ms - before) > SPREAD_MS

    def well(self) -> str | None:
        """That the clock of this machine is wrong, None where nothing says so."""
        if not self.behind_ms:
            return None
        return f"this machine's clock is behind by about {self.behind_ms / 1000:.0f} s"

    async def run(self) -> None:
        """For ever: our clock may step, or be set right, while nobody speaks."""
        while True:
            self.look()
            await asyncio.sleep(_LOOK_EVERY_S)

    def _voices(self, clock_ms: int) -> dict[Agent, Voice]:
        steady_s, steady_ms = self._steady_s(), self._steady_ms()
        return {
            agent: Voice(heard.offset_ms + steady_ms - clock_ms, heard.times > 1)
            for agent, heard in self._heard.items()
            if steady_s - heard.at_s <= _HEARD_WITHIN_S
        }

    def _steady_ms(self) -> int:
        return round(self._steady_s() * 1000)
