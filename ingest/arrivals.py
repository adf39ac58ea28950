"""The bounded places where messages wait: a lane a sender, served in turn. Who floods waits for itself."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

#: One group: so many messages and bytes are judged before the next look at who waits.
GROUP_MESSAGES: Final = 64
GROUP_BYTES: Final = 256 * 1024
#: Of who has taken more than its share at most so many at once: nobody waits for more of its messages.
GROUP_LATE: Final = 4
#: What may wait of all senders, and of one of them: packed, as it came.
MOST_BYTES: Final = 32 * 1024 * 1024
MOST_BYTES_OF_ONE: Final = 8 * 1024 * 1024


@dataclass(slots=True)
class _Lane:
    waiting: deque[Any] = field(default_factory=deque)
    bytes: int = 0


class Lanes:
    """What waits, by sender. `len` is the number of messages. Who is `late` (has taken more than its share of
    our time) is served where nobody else waits."""

    def __init__(
        self,
        sender: Callable[[Any], Hashable],
        size: Callable[[Any], int],
        late: Callable[[Hashable], bool] = lambda _: False,
    ) -> None:
        self._sender = sender
        self._size = size
        self._late = late
        self._lanes: OrderedDict[Hashable, _Lane] = OrderedDict()
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
        late = [name for name in self._lanes if self._late(name)]
        if len(late) == len(self._lanes):
            return self._take(self._lanes, GROUP_LATE)
        apart = {name: self._lanes.pop(name) for name in late}
        group = self._take(self._lanes, GROUP_MESSAGES)
        self._lanes.update(apart)
        return group

    def _take(self, lanes: OrderedDict[Hashable, _Lane], most: int) -> list[Any]:
        group: list[Any] = []
        size = 0
        while lanes and len(group) < most and size < GROUP_BYTES:
            name, lane = lanes.popitem(last=False)
            item = lane.waiting.popleft()
            group.append(item)
            size += self._size(item)
            self._weigh(lane, -self._size(item), -1)
            if lane.waiting:
                lanes[name] = lane
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
        sender: Callable[[Any], Hashable] = lambda _: None,
        size: Callable[[Any], int] = lambda _: 1,
        most_bytes: int = MOST_BYTES,
        most_bytes_of_one: int = MOST_BYTES_OF_ONE,
        late: Callable[[Hashable], bool] = lambda _: False,
    ) -> None:
        self.bound = bound
        self.dropped = 0
        self._size = size
        self._most_bytes = most_bytes
        self._most_bytes_of_one = most_bytes_of_one
        self._queue = Lanes(sender, size, late)
        super().__init__()

    def _init(self, maxsize: int) -> None:
        """The lanes are there already."""

    def _get(self) -> list[Any]:
        return self._queue.take()

    def _put(self, item: Any) -> None:  # noqa: ANN401 - as in the base class
        self._queue.add(item)

    def waits(self, item: Any) -> bool:  # noqa: ANN401 - any message
        """Whether something of the sender of `item` waits."""
        return self._queue.bytes_of(item) > 0

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
