"""What a store says when it cannot."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store could not do it now: disk full, locked, gone. Nothing of the call was kept; try again.

    The message names the store and the reason.
    """
