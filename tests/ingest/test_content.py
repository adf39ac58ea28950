"""A repeat is told from other content by what it says, not by its bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.content import difference, is_empty
from wire.batch import Batch, Event, Frame

STREAM = "01K" + "A" * 23
NOW = 1_764_000_000_000

frames = st.integers(1, 3).flatmap(
    lambda n: st.builds(
        Frame,
        device=st.sampled_from(["a", "b"]),
        time=st.lists(st.integers(NOW, NOW + 3), min_size=n, max_size=n, unique=True),
        values=st.dictionaries(
            st.sampled_from(["frequency", "current"]),
            st.lists(st.none() | st.sampled_from([1.0, 2.0]), min_size=n, max_size=n),
        ),
    )
)
events = st.builds(
    Event,
    device=st.sampled_from(["a", "b"]),
    time=st.integers(NOW, NOW + 2),
    kind=st.just("badge"),
    badge=st.just("b:" + "9f" * 16),
)
batches = st.builds(
    Batch,
    stream=st.just(STREAM),
    seq=st.just(1),
    sent=st.just(NOW),
    frames=st.lists(frames, max_size=3),
    events=st.lists(events, max_size=2),
)
Cell = tuple[str, str, int, float]


def cells(batch: Batch) -> list[Cell]:
    return [
        (frame.device, quantity, time, value)
        for frame in batch.frames
        for quantity, column in frame.values.items()
        for time, value in zip(frame.time, column, strict=True)
        if value is not None
    ]


def known(batch: Batch) -> dict[tuple[str, str, int], float]:
    """The first value of a time stands."""
    found: dict[tuple[str, str, int], float] = {}
    for *key, value in cells(batch):
        found.setdefault((str(key[0]), str(key[1]), int(str(key[2]))), value)
    return found


@given(batch=batches, held=batches)
def test_every_reading_is_fresh_or_contradicts_or_is_there_already(batch: Batch, held: Batch) -> None:
    found, there = difference(batch, held), known(held)
    assert cells(found.fresh) == [cell for cell in cells(batch) if cell[:3] not in there]
    assert cells(found.contradicting) == [
        cell for cell in cells(batch) if there.get(cell[:3], cell[3]) != cell[3]
    ]
    assert found.fresh.events == [event for event in batch.events if event not in held.events]
    assert bool(found) == (not is_empty(found.fresh) or not is_empty(found.contradicting))


def test_the_same_readings_laid_out_otherwise_are_a_repeat() -> None:
    one = Frame(device="a", time=[NOW, NOW + 1], values={"current": [1, None], "frequency": [50, 49]})
    parts = [
        Frame(device="a", time=[NOW + 1], values={"frequency": [49]}),
        Frame(device="a", time=[NOW], values={"frequency": [50], "current": [1]}),
    ]
    whole = Batch(stream=STREAM, seq=1, sent=NOW, frames=[one])
    apart = Batch(stream=STREAM, seq=1, sent=NOW + 5, frames=parts)
    assert not difference(whole, apart)
    assert not difference(apart, whole)
