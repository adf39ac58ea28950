"""No way of writing a badge number into a broken message gets it shown."""

from __future__ import annotations

import json
from typing import Final

import pytest
import zstandard

from wire.batch import Batch, Event, Frame, encode
from wire.disclosure import LARGEST_BYTES, disclosed

NUMBER: Final = "0012345678"
PSEUDONYM: Final = "b:" + "0f" * 16

BYPASSES: Final = {
    "plainly": f'{{"events":[{{"badge":"{NUMBER}"}}]}}',
    "as a number": '{"events":[{"badge":12345678}]}',
    "under an escaped name": f'{{"events":[{{"\\u0062adge":"{NUMBER}"}}]}}',
    "with escaped digits": '{"events":[{"badge":"\\u0030012345678"}]}',
    "in a list": f'{{"events":[{{"badge":["{NUMBER}"]}}]}}',
    "in a list of lists": f'{{"events":[{{"badge":[["{NUMBER}"],["{NUMBER}"]]}}]}}',
    "in an object": f'{{"events":[{{"badge":{{"kind":"{NUMBER}"}}}}]}}',
    "under another name": f'{{"events":[{{"card":"{NUMBER}"}}]}}',
    "as a name": f'{{"events":[{{"{NUMBER}":1}}]}}',
    "in place of a word": f'{{"events":[{{"kind":"{NUMBER}","reason":"{NUMBER}","direction":"{NUMBER}"}}]}}',
    "behind a pseudonym": f'{{"events":[{{"badge":"{PSEUDONYM} {NUMBER}"}}]}}',
    "named twice": f'{{"events":[{{"badge":"{PSEUDONYM}","badge":"{NUMBER}"}}]}}',
    "as a quantity": '{"frames":[{"device":"gate","time":[1],"values":{"badge":[12345678]}}]}',
    "as a stream": f'{{"stream":"{NUMBER}"}}',
    "at the top": f'"{NUMBER}"',
    "in no object": f'["{NUMBER}"]',
}


@pytest.mark.parametrize("text", BYPASSES.values(), ids=BYPASSES)
def test_a_badge_number_is_withheld(text: str) -> None:
    shown = disclosed(text.encode())
    assert shown is not None
    assert "12345678" not in shown
    assert "(withheld)" in shown


UNREADABLE: Final = {
    "no text": f'{{"events":[{{"badge":"{NUMBER}"}}]}}'.encode() + b"\xff",
    "another encoding": f'{{"badge":"{NUMBER}"}}'.encode("utf-16-le"),
    "cut short": f'{{"badge":"{NUMBER}'.encode(),
    "no frame of zstd": b"\x28\xb5\x2f\xfd" + NUMBER.encode(),
    "nested without end": b"[" * 200_000,
    "a number without end": b'{"badge":' + b"9" * 5_000 + b"}",
    "larger than one looks at": zstandard.compress(b'{"a":"' + b"x" * LARGEST_BYTES + b'"}'),
}


@pytest.mark.parametrize("payload", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_decoded_is_not_shown_at_all(payload: bytes) -> None:
    assert disclosed(payload) is None


def test_what_belongs_into_a_batch_is_shown() -> None:
    batch = Batch(
        stream="01K" + "A" * 23,
        seq=7,
        sent=1_764_000_000_000,
        frames=[Frame(device="主电表", time=[1, 2], values={"active_power": [812.5, None]})],
        events=[
            Event(device="gate", time=3, kind="badge", badge=PSEUDONYM, direction="in"),
            Event(device="meter", time=4, kind="fault", quantity="voltage_l1", reason="no_reply"),
        ],
    )
    assert json.loads(disclosed(encode(batch)) or "") == batch.model_dump()
