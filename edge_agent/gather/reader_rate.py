"""How many passes a reader is believed.

Whoever has a reader's password, or its wires, can hold any card number to it: each becomes a pseudonym in
the cloud, and with enough of them whoever sees both has a table of cards. People pass one by one, so a bound
costs them nothing and makes that slow and seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: A turnstile lets about one person through a second; a group at once is more readers' beeps than that.
PASSES_A_S: Final = 1.0
BURST: Final = 30
#: A reader that was beyond it is said to be so for this long after.
TOLD_FOR_S: Final = 60.0


@dataclass(slots=True)
class _Reader:
    tokens: float
    at_s: float
    beyond_s: float = float("-inf")


class ReaderRate:
    """A token bucket for each reader. Seconds are monotonic."""

    def __init__(self) -> None:
        self._readers: dict[str, _Reader] = {}
        #: Passes that were not believed.
        self.dropped = 0

    def take(self, device: str, now_s: float) -> bool:
        """Whether another pass at this reader is believed."""
        reader = self._readers.setdefault(device, _Reader(BURST, now_s))
        reader.tokens = min(BURST, reader.tokens + PASSES_A_S * max(now_s - reader.at_s, 0.0))
        reader.at_s = now_s
        if reader.tokens >= 1:
            reader.tokens -= 1
            return True
        reader.beyond_s = now_s
        self.dropped += 1
        return False

    def is_beyond(self, device: str, now_s: float) -> bool:
        """Whether passes of this reader were dropped within the last minute."""
        reader = self._readers.get(device)
        return reader is not None and now_s - reader.beyond_s < TOLD_FOR_S
