"""Where the cloud's blocking work is done: a small pool of threads for each purpose, so that none waits for
another's. `asyncio.to_thread` has one pool for everything: a page that opens would delay a receipt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar

from store.errors import StoreError

#: How long a thread computes before it gives way, where Python's own default is 5 ms: a commit that comes
#: back from the disk stands behind every thread that computes a page.
SWITCH_INTERVAL_S: Final = 0.001

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class OverloadedError(StoreError):
    """So much waits for these threads that more would only wait longer. Try again later."""


class Threads:
    """At most `threads` calls at once and `most_waiting` behind them; a call beyond that is refused.

    Threads start when they are first needed. Usable from any event loop.
    """

    def __init__(self, name: str, threads: int, most_waiting: int) -> None:
        self.name: Final = name
        self._most = threads + most_waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._taken = 0
        #: Calls refused since the process started.
        self.refused = 0

    async def run(
        self, work: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> _Result:
        """What `work` returns or raises. Raises OverloadedError where too much waits.

        Of a task that is cancelled, a call that still waits is never made, one that has begun is finished.
        """
        with self._lock:
            if self._taken >= self._most:
                self.refused += 1
                raise OverloadedError(f"{self.name}: {self._taken} calls wait already; try again later")
            self._taken += 1
        future = self._pool.submit(work, *args, **kwargs)
        future.add_done_callback(self._done)
        return await asyncio.wrap_future(future)

    def _done(self, _future: Future[Any]) -> None:
        with self._lock:
            self._taken -= 1


#: Group commits of batches and what is set aside with them: nothing else may stand before a receipt.
COMMITS: Final = Threads("commits", threads=2, most_waiting=64)
#: What agents send, held against what it should be. Large messages are judged in a child process, for whose
#: answer a thread waits: however long they take, small ones are judged meanwhile.
JUDGING: Final = Threads("judging", threads=1, most_waiting=64)
JUDGING_LARGE: Final = Threads("judging-large", threads=1, most_waiting=64)
#: Statuses of agents and the directory of who may send.
UPKEEP: Final = Threads("upkeep", threads=2, most_waiting=64)
#: Whether the parts are well. It may hang with what it asks, and must hold back nothing else.
HEALTH: Final = Threads("health", threads=2, most_waiting=16)
#: Leases are lost when they are not held on to in time.
LEASES: Final = Threads("leases", threads=1, most_waiting=4)
#: From the log to the time series and the records: its loops are few, each waits for its own call.
WRITING: Final = Threads("writing", threads=4, most_waiting=16)
#: Readers of the log for what it means.
ANALYTICS: Final = Threads("analytics", threads=1, most_waiting=16)
#: The follower behind the live pages: a page that opens does not hold back those that are open.
LIVE: Final = Threads("live", threads=1, most_waiting=64)
#: Pages that open. Two, for Python runs one at a time anyway; a crowd is told to come back.
PAGES: Final = Threads("pages", threads=2, most_waiting=256)
#: The HTTP API: as many at once as FastAPI's own pool is held to.
API_THREADS: Final = 4
API: Final = Threads("api", API_THREADS, most_waiting=256)
#: Passwords that are held against their hashes: made to be slow, so a flood of them waits here alone, and is
#: refused before it is long.
PASSWORDS: Final = Threads("passwords", threads=1, most_waiting=16)
EVERY_POOL: Final = (
    COMMITS,
    JUDGING,
    JUDGING_LARGE,
    UPKEEP,
    HEALTH,
    LEASES,
    WRITING,
    ANALYTICS,
    LIVE,
    PAGES,
    API,
    PASSWORDS,
)
