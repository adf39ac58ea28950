"""How long to wait before trying again: longer after each failure, never all at the same moment."""

from __future__ import annotations

import random
from typing import Final

_FACTOR: Final = 2.0
#: Each pause is between this share of its length and all of it, so that neither workers nor the agents
#: of a town come all at once.
_LEAST_SHARE: Final = 0.5


class Backoff:
    """A sequence of pauses in seconds, from `first_s` doubling up to `longest_s`."""

    def __init__(self, first_s: float = 0.2, longest_s: float = 10.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._length_s = first_s

    def pause_s(self) -> float:
        """The next pause; the one after it is longer."""
        length_s, self._length_s = self._length_s, min(self._length_s * _FACTOR, self._longest_s)
        return length_s * random.uniform(_LEAST_SHARE, 1.0)  # noqa: S311  # no secret

    def reset(self) -> None:
        """It works again: the next pause is the first."""
        self._length_s = self._first_s
