"""What a store says when it cannot."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store could not do it now: disk full, locked, gone. Try again: a call is kept whole or not at all.

    Where a server went away in the middle, which of the two is not known, and asking again is safe: each
    write here is idempotent. The message names the store and the reason.
    """
