"""All five messages go to bytes and back in one way, within bounds that hold before anything is parsed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wire import batch, command, receipt, result, status
from wire.bounds import Bounds, check
from wire.codec import Codec
from wire.errors import WireError
from wire.model import Message
from wire.payload import pack, unpack
from wire.receipt import LONGEST_DETAIL, Receipt, Refusal
from wire.schema import CODECS

STREAM = "01K" + "A" * 23
CAPTURED = Path(__file__).parent / "captured"
BOUNDS = Bounds(bytes=1000, depth=3, elements=10)
of_every_kind = pytest.mark.parametrize("kind", CODECS)


def captured(kind: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(CAPTURED.glob(f"{kind}-*.json"))]


@of_every_kind
def test_every_captured_message_of_a_released_version_still_reads(kind: str) -> None:
    messages = [CODECS[kind].decode(one) for one in captured(kind)]
    assert messages, f"keep a message of each released version as tests/wire/captured/{kind}-VERSION.json"


@of_every_kind
def test_what_is_encoded_is_decoded(kind: str) -> None:
    codec: Codec[Message] = CODECS[kind]
    for payload in captured(kind):
        message = codec.decode(payload)
        assert codec.decode(codec.encode(message)) == message
        assert codec.decode(pack(payload, above_bytes=0)) == message, "packed or not"


@of_every_kind
def test_a_field_nobody_knows_is_a_mistake_from_outside_and_passed_over_in_what_is_stored(kind: str) -> None:
    for payload in captured(kind):
        newer = json.dumps({**json.loads(payload), "colour": {"of": ["later"]}}).encode()
        with pytest.raises(WireError, match="colour") as caught:
            CODECS[kind].decode(newer)
        assert caught.value.fault == "schema"
        assert CODECS[kind].recall(newer) == CODECS[kind].decode(payload)


@of_every_kind
@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (b"{noise", "unreadable"),
        (b"[]", "schema"),
        (b"[" * 100_000, "too_large"),
        (b'{"v":' + b"9" * 4_200 + b"}", "too_large"),
        (b'{"a":[' + b"[]," * 3_000_000 + b"[]]}", "too_large"),
        (pack(b" " * (17 << 20)), "too_large"),
        (b"\x28\xb5\x2f\xfd noise", "unreadable"),
    ],
    ids=["noise", "array", "deep", "long number", "many elements", "bomb", "broken frame"],
)
def test_every_mistake_is_the_one_error_in_one_line(kind: str, text: bytes, fault: str) -> None:
    for read in (CODECS[kind].decode, CODECS[kind].recall):
        with pytest.raises(WireError) as caught:
            read(text)
        assert caught.value.fault == fault
        assert "\n" not in str(caught.value)
        assert ": " in str(caught.value)
        assert "; " in str(caught.value), "with its remedy"


def test_a_reason_a_newer_cloud_gives_is_a_refusal_all_the_same() -> None:
    refused = {"seq": 3, "reason": "of_tomorrow", "hint": "x"}
    told = receipt.recall(json.dumps({"v": 1, "stream": STREAM, "refused": [refused]}).encode())
    assert told.refused == [Refusal(seq=3, reason="of_tomorrow")]


def test_what_a_newer_version_stored_costs_only_what_this_one_does_not_know() -> None:
    said = {
        "online": True, "sent": 1, "stream": STREAM, "host": {"os": "x", "fans": 2},
        "devices": [{"device": "a", "fault": "eaten"}, {"device": "b", "fault": "no_reply"}],
    }  # fmt: skip
    found = status.recall(json.dumps(said).encode())
    assert [(one.device, one.fault) for one in found.devices] == [("a", None), ("b", "no_reply")]
    assert found.host.os == "x"


def test_a_part_nobody_knows_costs_itself_in_what_is_stored() -> None:
    text = (
        b'{"v":1,"stream":"%b","seq":1,"sent":1,"colour":1,"events":['
        b'{"device":"g","time":1,"kind":"smell"},{"device":"m","time":1,"kind":"fault","reason":"no_reply"}],'
        b'"frames":[{"device":"m","time":[1,2],"values":{"q":[NaN,2.0],"r":["1",null],"s":[1]}}]}'
    ) % STREAM.encode()
    kept = batch.recall(text)
    assert [event.device for event in kept.events] == ["m"]
    assert [frame.values for frame in kept.frames] in ([], [{"q": [None, 2.0], "r": [None, None]}])


def test_what_a_message_cannot_do_without_is_not_made_up() -> None:
    with pytest.raises(WireError, match="stream"):
        batch.recall(b'{"v":1,"stream":"no ulid","seq":1,"sent":1}')


details = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co", "Zl", "Zp"]), max_size=LONGEST_DETAIL
)
ranges = st.lists(st.integers(1, 2**40), max_size=700, unique=True).map(
    lambda seqs: [(seq, seq) for seq in sorted(seqs)]
)
refusals = st.lists(
    st.builds(
        Refusal,
        seq=st.integers(1, 2**53 - 1),
        reason=st.sampled_from(["implausible", "schema"]),
        detail=details,
    ),
    max_size=150,
)


@given(accepted=ranges, refused=refusals)
def test_whatever_is_to_be_said_is_said_in_receipts_that_can_be_read(
    accepted: list[tuple[int, int]], refused: list[Refusal]
) -> None:
    told = [receipt.decode(receipt.encode(one)) for one in receipt.split(STREAM, accepted, refused)]
    assert [pair for one in told for pair in one.accepted] == accepted
    assert [one for each in told for one in each.refused] == refused


def test_the_longest_receipt_fits() -> None:
    refused = [Refusal(seq=2**53 - 1, reason="r" * 32, detail="\N{ROCKET}" * LONGEST_DETAIL)] * 64
    (one,) = receipt.split(STREAM, [(seq, seq) for seq in range(2**52, 2**52 + 512, 2)], refused)
    assert receipt.decode(receipt.encode(one)) == one


@pytest.mark.parametrize(
    ("text", "within"),
    [
        (b'{"a":[[1,2]]}', True),
        (b'{"a":[[[1]]]}', False),
        (b'"' + b"[" * 900 + b'"', True),
        (b'"' + b"," * 900 + b'\\"' + b"]" * 50 + b'"', True),
        (b"[1,2,3,4,5,6,7,8,9,10,11]", False),
        (b" " * 1001, False),
        (b"[" + b"1" * 65 + b"]", False),
        (b'"' + b"1" * 65 + b'"', True),
        (b'"' + b"[" * 900, True),
    ],
)
def test_bounds_hold_of_the_text_and_not_of_what_stands_between_quotes(text: bytes, within: bool) -> None:
    if within:
        check(text, BOUNDS)
    else:
        with pytest.raises(WireError, match="too large"):
            check(text, BOUNDS)


@given(
    st.recursive(
        st.none() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
        max_leaves=30,
    )
)
def test_the_scan_never_counts_less_than_there_is(loaded: object) -> None:
    depth, elements = measure(loaded)
    text = json.dumps(loaded, ensure_ascii=False).encode(errors="replace")
    check(text, Bounds(bytes=1 << 20, depth=depth, elements=2 * elements + 1))
    if depth:
        with pytest.raises(WireError):
            check(text, Bounds(bytes=1 << 20, depth=depth - 1, elements=1000))


def measure(loaded: object) -> tuple[int, int]:
    """Depth, and elements counting each container and each member."""
    if not isinstance(loaded, dict | list):
        return 0, 0
    inner = list(loaded.values()) if isinstance(loaded, dict) else loaded
    found = [measure(one) for one in inner]
    return 1 + max((one[0] for one in found), default=0), 1 + len(inner) + sum(one[1] for one in found)


def test_a_payload_says_what_it_unpacks_to_before_it_is_unpacked() -> None:
    with pytest.raises(WireError, match="unpacks to 2000000 bytes"):
        unpack(pack(b"0" * 2_000_000), largest_bytes=1_000_000)


def test_one_that_does_not_say_is_not_unpacked() -> None:
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(b"{}")
    with pytest.raises(WireError, match="does not say how large"):
        unpack(silent)


def test_an_answer_longer_than_a_detail_may_be_is_none() -> None:
    with pytest.raises(WireError, match="detail"):
        result.decode(json.dumps({"id": "1", "at": 1, "outcome": "done", "detail": "x" * 2001}).encode())


def test_a_range_that_runs_backwards_is_a_mistake() -> None:
    with pytest.raises(WireError, match="accepted"):
        receipt.decode(json.dumps({"stream": STREAM, "accepted": [[5, 3]]}).encode())
    with pytest.raises(ValueError, match="backwards"):
        Receipt(stream=STREAM, accepted=[(5, 3)])


def test_a_site_file_full_of_brackets_is_one_text() -> None:
    text = "[" * 50_000 + "{,}" * 10_000
    one = command.Command(id="1", expires=1, do=command.NewSiteFile(kind="site_file", text=text))
    assert command.decode(command.encode(one)) == one


TOLD = '{"device":"gate","time":1,"kind":"badge","badge":"b:' + "0" * 32 + '","direction":"in"'


@pytest.mark.parametrize(
    "second", [f"{TOLD}}}", f'{TOLD},"colour":"blue"}}'], ids=["ours", "a newer version's"]
)
def test_texts_read_all_at_once_are_those_read_one_by_one(second: str) -> None:
    texts = [f"{TOLD}}}", second]
    assert batch.EVENT.of_texts(texts) == [batch.EVENT.recall(text.encode()) for text in texts]


def test_a_text_that_is_two_is_none() -> None:
    with pytest.raises(WireError):
        batch.EVENT.of_texts([f"{TOLD}}},{TOLD}}}"])
