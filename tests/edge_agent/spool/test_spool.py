"""The spool: bounded, numbered without holes, and nothing leaves it but on a receipt or at the bound."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from edge_agent.spool.contents import Losses, Sealed
from edge_agent.spool.errors import SpoolError, SpoolInUse
from edge_agent.spool.spool import FORGET_AT, Spool
from wire.batch import Batch, Event, Frame, decode, encode

NOW_MS = 1_764_000_000_000
MIB = 1 << 20


def frame(counter: int, rows: int = 1) -> Frame:
    """Values that hardly compress, the same for the same counter."""
    chance = random.Random(counter)
    times = [NOW_MS + counter * 1000 + row for row in range(rows)]
    return Frame(device="meter-main", time=times, values={"active_power": [chance.random() for _ in times]})


def badge(number: int) -> Event:
    return Event(device="gate", time=NOW_MS, kind="badge", badge=f"b:{number:032x}")


def test_a_batch_comes_back_as_it_was_sealed(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    seq = spool.append([frame(1)], [badge(1)], NOW_MS + 5)
    (sealed,) = spool.unsent(0, 10)
    batch = decode(sealed.payload)
    assert (batch.stream, batch.seq, batch.sent) == (spool.stream, seq, NOW_MS + 5)
    assert (batch.frames, batch.events) == ([frame(1)], [badge(1)])
    assert (sealed.readings, sealed.events) == (1, 1)
    spool.close()


def test_numbers_have_no_holes_and_are_not_used_again_after_everything_was_acknowledged(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    spool = Spool.open(path, MIB, NOW_MS)
    assert [spool.append([frame(n)], [], NOW_MS) for n in range(3)] == [1, 2, 3]
    assert spool.acknowledge([(1, 3)]) == 3
    spool.close()
    again = Spool.open(path, MIB, NOW_MS)
    assert again.last_seq == 3
    assert again.append([frame(4)], [], NOW_MS) == 4
    again.close()


def identity(sealed: Sealed) -> tuple[str, int]:
    batch = decode(sealed.payload)
    return batch.stream, batch.seq


def test_every_opening_begins_a_stream_and_what_was_sealed_before_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    streams = []
    for _ in range(3):
        spool = Spool.open(path, MIB, NOW_MS)
        streams.append(spool.stream)
        spool.append([frame(1)], [], NOW_MS)
        spool.append([frame(2)], [], NOW_MS)
        found = [identity(one) for one in spool.unsent(0, 10)]
        assert found == [(stream, seq) for stream in streams for seq in (1, 2)]
        assert (spool.depth().batches, spool.depth().older_batches) == (len(found), len(found) - 2)
        assert spool.depth().last_seq == 2
        spool.close()
    assert len(set(streams)) == 3


def test_an_opening_that_seals_nothing_leaves_no_stream(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    for _ in range(50):
        Spool.open(path, MIB, NOW_MS).close()
    spool = Spool.open(path, MIB, NOW_MS)
    spool.append([frame(1)], [], NOW_MS)
    assert [name for _, name in spool.streams.begun] == [spool.stream]
    spool.close()


def test_streams_go_with_their_last_batch(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    for number in range(1, 41):
        spool = Spool.open(path, MIB, NOW_MS)
        spool.append([frame(number)], [], NOW_MS)
        spool.acknowledge([(number, number)])
        assert spool.depth().older_batches == 0
        assert len(spool.streams.begun) <= FORGET_AT + 1
        spool.close()


def test_a_copy_put_back_counts_on_under_a_stream_of_its_own(tmp_path: Path) -> None:
    """An old card image, a cloned card, a spool that a power cut set back."""
    path, image = tmp_path / "spool.db", tmp_path / "image.db"
    spool = Spool.open(path, MIB, NOW_MS)
    spool.append([frame(1)], [], NOW_MS)
    spool.close()
    shutil.copy(path, image)
    seen: dict[tuple[str, int], bytes] = {}
    for _ in range(2):
        again = Spool.open(path, MIB, NOW_MS + 1)
        for number in range(2, 5):
            again.append([frame(number)], [], NOW_MS + number)
        for one in again.unsent(0, 10):
            assert seen.setdefault(identity(one), one.payload) == one.payload, "one name, one content"
        again.close()
        shutil.copy(image, path)
    assert len(seen) == 7


def test_the_file_of_an_agent_that_knew_one_stream_is_read_on(tmp_path: Path) -> None:
    """Format 1, up to version 0.1: `state` named the stream."""
    path = tmp_path / "spool.db"
    stream = "01KAW9Q2V7Y8M3N5P6R8S0T2W4"
    payload = encode(Batch(stream=stream, seq=7, sent=NOW_MS, frames=[frame(7)]))
    db = sqlite3.connect(path)
    db.executescript(
        """CREATE TABLE batch (
            seq INTEGER PRIMARY KEY, created_ms INTEGER NOT NULL,
            readings INTEGER NOT NULL, events INTEGER NOT NULL, payload BLOB NOT NULL);
        CREATE TABLE dropped (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
        CREATE TABLE state (
            id INTEGER PRIMARY KEY CHECK (id = 1), stream TEXT NOT NULL, last_seq INTEGER NOT NULL,
            newest_ms INTEGER NOT NULL, dropped_readings INTEGER NOT NULL, dropped_events INTEGER NOT NULL,
            unspooled_readings INTEGER NOT NULL, dropped_ms INTEGER);
        PRAGMA user_version = 1;"""
    )
    db.execute("INSERT INTO state VALUES (1, ?, 6, ?, 40, 0, 0, ?)", (stream, NOW_MS, NOW_MS))
    db.execute("INSERT INTO dropped VALUES (2, 3)")
    db.execute("INSERT INTO batch VALUES (7, ?, 20, 0, ?)", (NOW_MS, payload))
    db.commit()
    db.close()
    spool = Spool.open(path, MIB, NOW_MS)
    spool.append([frame(8)], [], NOW_MS)
    assert [identity(one) for one in spool.unsent(0, 10)] == [(stream, 7), (spool.stream, 1)]
    assert spool.losses().batches == [(stream, [(2, 3)])]
    spool.close()


def test_when_the_last_batch_was_sealed_is_known_after_its_receipt_too(tmp_path: Path) -> None:
    """The clock of the next process goes on from there."""
    path = tmp_path / "spool.db"
    for acknowledged, last_ms in ((0, NOW_MS + 2), (2, NOW_MS + 5), (1, NOW_MS + 1)):
        spool = Spool.open(path, MIB, NOW_MS)
        seqs = [spool.append([frame(1)], [], last_ms - 1), spool.append([frame(2)], [], last_ms)]
        spool.acknowledge([(seq, seq) for seq in seqs[:acknowledged]])
        assert spool.newest_ms == last_ms
        spool.close()
        again = Spool.open(path, MIB, NOW_MS)
        assert again.newest_ms == last_ms
        again.close()


def test_receipts_for_numbers_never_given_do_nothing(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    spool.append([frame(1)], [], NOW_MS)
    assert spool.acknowledge([(2, 1 << 52)]) == 0
    assert spool.append([frame(2)], [], NOW_MS) == 2
    assert [batch.seq for batch in spool.unsent(0, 10)] == [1, 2]
    spool.close()


def test_what_was_receipted_waits_no_longer_though_it_is_deleted_in_groups(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool.open(path, MIB, NOW_MS)
    for number in range(FORGET_AT):
        spool.append([frame(number)], [], NOW_MS + number)
    for seq in range(1, FORGET_AT):
        assert spool.acknowledge([(seq, seq)]) == 1
        assert spool.acknowledge([(1, seq)]) == 0
    assert (spool.batches, spool.depth().oldest_ms) == (1, NOW_MS + FORGET_AT - 1)
    assert (
        [batch.seq for batch in spool.unsent(0, 10)]
        == [batch.seq for batch in spool.newest(10)]
        == [FORGET_AT]
    )
    assert in_file(path) == FORGET_AT
    assert spool.acknowledge([(FORGET_AT, FORGET_AT)]) == 1
    assert in_file(path) == 0
    assert (spool.batches, spool.depth().oldest_ms) == (0, None)
    spool.close()


def test_at_the_bound_what_was_receipted_goes_first_and_counts_as_no_loss(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", MIB // 4, NOW_MS)
    seq = 0
    while seq < FORGET_AT - 1:
        seq = spool.append([frame(seq, rows=900)], [], NOW_MS)
        spool.acknowledge([(seq, seq)])
    assert spool.losses() == Losses()
    assert spool.depth().bytes <= MIB // 4
    spool.close()


def in_file(path: Path) -> int:
    """Rows on the disk, looked at as after a power cut: from a copy."""
    copy = path.with_name("copy.db")
    for suffix in ("", "-wal"):
        shutil.copy(f"{path}{suffix}", f"{copy}{suffix}")
    with contextlib.closing(sqlite3.connect(copy)) as db:
        count: int = db.execute("SELECT count(*) FROM batch").fetchone()[0]
    return count


def test_several_parcels_are_sealed_in_one_transaction(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    sealed = spool.seal_all([([frame(n)], []) for n in range(5)], NOW_MS)
    assert [batch.seq for batch in sealed] == [1, 2, 3, 4, 5]
    assert [batch.seq for batch in spool.unsent(2, 2)] == [3, 4]
    assert [batch.seq for batch in spool.newest(2)] == [4, 5]
    assert spool.depth().batches == 5
    spool.close()


def test_at_the_bound_the_oldest_go_counted_and_named_and_the_file_stays_small(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool.open(path, MIB, NOW_MS)
    for number in range(400):
        spool.append([frame(number, rows=900)], [badge(number)], NOW_MS + number)
    depth, losses = spool.depth(), spool.losses()
    assert depth.bytes <= MIB
    ((stream, ((first, last),)),) = losses.batches
    assert (stream, first) == (spool.stream, 1)
    assert last > 100
    assert losses.readings == last * 900
    assert losses.events == last
    assert losses.last_ms is not None
    assert NOW_MS + 390 <= losses.last_ms <= NOW_MS + 399
    assert [batch.seq for batch in spool.unsent(0, 1)] == [last + 1]
    assert depth.batches == 400 - last
    spool.close()
    assert path.stat().st_size <= MIB + 64 * 1024
    again = Spool.open(path, MIB, NOW_MS)
    assert (again.losses(), again.last_seq, again.depth().batches) == (losses, 400, depth.batches)
    again.close()


def test_a_bound_smaller_than_one_batch_keeps_the_newest(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", 1, NOW_MS)
    for number in range(3):
        spool.append([frame(number)], [], NOW_MS)
    assert [batch.seq for batch in spool.unsent(0, 10)] == [3]
    assert spool.losses().batches == [(spool.stream, [(1, 2)])]
    spool.close()


def test_what_the_disk_never_took_is_counted_for_good(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool.open(path, MIB, NOW_MS)
    spool.note_unspooled(20, 1, NOW_MS)
    spool.note_unspooled(3, 0, NOW_MS + 1)
    spool.close()
    again = Spool.open(path, MIB, NOW_MS)
    assert (again.losses().unspooled_readings, again.losses().events, again.losses().last_ms) == (
        23,
        1,
        NOW_MS + 1,
    )
    again.close()


@pytest.mark.parametrize(
    "content", [b"this is no database at all, " * 100, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_a_damaged_file_is_set_aside_and_a_new_stream_starts(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "spool.db"
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        spool = Spool.open(path, MIB, NOW_MS)
    assert (tmp_path / f"spool.db.broken-{NOW_MS}").read_bytes() == content
    assert f"spool.db.broken-{NOW_MS}" in caplog.text
    assert spool.append([frame(1)], [], NOW_MS) == 1
    spool.close()


def test_a_file_with_a_flipped_page_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    spool = Spool.open(path, MIB, NOW_MS)
    for number in range(50):
        spool.append([frame(number, rows=200)], [], NOW_MS)
    spool.close()
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xa5" * 64
    path.write_bytes(content)
    fresh = Spool.open(path, MIB, NOW_MS + 1)
    assert fresh.stream != spool.stream
    assert fresh.last_seq == 0
    assert (tmp_path / f"spool.db.broken-{NOW_MS + 1}").read_bytes() == bytes(content)
    fresh.close()


def test_another_database_is_set_aside_not_written_into(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE somebody_elses (thing)")
    db.close()
    Spool.open(path, MIB, NOW_MS).close()
    assert (tmp_path / f"spool.db.broken-{NOW_MS}").exists()


def test_a_file_of_a_newer_agent_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    Spool.open(path, MIB, NOW_MS).close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(SpoolError, match="newer agent"):
        Spool.open(path, MIB, NOW_MS)
    assert [file.name for file in tmp_path.glob("*.broken-*")] == []


def test_an_empty_file_left_by_a_power_cut_becomes_a_spool(tmp_path: Path) -> None:
    (tmp_path / "spool.db").touch()
    spool = Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    assert spool.append([frame(1)], [], NOW_MS) == 1
    spool.close()


def test_two_agents_cannot_share_a_spool(tmp_path: Path) -> None:
    spool = Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    with pytest.raises(SpoolInUse):
        Spool.open(tmp_path / "spool.db", MIB, NOW_MS)
    spool.close()


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError, match="file"):
        Spool.open(tmp_path / "file" / "spool.db", MIB, NOW_MS)


def test_the_spool_and_what_is_beside_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Also one that was open to others."""
    before = os.umask(0o022)
    try:
        (tmp_path / "old.db").touch(mode=0o644)
        for name in ("old.db", "new/spool.db"):
            spool = Spool.open(tmp_path / name, 1 << 20, NOW_MS)
            spool.append([], [], NOW_MS)
            beside = list((tmp_path / name).parent.glob(f"{Path(name).name}*"))
            assert len(beside) >= 2
            assert {path.stat().st_mode & 0o777 for path in beside} == {0o600}
            spool.close()
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
