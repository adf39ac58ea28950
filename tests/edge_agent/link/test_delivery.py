"""Which batch goes next, without a broker: two lanes, one window, nothing skipped for good."""

from __future__ import annotations

from edge_agent.link.delivery import (
    CHUNK,
    LIVE_BOUND,
    LIVE_RESERVE,
    MOST_TRIES,
    QUICK_S,
    RECEIPT_TIMEOUT_S,
    SWEEP_EVERY_S,
    WINDOW,
    Delivery,
)
from edge_agent.spool.contents import Sealed
from edge_agent.spool.streams import Streams
from wire.receipt import Receipt, Refusal

OLDER, STREAM = "0" * 25 + "1", "0" * 26
STREAMS = Streams(((0, STREAM),))


def batch(seq: int) -> Sealed:
    return Sealed(seq, b"%d" % seq, 1, 0)


def connected(last_seq: int = 0) -> Delivery:
    one = Delivery(lambda: STREAMS, chance=lambda: 0.0)
    one.connected(last_seq, [], 0.0)
    return one


def feed(one: Delivery, on_disk: list[int], now_s: float) -> None:
    """Read backlog as the uplink does."""
    while (after := one.wants_backlog(now_s)) is not None:
        one.backlog([batch(seq) for seq in on_disk if seq > after][:CHUNK], one._last_seq)


def accept(one: Delivery, seqs: list[int], now_s: float) -> None:
    one.receipt(Receipt(stream=STREAM, accepted=[(seq, seq) for seq in seqs]), now_s)


def numbers(batches: list[Sealed]) -> list[int]:
    return [one.seq for one in batches]


def test_live_batches_go_first_and_the_newest_of_them_first() -> None:
    one = connected(100)
    feed(one, list(range(1, 101)), 0.0)
    for seq in (101, 102, 103):
        one.sealed(batch(seq))
    sent = numbers(one.due(0.0))
    assert sent[:4] == [103, 102, 101, 1]


def test_the_backlog_always_leaves_room_for_live_ones() -> None:
    one = connected(10_000)
    on_disk = list(range(1, 10_001))
    for step in range(40):
        feed(one, on_disk, step / 100)
        sent = numbers(one.due(step / 100))
        accept(one, sent[: len(sent) // 2], step / 100 + 0.005)
    backlog_only = len(one._flights)
    assert backlog_only <= WINDOW - LIVE_RESERVE
    one.sealed(batch(10_001))
    assert numbers(one.due(1.0))[:1] == [10_001]


def test_quick_receipts_widen_the_backlogs_share_and_slow_ones_narrow_it() -> None:
    one = connected(10_000)
    on_disk = list(range(1, 10_001))
    feed(one, on_disk, 0.0)
    first = numbers(one.due(0.0))
    accept(one, first, 0.1)
    feed(one, on_disk, 0.1)
    second = numbers(one.due(0.1))
    assert len(second) == 2 * len(first)
    accept(one, second, 0.1 + 4 * QUICK_S)
    feed(one, on_disk, 3.0)
    assert len(one.due(3.0)) == len(second) // 2


def test_what_is_unanswered_is_sent_again_less_and_less_often() -> None:
    one = connected()
    one.sealed(batch(1))
    assert numbers(one.due(0.0)) == [1]
    times = [now_s for now_s in range(1, 200) if one.due(float(now_s))]
    assert times == [5, 15, 35, 75, 135, 195]
    assert one.resent == len(times)


def test_a_receipt_after_a_silence_wakes_what_was_left_unanswered() -> None:
    one = connected()
    for seq in (1, 2, 3):
        one.sealed(batch(seq))
    one.due(0.0)
    one.due(RECEIPT_TIMEOUT_S)
    accept(one, [2], 9.0)
    assert numbers(one.due(9.0)) == [3, 1]


def test_a_batch_never_answered_leaves_the_window_and_comes_back_with_the_sweep() -> None:
    one = connected(2)
    feed(one, [1, 2], 0.0)
    one.due(0.0)
    now_s = 0.0
    while 1 in one._flights:
        now_s += 1.0
        accept(one, [2], now_s)
        one.due(now_s)
    assert one.resent == MOST_TRIES - 1
    feed(one, [1], now_s)
    assert one.due(now_s) == []
    later_s = SWEEP_EVERY_S * 2 + now_s
    feed(one, [1], later_s)
    assert numbers(one.due(later_s)) == [1]


def test_a_live_batch_crowded_out_of_memory_goes_back_to_the_backlog() -> None:
    one = connected()
    many = LIVE_BOUND + WINDOW + 50
    for seq in range(1, many + 1):
        one.sealed(batch(seq))
    on_disk, got = list(range(1, many + 1)), set[int]()
    for step in range(100):
        feed(one, on_disk, step / 100)
        sent = numbers(one.due(step / 100))
        got |= set(sent)
        accept(one, sent, step / 100 + 0.001)
    assert got == set(on_disk)


def test_a_new_connection_starts_from_the_disk_and_skips_what_is_settled() -> None:
    one = connected(3)
    feed(one, [1, 2, 3], 0.0)
    one.due(0.0)
    accept(one, [2], 0.1)
    one.connected(3, [batch(3)], 1.0)
    feed(one, [1, 2, 3], 1.0)
    assert numbers(one.due(1.0)) == [3, 1]


def test_numbers_not_yet_given_are_never_settled() -> None:
    one = connected(1)
    accept(one, [1, 2, 3], 0.0)
    one.sealed(batch(2))
    assert numbers(one.due(0.0)) == [2]


def test_a_receipt_settles_what_it_names_in_the_stream_it_names() -> None:
    one = Delivery(lambda: Streams(((0, OLDER), (3, STREAM))), chance=lambda: 0.0)
    one.connected(5, [], 0.0)
    feed(one, [1, 2, 3, 4, 5], 0.0)
    one.due(0.0)
    assert one.receipt(Receipt(stream=STREAM, accepted=[(1, 1)]), 0.1).ranges == [(4, 4)]
    refused = [Refusal(seq=2, reason="stale_stream")]
    settled = one.receipt(Receipt(stream=OLDER, accepted=[(3, 9)], refused=refused), 0.1)
    assert (settled.ranges, settled.accepted, settled.refused) == ([(2, 3)], 1, 1)
    assert one.receipt(Receipt(stream="0" * 25 + "2", accepted=[(1, 1)]), 0.1).ranges == []
    assert set(one._flights) == {1, 5}
