"""What is said again and again is written a few times and counted."""

from __future__ import annotations

import logging

from plumbline.sparing import MOST_KINDS, MOST_LINES, WITHIN_S, Sparing


def record(message: str, *args: object, name: str = "uvicorn.error") -> logging.LogRecord:
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, None)


def test_a_flood_is_a_few_lines_and_then_a_number() -> None:
    now = [0.0]
    sparing = Sparing(lambda: now[0])
    written = [sparing.filter(record("Invalid HTTP request received.")) for _ in range(5_000)]
    assert sum(written) == MOST_LINES
    now[0] = WITHIN_S
    last = record("Invalid HTTP request received.")
    assert sparing.filter(last)
    assert last.getMessage() == "Invalid HTTP request received. (4,980 more like it were left out)"


def test_figures_do_not_make_another_kind_but_loggers_do() -> None:
    sparing = Sparing()
    written = [sparing.filter(record("connection %d", n)) for n in range(100)]
    assert sum(written) == MOST_LINES
    assert sparing.filter(record("connection %d", 1, name="another"))


def test_kinds_are_bounded() -> None:
    sparing = Sparing()
    for n in range(MOST_KINDS + 50):
        sparing.filter(record(f"kind {n}"))
    assert len(sparing._kinds) == MOST_KINDS
