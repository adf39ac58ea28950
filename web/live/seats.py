"""Who may hold a live stream: enough for everybody, and nobody may hold all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Open streams of one thing people look at.
MOST_STREAMS: Final = 200
#: Of these one address may hold so many: a family, or the phones behind an office's one address. Streams that
#: a phone left behind without a word count until the network tells.
MOST_PER_ADDRESS: Final = 32
#: Open streams of one process: what one core serves within a second (`make bench ONLY=fanout`), and a little.
MOST_OF_HOUSE: Final = 2_500
#: A firm's whole office behind one address.
MOST_OF_HOUSE_PER_ADDRESS: Final = 250


@dataclass(slots=True, eq=False)
class Seat:
    """One stream's place. `given_up` is set where another needed it more, and `tell` called."""

    address: str
    tell: Callable[[], None]
    given_up: bool = False


class Seats:
    """Streams, the oldest first. Lives in the event loop. With a `house` each takes a seat there, too."""

    def __init__(
        self, most: int = MOST_STREAMS, most_per_address: int = MOST_PER_ADDRESS, house: Seats | None = None
    ) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._house = house
        self._taken: dict[Seat, None] = {}
        self._held: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._taken)

    def full(self, address: str) -> bool:
        """Whether there is no seat for `address`, and nobody has one too many."""
        if self._house is not None and self._house.full(address):
            return True
        return len(self._taken) >= self._most and not self._held[address] and max(self._held.values()) < 2

    def take(self, address: str, tell: Callable[[], None] = lambda: None) -> Seat:
        """A seat. `tell` is called when it is given up: who has as many as one may have gives up the oldest;
        where all are taken, whoever has most gives up theirs."""
        seat = Seat(address, tell)
        self._place(seat)
        if self._house is not None:
            self._house._place(seat)  # noqa: SLF001 - the same class
        return seat

    def leave(self, seat: Seat) -> None:
        """Free it; one given up is free already."""
        if self._house is not None:
            self._house.leave(seat)
        if seat in self._taken:
            del self._taken[seat]
            self._held[seat.address] -= 1
            if not self._held[seat.address]:
                del self._held[seat.address]

    def _place(self, seat: Seat) -> None:
        if self._held[seat.address] >= self._most_per_address:
            self._give_up(seat.address)
        elif len(self._taken) >= self._most:
            self._give_up(max(self._held, key=lambda one: self._held[one]))
        self._taken[seat] = None
        self._held[seat.address] += 1

    def _give_up(self, address: str) -> None:
        seat = next(seat for seat in self._taken if seat.address == address)
        seat.given_up = True
        self.leave(seat)
        seat.tell()


def seats_of_house() -> Seats:
    """Those of a process, which all that is looked at shares."""
    return Seats(MOST_OF_HOUSE, MOST_OF_HOUSE_PER_ADDRESS)
