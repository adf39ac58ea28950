"""What the agent says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edge_agent.drivers.contract import LineCounters
from edge_agent.gather.collector import DeviceState
from edge_agent.spool.contents import Depth, Losses
from wire.status import (
    MOST_DEVICES,
    MOST_LINES,
    MOST_OLDER,
    MOST_RANGES,
    MOST_RANGES_OLDER,
    DeviceStatus,
    Dropped,
    DroppedOf,
    LineStatus,
    SpoolStatus,
    Status,
)


def spool_status(depth: Depth) -> SpoolStatus:
    """The spool against its bound."""
    return SpoolStatus(
        batches=depth.batches,
        bytes=depth.bytes,
        bound_bytes=depth.bound_bytes,
        oldest=depth.oldest_ms,
        last_seq=depth.last_seq,
        older_batches=depth.older_batches,
    )


def dropped(losses: Losses, stream: str, lost_readings: int, lost_events: int) -> Dropped:
    """What was given up: counted in the spool, and not yet counted there because the disk takes nothing."""
    older = [(name, ranges) for name, ranges in losses.batches if name != stream]
    return Dropped(
        readings=losses.readings,
        events=losses.events + lost_events,
        batches=dict(losses.batches).get(stream, [])[-MOST_RANGES:],
        older=[
            DroppedOf(stream=name, batches=ranges[-MOST_RANGES_OLDER:])
            for name, ranges in older[-MOST_OLDER:]
        ],
        unspooled_readings=losses.unspooled_readings + lost_readings,
        last=losses.last_ms,
    )


def line_statuses(counters: Mapping[str, LineCounters]) -> list[LineStatus]:
    """One row a port."""
    rows = [
        LineStatus(
            port=port,
            requests=one.requests,
            retries=one.retries,
            replies=one.replies,
            timeouts=one.timeouts,
            checksum_errors=one.checksum_errors,
            dropped=one.dropped,
            utilisation=one.utilisation,
        )
        for port, one in counters.items()
    ]
    return rows[:MOST_LINES]


def device_statuses(devices: Iterable[str], states: Mapping[str, DeviceState]) -> list[DeviceStatus]:
    """One row a device of the site file, also where it never spoke."""
    rows = ((device, states.get(device, DeviceState())) for device in devices)
    return [
        DeviceStatus(device=device, last_read=state.last_read_ms, fault=state.fault) for device, state in rows
    ][:MOST_DEVICES]


def last_will(stream: str, now_ms: int) -> Status:
    """What the broker says when the agent is gone."""
    return Status(online=False, sent=now_ms, stream=stream)
