"""The shim of clock and disk."""

from __future__ import annotations

from tests.shim import shim

__all__ = ["shim"]
