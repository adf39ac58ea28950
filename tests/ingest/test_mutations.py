"""The program that spoils batches, run small: nothing raised, and each is in the log or in quarantine."""

from __future__ import annotations

from pathlib import Path

from benchmarks import mutate, spoiled_batches


def test_each_spoiled_batch_is_in_the_log_or_in_quarantine(tmp_path: Path) -> None:
    counts = mutate.run(tmp_path, 3000, seed=18)
    assert (counts.lost, counts.unbalanced, counts.unreadable_in_log) == (0, 0, 0)
    assert counts.logged + counts.repeated + counts.quarantined == counts.payloads == 3000
    assert min(counts.logged, counts.partly, counts.conflicts, counts.quarantined) > 0


def test_the_same_seed_spoils_the_same_way() -> None:
    assert list(spoiled_batches.payloads(300, 7)) == list(spoiled_batches.payloads(300, 7))
