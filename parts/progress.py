"""Whether work gets on: how it last ended, and for how long it has been under way."""

from __future__ import annotations

import time
from typing import Final

#: A step of a second or two is the largest there is; one under way for longer waits for something.
LATE_S: Final = 10.0


class Progress:
    """Told by who does the work, asked by who wants to know whether it is done. Never blocks."""

    def __init__(self) -> None:
        self._error: str | None = None
        self._since_s: float | None = None

    def begin(self) -> None:
        """A step is under way."""
        self._since_s = time.monotonic()

    def done(self) -> None:
        """It has come back well."""
        self._error = self._since_s = None

    def failed(self, error: Exception) -> None:
        """It has come back with an error."""
        self._error, self._since_s = str(error) or type(error).__name__, None

    def well(self) -> str | None:
        """Why it does not get on, None where it does: the last step failed, or one does not come back."""
        if self._since_s is not None and (busy_s := time.monotonic() - self._since_s) > LATE_S:
            return f"no answer for {busy_s:.0f} s"
        return self._error
