"""Every codec of the wire, on any bytes and any JSON: a value or the one named error, never anything else."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire import receipt
from wire.batch import Batch, Event, Frame, decode, encode, events_of
from wire.codec import Codec
from wire.errors import WireError
from wire.identifiers import STREAM_PATTERN, is_id
from wire.model import Message
from wire.payload import pack, unpack
from wire.ranges import Ranges
from wire.receipt import Receipt, Refusal
from wire.schema import CODECS
from wire.status import DeviceStatus, Dropped, LineStatus, SpoolStatus, Status, UplinkStatus
from wire.topics import parse, topic

MAGIC = b"\x28\xb5\x2f\xfd"
times = st.integers(1_764_000_000_000, 1_764_000_100_000) | st.sampled_from([0, 4_102_444_799_999])
streams = st.from_regex(STREAM_PATTERN.rstrip("$") + r"\Z")
seqs = st.integers(1, 2**53 - 1)
counts = st.integers(0, 2**53 - 1)
devices = st.sampled_from(["meter-main", "厨房-1", "a.b_c", "_", "Ⅷ"])
quantities = st.from_regex(r"^[a-z][a-z0-9_]{0,47}\Z")
values = st.none() | st.floats(allow_nan=False, allow_infinity=False)
faults = st.sampled_from(["no_reply", "bad_checksum", "not_a_number", "device_error", "malformed"])
frames = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        Frame,
        device=devices,
        time=st.lists(times, min_size=n, max_size=n),
        values=st.dictionaries(quantities, st.lists(values, min_size=n, max_size=n), max_size=3),
    )
)
badges = st.builds(
    Event,
    device=devices,
    time=times,
    kind=st.just("badge"),
    badge=st.from_regex(r"^b:[0-9a-f]{32}\Z"),
    direction=st.sampled_from(["in", "out", None]),
)
troubles = st.builds(
    Event,
    device=devices,
    time=times,
    kind=st.just("fault"),
    reason=faults,
    quantity=st.none() | quantities,
)
batches = st.builds(
    Batch,
    stream=streams,
    seq=seqs,
    sent=times,
    frames=st.lists(frames, max_size=3),
    events=st.lists(badges | troubles, max_size=3),
)
pairs = st.lists(st.tuples(seqs, seqs).map(lambda pair: (min(pair), max(pair))), max_size=4)
refusals = st.builds(
    Refusal,
    seq=st.none() | seqs,
    digest=st.none() | st.from_regex(r"^[0-9a-f]{16}\Z"),
    reason=st.sampled_from(["schema", "wrong_site", "duplicate_identity"]),
    detail=st.text(max_size=100),
)
receipts = st.builds(
    Receipt, stream=st.none() | streams, accepted=pairs, refused=st.lists(refusals, max_size=3)
)
statuses = st.builds(
    Status,
    online=st.booleans(),
    sent=times,
    stream=streams,
    version=st.text(max_size=20),
    started=st.none() | times,
    spool=st.builds(SpoolStatus, batches=counts, bytes=counts, oldest=st.none() | times, last_seq=counts),
    dropped=st.builds(Dropped, readings=counts, events=counts, batches=pairs, last=st.none() | times),
    uplink=st.builds(UplinkStatus, sent=counts, resent=counts, last_receipt=st.none() | times),
    lines=st.lists(
        st.builds(LineStatus, port=st.text(max_size=100), requests=counts, timeouts=counts), max_size=2
    ),
    devices=st.lists(st.builds(DeviceStatus, device=devices, fault=st.none() | faults), max_size=2),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


@given(text=st.binary(max_size=4000), above=st.sampled_from([0, 1024, 1 << 20]))
def test_what_is_packed_is_unpacked(text: bytes, above: int) -> None:
    packed = pack(text, above)
    if packed == text and text.startswith(MAGIC):
        return  # no JSON text begins so
    assert unpack(packed) == text


@given(noise=st.binary(max_size=400), magic=st.booleans(), largest=st.integers(0, 200))
def test_no_bytes_unpack_to_more_than_may_be(noise: bytes, magic: bool, largest: int) -> None:
    try:
        text = unpack((MAGIC if magic else b"") + noise, largest)
    except WireError:
        return
    assert len(text) <= largest


@given(batch=batches, at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_batch_with_any_byte_changed_is_a_batch_or_a_batch_error(batch: Batch, at: int, byte: int) -> None:
    payload = bytearray(encode(batch))
    payload[at % len(payload)] = byte
    _batch_or_error(bytes(payload))


@given(batch=batches, key=st.sampled_from(["v", "stream", "seq", "sent", "frames", "events"]), value=JSON)
def test_a_batch_with_any_value_changed_is_a_batch_or_a_batch_error(
    batch: Batch, key: str, value: object
) -> None:
    loaded = json.loads(batch.model_dump_json())
    loaded[key] = value
    _batch_or_error(json.dumps(loaded).encode())


def _batch_or_error(payload: bytes) -> None:
    try:
        batch = decode(payload)
    except WireError:
        return
    assert decode(encode(batch)) == batch


STRATEGIES = {"batch": batches, "receipt": receipts, "status": statuses}


@pytest.mark.parametrize("kind", STRATEGIES)
def test_every_message_reads_back(kind: str) -> None:
    codec: Codec[Message] = CODECS[kind]

    @given(one=STRATEGIES[kind])
    def reads_back(one: Message) -> None:
        assert codec.decode(codec.encode(one)) == one
        assert codec.recall(codec.encode(one)) == one

    reads_back()


@pytest.mark.parametrize("kind", CODECS)
def test_any_json_is_a_message_or_the_wires_error(kind: str) -> None:
    codec: Codec[Message] = CODECS[kind]

    @given(value=JSON, keys=st.lists(st.sampled_from(sorted(codec.model.model_fields)), max_size=4))
    def reads_or_says(value: object, keys: list[str]) -> None:
        for loaded in (value, dict.fromkeys(keys, value)):
            for read in (codec.decode, codec.recall):
                _either(codec, read, json.dumps(loaded).encode())

    reads_or_says()


def _either(codec: Codec[Message], read: Callable[[bytes], Message], text: bytes) -> None:
    try:
        found = read(text)
    except WireError:
        return
    assert codec.decode(codec.encode(found)) == found


@given(st.text(max_size=60) | st.from_regex(r"plumbline/v1/[a-z0-9/-]{0,40}"))
def test_any_topic_is_ours_or_none(text: str) -> None:
    found = parse(text)
    if found is not None:
        assert topic(found.site, found.agent, found.kind) == text
        assert is_id(found.site)


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 5)), max_size=20))
def test_ranges_survive_a_receipt(pieces: list[tuple[int, int]]) -> None:
    held = Ranges((first, first + length) for first, length in pieces)
    again = receipt.decode(receipt.encode(Receipt(accepted=held.pairs())))
    assert Ranges(again.accepted) == held


@given(batch=batches, sent_apart=st.booleans())
def test_events_are_found_without_looking_at_frames(batch: Batch, sent_apart: bool) -> None:
    text = batch.model_dump_json()
    payload = json.dumps(json.loads(text)).encode() if sent_apart else pack(text.encode())
    assert events_of(payload) == batch.events


def test_events_said_twice_or_by_another_spelling_are_found() -> None:
    badge = '{"device":"gate","time":1,"kind":"badge","badge":"b:' + "9f" * 16 + '"}'
    head = '{"stream":"01K' + "A" * 23 + '","seq":1,"sent":1'
    for text in (
        f'{head},"events":[],"events":[{badge}]}}',
        f'{head},"events":[],"\\u0065vents":[{badge}]}}',
        f'{head},"events": [{badge}]}}',
    ):
        assert events_of(text.encode()) == decode(text.encode()).events != []
