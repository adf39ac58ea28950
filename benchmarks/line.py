"""The edge: serial lines used to their limit, the agent's cost, the spool, and a week's backlog drained."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import line_agent, line_drain, line_spool
from benchmarks.report import Figure


def measure() -> list[Figure]:
    """All figures of the edge."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        return [
            *line_agent.measure(folder),
            *line_spool.measure(folder / "spool"),
            *line_drain.measure(folder / "drain"),
        ]
