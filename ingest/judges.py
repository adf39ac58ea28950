"""Who judges what came: this process what is small, a child of it what is costly."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from ingest.judge import Outcome, judge
from ingest.judging_process import JudgingProcess
from ingest.receive import Arrival
from store.records.registry import Directory
from store.threads import JUDGING, JUDGING_LARGE

#: What becomes of each message, by the directory at UTC ms, and the seconds of CPU that took.
Judgement = tuple[Outcome, float]
Ask = Callable[[Sequence[Arrival], int, Directory | None], Awaitable[list[Judgement]]]


class Judges:
    """`here` and `apart` may be asked at the same time, each once."""

    def __init__(self) -> None:
        self._child = JudgingProcess()
        self.counts = self._child.counts
        #: The child is not needed for now: it takes memory, and the next message has another.
        self.end = self._child.end

    async def here(
        self, group: Sequence[Arrival], now_ms: int, directory: Directory | None
    ) -> list[Judgement]:
        """Quick, but while the parser is at it nobody else in this process runs."""
        return await JUDGING.run(_judged, group, now_ms, directory)

    async def apart(
        self, group: Sequence[Arrival], now_ms: int, directory: Directory | None
    ) -> list[Judgement]:
        """However much it is: within bounds that the child has."""
        return [
            await JUDGING_LARGE.run(self._child.judge, one.topic, one.payload, now_ms, directory)
            for one in group
        ]


def _judged(group: Sequence[Arrival], now_ms: int, directory: Directory | None) -> list[Judgement]:
    judged = []
    for arrival in group:
        began_s = time.thread_time()
        outcome = judge(arrival.topic, arrival.payload, now_ms, directory)
        judged.append((outcome, time.thread_time() - began_s))
    return judged
