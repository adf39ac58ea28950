"""What of all that agents say is a change, and what a beat."""

from __future__ import annotations

from typing import Final

import pytest

from ingest.changes import Agents, is_change
from store.log import change as log_change
from store.log.change import Change
from store.log.contract import Entry
from store.records.contract import AgentState
from tests.ingest.site import NOW, SITE, STREAM
from wire.batch import FaultReason
from wire.status import SILENT_AFTER_MS, DeviceStatus, HostStatus, Status

BEAT: Final = 10_000
#: The first moment at which one that spoke at NOW is silent.
AFTER = NOW + SILENT_AFTER_MS
KEY: Final = (SITE, "pi-1")


def said(at: int = NOW, online: bool = True, **devices: FaultReason | None) -> AgentState:
    """At `at`: with `devices` and what is wrong with each."""
    listed = [DeviceStatus(device=name, fault=fault, last_read=at) for name, fault in devices.items()]
    status = Status(
        online=online, sent=at, stream=STREAM, devices=listed, host=HostStatus(uptime_s=at // 1000)
    )
    return AgentState(SITE, "pi-1", at, status)


def read(entry: Entry) -> Change:
    return log_change.CODEC.decode(entry.payload)


@pytest.mark.parametrize(
    ("before", "now", "changed"),
    [
        (None, said(), True),
        (said(meter=None), said(NOW + BEAT, meter=None), False),
        (said(), said(NOW + BEAT, online=False), True),
        (said(online=False), said(NOW + BEAT), True),
        (said(meter=None), said(NOW + BEAT, meter="no_reply"), True),
        (said(meter="no_reply"), said(NOW + BEAT, meter=None), True),
        (said(meter="no_reply"), said(NOW + BEAT, meter="line_lost"), True),
        (said(meter=None), said(NOW + BEAT, meter=None, gate=None), True),
        (said(), said(NOW + SILENT_AFTER_MS), True),
        (said(), said(NOW + SILENT_AFTER_MS - 1), False),
        (said(), AgentState(SITE, "pi-1", NOW + 10 * SILENT_AFTER_MS, said().status), False),
    ],
    ids=[
        "first heard", "a beat", "it goes", "it comes", "a device fails", "it recovers", "it fails otherwise",
        "it reads one more", "long not heard", "almost", "told again by the broker",
    ],
)  # fmt: skip
def test_a_change(before: AgentState | None, now: AgentState, changed: bool) -> None:
    assert is_change(before, now) == changed


def test_a_thousand_beats_are_one_entry() -> None:
    agents = Agents()
    entries = []
    for beat in range(1_000):
        state = said(NOW + beat * BEAT, meter=None)
        entries += agents.entries([state])
        agents.take([state])
    assert [read(entry).received for entry in entries] == [NOW]


def test_a_last_will_keeps_the_devices_that_were_read() -> None:
    agents = Agents()
    agents.take([said(meter=None, gate="no_reply")])
    (will,) = agents.entries([said(NOW + BEAT, online=False)])
    assert not read(will).status.online
    assert [(one.device, one.fault) for one in read(will).status.devices] == [
        ("meter", None), ("gate", "no_reply"),
    ]  # fmt: skip


def test_gone_and_back_at_once_are_two_entries_in_order() -> None:
    agents = Agents()
    agents.take([said()])
    found = agents.entries([said(NOW + 1, online=False), said(NOW + 1)])
    assert [read(entry).status.online for entry in found] == [False, True]
    assert len({entry.identity for entry in found}) == 2


def test_the_same_change_has_the_same_identity_whoever_enters_it() -> None:
    first, second = Agents(), Agents()
    second.know([said(NOW - BEAT, online=False)])
    state = said()
    late = AgentState(SITE, "pi-1", NOW + 700, state.status)
    assert first.entries([state])[0].identity == second.entries([late])[0].identity


def test_silence_is_told_once_and_ends_with_the_next_word() -> None:
    agents = Agents()
    agents.take([said(meter=None)])
    assert agents.silent(AFTER - 1, NOW, {}) == []
    assert agents.silent(AFTER, NOW, {KEY: NOW + 5}) == [], "a batch is a sign of life"
    assert agents.silent(AFTER, NOW, {}) == [KEY]
    quiet = read(agents.quiet_entry(KEY))
    assert (quiet.quiet, quiet.received, quiet.status.devices[0].device) == (True, NOW, "meter")
    agents.told([KEY])
    assert agents.silent(AFTER, NOW, {}) == []
    assert agents.entries([AgentState(SITE, "pi-1", NOW + 99, said(meter=None).status)]) == [], (
        "a retained one"
    )
    assert len(agents.entries([said(NOW + BEAT, meter=None)])) == 1


def test_one_that_beats_slowly_is_silent_after_three_of_its_own_beats() -> None:
    state = said()
    slow = AgentState(SITE, "pi-1", NOW, state.status.model_copy(update={"interval_s": 900.0}))
    agents = Agents()
    agents.take([slow])
    assert agents.silent(NOW + 2_699_999, NOW, {}) == []
    assert agents.silent(NOW + 2_700_000, NOW + 1, {}) == [], "who listens must have listened as long"
    assert agents.silent(NOW + 2_700_000, NOW, {}) == [KEY]
    assert not is_change(slow, said(NOW + 900_000)), "a beat"


def test_who_said_that_it_goes_does_not_fall_silent() -> None:
    agents = Agents()
    agents.take([said(online=False)])
    assert agents.silent(AFTER + 1, NOW, {}) == []
