"""Whatever ingest has to say of a group of batches, the agent that sent them can read."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.delivery import Delivery
from edge_agent.spool.contents import Sealed
from edge_agent.spool.streams import Streams
from ingest.accept import Accepted, Refused
from ingest.judged import Judged, receipts
from ingest.receive import Arrival
from ingest.refusals import REMEDIES, detail
from store.log.contract import Entry
from wire import payload as wire_payload
from wire import receipt as wire_receipt
from wire.receipt import RefusalReason
from wire.topics import Topic

TOPIC: Final = Topic("fenglin-18", "pi-1", "batch")
STREAM: Final = "01K" + "A" * 23
MOST: Final = 600

verdicts = st.lists(
    st.none() | st.tuples(st.sampled_from(sorted(REMEDIES)), st.text(max_size=2000), st.booleans()),
    max_size=MOST,
)


@given(verdicts=verdicts)
def test_every_batch_of_a_group_is_settled_by_the_receipts_for_it(
    verdicts: list[tuple[RefusalReason, str, bool] | None],
) -> None:
    """Accepted ones, refused ones by their number, and broken ones by the digest of their bytes."""
    delivery = Delivery(lambda: Streams(((0, STREAM),)), chance=lambda: 0.0)
    settled = set[int]()
    group = []
    for seq, verdict in enumerate(verdicts, 1):
        payload = b"%d" % seq
        outcome: Accepted | Refused = Accepted([], [], 0, Entry(*TOPIC[:2], STREAM, seq, payload), 0)
        if verdict is not None:
            reason, words, by_digest = verdict
            stream, number = (None, None) if by_digest else (STREAM, seq)
            digest = wire_payload.digest(payload)
            outcome = Refused(reason, detail(reason, words), stream, number, digest, payload)
        group.append(Judged(Arrival(TOPIC, payload), 0, outcome))
    sealed = [Sealed(seq, b"%d" % seq, 1, 0) for seq in range(1, len(verdicts) + 1)]
    for start in range(0, len(sealed), 200):
        flight = sealed[start : start + 200]
        for one in flight:
            delivery.sealed(one)
        delivery.due(0.0)
        for topic, receipt in receipts(group[start : start + 200]):
            assert str(topic) == "plumbline/v1/fenglin-18/pi-1/receipt"
            told = delivery.receipt(wire_receipt.recall(wire_receipt.encode(receipt)), 0.1)
            settled |= {seq for first, last in told.ranges for seq in range(first, last + 1)}
    assert settled == set(range(1, len(verdicts) + 1))
