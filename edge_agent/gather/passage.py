"""What a badge held to a reader means: one pass or a repeat, in or out, and whether it fits what came before.

A reader repeats a badge while it stays; one presence is one pass. A reader has a direction of its own, or two
readers stand on the two sides of one gate: then the order in which they see a badge is its direction. The
first of the two is passed on at once without direction (nothing waits, nothing is lost), the second with it.

Anti-passback here is a mark, never a refusal: somebody came in twice without going out, or went out without
having come in. It is only told where a site has readers for both ways, and only of badges seen before: after
a restart the first pass of each badge is unmarked.

Everything goes by pseudonym: this module never sees a card's number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from edge_agent.gather.reader_rate import ReaderRate
from wire.batch import Direction, PassageMark

Side = Literal["outside", "inside"]

DEBOUNCE_S: Final = 2.0
#: How long somebody may take from one side of a gate to the other.
THROUGH_GATE_S: Final = 15.0
#: Badges remembered; at the bound the one not seen for longest is forgotten (counted).
MOST_BADGES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reader:
    """One badge reader. `direction`, or `gate` and `side`, or neither: then passes have no direction."""

    device: str
    #: The protocol's address where several readers share a line.
    address: str = ""
    direction: Direction | None = None
    gate: str | None = None
    side: Side | None = None
    debounce_s: float = DEBOUNCE_S


@dataclass(frozen=True, slots=True)
class Passage:
    """One pass."""

    direction: Direction | None
    mark: PassageMark | None = None


@dataclass(slots=True)
class _Badge:
    """What is remembered of a badge. Seconds are monotonic."""

    #: When each reader last saw it.
    seen_s: dict[str, float] = field(default_factory=dict)
    #: The side of each gate it was last seen on, and when.
    sides: dict[str, tuple[Side, float]] = field(default_factory=dict)
    last: Direction | None = None


class Passages:
    """The badges of one site."""

    def __init__(self, readers: Iterable[Reader] = (), most_badges: int = MOST_BADGES) -> None:
        self._readers = {reader.device: reader for reader in readers}
        self._most_badges = most_badges
        #: In the order in which they were last seen.
        self._badges: dict[str, _Badge] = {}
        ways = {reader.direction for reader in self._readers.values()}
        gates = {reader.gate for reader in self._readers.values() if reader.gate is not None}
        self._both_ways = bool(gates) or {"in", "out"} <= ways
        self.forgotten = 0
        self.rate = ReaderRate()

    def seen(self, device: str, badge: str, now_s: float) -> Passage | None:
        """The pass, or None while a badge that was told stays at its reader, and for one more than a reader
        is believed (`rate`): that one is not remembered either. `now_s` is monotonic."""
        reader = self._readers.get(device, Reader(device))
        before_s = self._badges[badge].seen_s.get(device) if badge in self._badges else None
        stays = before_s is not None and now_s - before_s <= reader.debounce_s
        if not stays and not self.rate.take(device, now_s):
            return None
        known = self._remembered(badge)
        known.seen_s[device] = now_s
        if stays:
            return None
        direction = reader.direction or _through(reader, known, now_s)
        mark = self._mark(known, direction)
        known.last = direction or known.last
        return Passage(direction, mark)

    def _remembered(self, badge: str) -> _Badge:
        known = self._badges.pop(badge, None) or _Badge()
        self._badges[badge] = known
        if len(self._badges) > self._most_badges:
            del self._badges[next(iter(self._badges))]
            self.forgotten += 1
        return known

    def _mark(self, known: _Badge, direction: Direction | None) -> PassageMark | None:
        if not self._both_ways or direction is None or known.last != direction:
            return None
        return "in_without_out" if direction == "in" else "out_without_in"


def _through(reader: Reader, known: _Badge, now_s: float) -> Direction | None:
    """The direction of a badge that came through a gate with two readers; None while on one side."""
    if reader.gate is None or reader.side is None:
        return None
    before = known.sides.get(reader.gate)
    if before is not None and before[0] != reader.side and now_s - before[1] <= THROUGH_GATE_S:
        # This pass is over: the same sighting must not begin the way back.
        del known.sides[reader.gate]
        return "in" if reader.side == "inside" else "out"
    known.sides[reader.gate] = (reader.side, now_s)
    return None
