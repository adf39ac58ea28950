"""Logs of accepted batches for the benchmarks of the stores, as sites send them.

`live`: a batch a second of 60 frames with one time and ten quantities. `backlog`: what an agent sends that
was away, ten seconds a batch, so that frames have ten times. `spread`: small sites of 40 series, a batch a
second each.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from benchmarks import load
from ingest.accept import blocks_of
from ingest.recent import LoggedBatch
from store.log.contract import Entry, Log
from store.log.sqlite import SqliteLog
from store.timeseries.contract import Block
from wire.batch import Batch, Frame, encode

_ACCEPTED_AT: Final = 1_764_000_000_000
_SECONDS: Final = 10
_APPEND: Final = 500
_SPREAD_DEVICES: Final = 4
SPREAD_READINGS: Final = _SPREAD_DEVICES * 10


def live(count: int) -> Iterator[Batch]:
    """`count` batches of 600 readings."""
    return load.batches(count)


def backlog(count: int) -> Iterator[Batch]:
    """`count` batches of 6,000 readings."""
    seconds = load.batches(count * _SECONDS)
    for seq in range(1, count + 1):
        parts = list(islice(seconds, _SECONDS))
        frames = [_joined(frames) for frames in zip(*(part.frames for part in parts), strict=True)]
        yield Batch(stream=load.STREAM, seq=seq, sent=parts[-1].sent, frames=frames)


def _joined(frames: tuple[Frame, ...]) -> Frame:
    values = {quantity: [frame.values[quantity][0] for frame in frames] for quantity in frames[0].values}
    return Frame(device=frames[0].device, time=[frame.time[0] for frame in frames], values=values)


def append(log: Log, site: str, batches: Iterable[Batch]) -> int:
    """Put the batches into a log; the last offset."""
    entries = (Entry(site, load.AGENT, batch.stream, batch.seq, encode(batch)) for batch in batches)
    while some := list(islice(entries, _APPEND)):
        log.append(some, _ACCEPTED_AT)
    return log.last_offset()


def spread(path: Path, sites: int, readings: int) -> None:
    """A log of `readings` from as many sites, which take turns."""
    log = SqliteLog(path)
    chance = random.Random(1)
    names = list(next(load.batches(1)).frames[0].values)
    entries = []
    for number in range(readings // SPREAD_READINGS):
        second, site = divmod(number, sites)
        frames = [
            Frame(
                device=f"meter-{device}",
                time=[_ACCEPTED_AT + 1000 * second],
                values={name: [round(chance.gauss(230, 1), 2)] for name in names},
            )
            for device in range(_SPREAD_DEVICES)
        ]
        batch = Batch(stream=load.STREAM, seq=second + 1, sent=_ACCEPTED_AT + 1000 * second, frames=frames)
        entries.append(Entry(f"site-{site}", load.AGENT, batch.stream, batch.seq, encode(batch)))
        if len(entries) == _APPEND:
            log.append(entries, _ACCEPTED_AT)
            entries.clear()
    log.append(entries, _ACCEPTED_AT)
    log.close()


def stored(site: str, batches: Iterable[Batch]) -> list[LoggedBatch]:
    """The batches as accept hands them to the writer, under the offsets they have in a log of their own."""
    return [
        LoggedBatch(offset, site, load.AGENT, blocks_of(site, batch), batch.events, batch.readings())
        for offset, batch in enumerate(batches, start=1)
    ]


def blocks(site: str, batches: Iterable[Batch]) -> list[Block]:
    """The readings as columns."""
    return [block for batch in batches for block in blocks_of(site, batch)]
