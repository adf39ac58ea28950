"""What an agent says of itself, where that has changed: an entry of the log beside the batches.

Beats are no changes. An entry says all that holds from then on, so that a reader needs none before it; and it
reads as a batch of nothing, so that a version that knows no changes passes over it.
"""

from __future__ import annotations

from typing import Final

from store.log.contract import CHANGES, LISTENING, QUIET, Entry
from store.records.contract import AgentState
from wire.batch import Batch
from wire.bounds import Bounds
from wire.codec import Codec
from wire.model import Milliseconds
from wire.status import DeviceStatus, Status

#: A stream of nobody's, for what only has to read as a batch.
_NO_STREAM: Final = "0" * 26


class Change(Batch):
    """`status` holds from `received` on (UTC ms of our clock). Of it count `online`, `sent`, `stream`, and of
    the `devices` which they are and what is wrong with them; after a last will they are those it read before.

    `quiet`: it said nothing for long, nor that it goes: our word, not its own.
    """

    received: Milliseconds
    quiet: bool = False
    status: Status


CODEC: Final = Codec(Change, Bounds(bytes=1 << 20, depth=8, elements=20_000))


def change_entry(state: AgentState, *, quiet: bool = False) -> Entry:
    """Identity: when the agent wrote it and which it is, so that whoever enters it, it is entered once."""
    said, seq = state.status, 2 * state.status.sent + 1 + state.status.online
    status = Status(
        online=said.online, sent=said.sent, stream=said.stream, devices=[_bare(one) for one in said.devices]
    )
    change = Change(
        stream=said.stream, seq=seq, sent=said.sent, received=state.received, quiet=quiet, status=status
    )
    return Entry(state.site, state.agent, QUIET if quiet else CHANGES, seq, CODEC.encode(change))


def listening_entry(at: int) -> Entry:
    """We hear the sites from UTC ms `at` on, and did not before."""
    nothing = Batch(stream=_NO_STREAM, seq=max(at, 1), sent=at)
    return Entry("", "", LISTENING, nothing.seq, Codec(Batch, CODEC.bounds).encode(nothing))


def _bare(device: DeviceStatus) -> DeviceStatus:
    """When it was last read is no change."""
    return DeviceStatus(device=device.device, fault=device.fault)
