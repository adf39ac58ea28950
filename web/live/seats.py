"""Who may hold a live stream of one project: enough for everybody, and nobody may hold all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

#: Open streams of one project.
MOST_STREAMS: Final = 200
#: Of these one address may hold so many: a family, or the phones behind an office's one address. Streams that
#: a phone left behind without a word count until the network tells.
MOST_PER_ADDRESS: Final = 32


@dataclass(slots=True, eq=False)
class Seat:
    """One stream's place. `given_up` is set where another needed it more."""

    address: str
    given_up: bool = False


class Seats:
    """The streams of one project, the oldest first. Lives in the event loop."""

    def __init__(self, most: int = MOST_STREAMS, most_per_address: int = MOST_PER_ADDRESS) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._taken: dict[Seat, None] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def full(self, address: str) -> bool:
        """Whether there is no seat for `address`, and nobody has one too many."""
        held = self._held()
        return len(self._taken) >= self._most and not held[address] and max(held.values()) < 2

    def take(self, address: str) -> Seat:
        """A seat. Who has as many as one may have gives up the oldest; where all are taken, whoever has most
        gives up theirs."""
        held = self._held()
        if held[address] >= self._most_per_address:
            self._give_up(address)
        elif len(self._taken) >= self._most:
            self._give_up(max(held, key=lambda one: held[one]))
        seat = Seat(address)
        self._taken[seat] = None
        return seat

    def leave(self, seat: Seat) -> None:
        """Free it; one given up is free already."""
        self._taken.pop(seat, None)

    def _give_up(self, address: str) -> None:
        seat = next(seat for seat in self._taken if seat.address == address)
        seat.given_up = True
        self.leave(seat)

    def _held(self) -> Counter[str]:
        return Counter(seat.address for seat in self._taken)
