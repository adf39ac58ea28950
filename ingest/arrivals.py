"""The bounded places where messages wait: a lane a sender, served in turn. Who floods waits for itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

#: One group: so many messages and bytes are judged before the next look at who waits.
GROUP_MESSAGES: Final = 64
GROUP_BYTES: Final = 256 * 1024
#: What may wait of all senders, and of one of them: packed, as it came.
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_BYTES_OF_ONE: Final = 8 * 1024 * 1024


@dataclass(slots=True)
class _Lane:
    waiting: deque[Any] = field(default_factory=deque)
    bytes: int = 0


class Lanes:
    """What waits, by sender. `len` is the number of messages."""

    def __init__(self, sender: Callable[[Any], object], size: Callable[[Any], int]) -> None:
        self._sender = sender
        self._size = size
        self._lanes: OrderedDict[object, _Lane] = OrderedDict()
        self._count = 0
        self.bytes = 0

    def __len__(self) -> int:
        return self._count

    def bytes_of(self, item: Any) -> int:  # noqa: ANN401 - any message
        """How many bytes of the sender of `item` wait."""
        lane = self._lanes.get(self._sender(item))
        return 0 if lane is None else lane.bytes

    def add(self, item: Any) -> None:  # noqa: ANN401 - any message
        """At the end of its sender's lane."""
        lane = self._lanes.setdefault(self._sender(item), _Lane())
        lane.waiting.append(item)
        self._weigh(lane, self._size(item), 1)

    def drop_for(self, item: Any) -> bool:  # noqa: ANN401 - any message
        """Make room by dropping the newest of who has most waiting; False where it is that of `item`."""
        if not self._lanes:
            return False
        name, lane = max(self._lanes.items(), key=lambda one: (one[1].bytes, len(one[1].waiting)))
        if name == self._sender(item):
            return False
        self._weigh(lane, -self._size(lane.waiting.pop()), -1)
        if not lane.waiting:
            del self._lanes[name]
        return True

    def take(self) -> list[Any]:
        """One of each sender in turn, until a group is full."""
        group: list[Any] = []
        size = 0
        while self._lanes and len(group) < GROUP_MESSAGES and size < GROUP_BYTES:
            name, lane = self._lanes.popitem(last=False)
            item = lane.waiting.popleft()
            group.append(item)
            size += self._size(item)
            self._weigh(lane, -self._size(item), -1)
            if lane.waiting:
                self._lanes[name] = lane
        return group

    def _weigh(self, lane: _Lane, size: int, count: int) -> None:
        lane.bytes += size
        self.bytes += size
        self._count += count


class Arrivals(asyncio.Queue[Any]):
    """A queue whose `get` takes a group that waits, as a list: one task switch a group, not a message.

    At a bound of all the newest of who has most waiting is dropped, at a bound of one sender its newest, and
    counted: nothing is lost by that, as its agent has no receipt and sends it again. (asyncio.Queue leaves
    `_init`, `_get` and `_put` to subclasses.)
    """

    def __init__(
        self,
        bound: int,
        sender: Callable[[Any], object] = lambda _: None,
        size: Callable[[Any], int] = lambda _: 1,
        most_bytes: int = MOST_BYTES,
        most_bytes_of_one: int = MOST_BYTES_OF_ONE,
    ) -> None:
        self.bound = bound
        self.dropped = 0
        self._size = size
        self._most_bytes = most_bytes
        self._most_bytes_of_one = most_bytes_of_one
        self._queue = Lanes(sender, size)
        super().__init__()

    def _init(self, maxsize: int) -> None:
        """The lanes are there already."""

    def _get(self) -> list[Any]:
        return self._queue.take()

    def _put(self, item: Any) -> None:  # noqa: ANN401 - as in the base class
        self._queue.add(item)

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401 - as in the base class
        """Take `item` in, or drop one at the bound."""
        size = self._size(item)
        if self._queue.bytes_of(item) + size > self._most_bytes_of_one:
            self.dropped += 1
            return
        while self.qsize() >= self.bound or self._queue.bytes + size > self._most_bytes:
            self.dropped += 1
            if not self._queue.drop_for(item):
                return
        super().put_nowait(item)
