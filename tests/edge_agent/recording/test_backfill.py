"""A history becomes the spool an agent without a link would have left."""

from __future__ import annotations

import random
from pathlib import Path

from edge_agent.gather.badges import pseudonym
from edge_agent.recording.backfill import MOST_ROWS, MOST_VALUES, fill
from edge_agent.recording.reader import BadgeRow, Hour
from edge_agent.spool.spool import Spool
from wire.batch import Batch, Frame, decode

START_MS = 1_764_000_000_000
PEPPER = b"p" * 32


def hour(number: int, rows: int = 3600) -> Hour:
    chance = random.Random(number)
    times = [START_MS + (number * 3600 + row) * 1000 for row in range(rows)]
    wide: dict[str, list[float | None]] = {f"q{n}": [chance.random() for _ in range(rows)] for n in range(20)}
    narrow: dict[str, list[float | None]] = {"temperature": [20.0] * 60}
    return Hour(
        START_MS + number * 3_600_000,
        [
            Frame(device="meter", time=times, values=wide),
            Frame(device="th", time=times[:60], values=narrow),
        ],
        [BadgeRow("gate-in", times[5], "0012345678", "in")],
    )


def batches(path: Path) -> list[Batch]:
    spool = Spool.open(path, 64 << 20, START_MS)
    found = [decode(sealed.payload) for sealed in spool.unsent(0, 10_000)]
    spool.close()
    return found


def test_all_readings_are_there_once_in_batches_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    readings = fill(path, PEPPER, [hour(0), hour(1)], bound_mb=64)
    assert readings == 2 * (3600 * 20 + 60)
    found = batches(path)
    assert [batch.seq for batch in found] == list(range(1, len(found) + 1))
    assert sum(batch.readings() for batch in found) == readings
    assert max(sum(len(frame.time) for frame in batch.frames) for batch in found) <= MOST_ROWS
    assert max(batch.readings() for batch in found) <= MOST_VALUES
    column = [
        value for batch in found for frame in batch.frames if frame.device == "meter" for value in frame.time
    ]
    assert column == sorted(set(column))
    assert len(column) == 7200


def test_card_numbers_do_not_reach_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    fill(path, PEPPER, [hour(0, rows=60)], bound_mb=64)
    events = [event for batch in batches(path) for event in batch.events]
    assert [(event.badge, event.direction) for event in events] == [(pseudonym(PEPPER, "0012345678"), "in")]
    assert b"12345678" not in path.read_bytes()


def test_a_history_larger_than_the_bound_loses_its_oldest_part_counted(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    fill(path, PEPPER, [hour(number) for number in range(4)], bound_mb=1)
    spool = Spool.open(path, 1 << 20, START_MS)
    losses, kept = spool.losses(), spool.unsent(0, 10_000)
    ((_, ((first, last),)),) = losses.batches
    assert (first, last) == (1, kept[0].seq - 1)
    assert losses.readings + sum(batch.readings for batch in kept) == 4 * (3600 * 20 + 60)
    spool.close()
