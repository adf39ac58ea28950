"""What the tests of taking over share."""

from __future__ import annotations

from tests.edge_agent.profiling.importing import imported

__all__ = ["imported"]
