"""What devices have said they do not have, so that they are not asked for it in every poll."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

#: A device is believed for so many of its polls, then asked again: its configuration may have changed.
BELIEVED_POLLS: Final = 100
#: Different things remembered of one device; beyond it all of them are asked again.
MOST_REFUSED: Final = 512


class Refusals:
    """Refusals by device. A device's own are forgotten after BELIEVED_POLLS polls."""

    def __init__(self) -> None:
        self._refused: dict[str, set[Hashable]] = {}
        self._polls: dict[str, int] = {}

    def begin_poll(self, device: str) -> None:
        """A device is about to be asked."""
        polls = self._polls.get(device, 0) + 1
        if polls > BELIEVED_POLLS:
            self.forget(device)
            polls = 1
        self._polls[device] = polls

    def add(self, device: str, what: Hashable) -> None:
        """The device has no `what`."""
        known = self._refused.setdefault(device, set())
        if len(known) >= MOST_REFUSED:
            known.clear()
        known.add(what)

    def has(self, device: str, what: Hashable) -> bool:
        """Whether the device has refused `what`."""
        return what in self._refused.get(device, ())

    def forget(self, device: str) -> None:
        """Ask the device for everything again."""
        self._refused.pop(device, None)
        self._polls.pop(device, None)
