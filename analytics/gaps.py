"""Where a time column has holes: a chart hatches them, a gap is never bridged, zero is not missing."""

from __future__ import annotations

from collections.abc import Sequence


def gaps(times: Sequence[int], start: int, end: int, usual_ms: int, k: float = 3.0) -> list[tuple[int, int]]:
    """Spans (from, to) in UTC ms inside [start, end] without a reading for longer than `k` x `usual_ms`.

    `times` ascends and holds only times with a value; a reading speaks for `usual_ms` after it, so a gap
    begins there. Before the first and after the last reading the window's edge counts as a reading would.
    Raises ValueError for a `usual_ms` that is not positive, `k` below 1, or a window that runs backwards.
    """
    if usual_ms <= 0 or k < 1 or end < start:
        raise ValueError(f"need usual_ms > 0, k >= 1 and start <= end: {usual_ms}, {k}, {start}..{end}")
    found: list[tuple[int, int]] = []
    covered_to = start
    for time in (*(t for t in times if start <= t < end), end):
        reach = usual_ms if covered_to > start else 0
        if time - (covered_to - reach) > k * usual_ms:
            found.append((covered_to, time))
        covered_to = min(time + usual_ms, end)
    return found
