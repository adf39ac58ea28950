"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# An example that takes long on a busy machine is no fault of what it shows.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")
