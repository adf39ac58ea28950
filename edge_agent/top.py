"""What `top` prints: live values, what ails the devices, the lines, the spool, the last receipt."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from edge_agent.language import chosen, said
from edge_agent.live import Live
from wire.quantities import QUANTITIES
from wire.status import DeviceStatus

_NAME_WIDTH: Final = 24


def screen(live: Live) -> str:
    """The whole picture as lines of text."""
    return "\n".join([*_head(live), "", *_devices(live), "", *_lines(live)])


def _head(live: Live) -> Iterator[str]:
    status, spool = live.status, live.status.spool
    yield f"{live.site} / {live.agent}  {_clock(live.now)}"
    receipt = status.uplink.last_receipt
    age = _age(live, receipt)
    yield said("top_receipt", age=age if receipt is None else said("top_ago", age=age))
    bound = spool.bound_bytes >> 20
    yield said("top_spool", batches=spool.batches, used=f"{spool.bytes / 2**20:.1f}", bound=bound)
    if status.dropped.readings or status.dropped.unspooled_readings:
        lost = status.dropped.readings + status.dropped.unspooled_readings
        yield said("top_dropped", readings=f"{lost:,}")
    for part in status.parts:
        yield said("top_part", part=part.name, restarts=part.restarts, reason=part.reason)


def _devices(live: Live) -> Iterator[str]:
    for device in live.status.devices:
        fault = "" if device.fault is None else f"  {said(device.fault)}"
        yield f"{device.device:<{_NAME_WIDTH}} {_age(live, device.last_read):>8}{fault}"
        yield from _values(live, device)


def _values(live: Live, device: DeviceStatus) -> Iterator[str]:
    for quantity, value in live.values.get(device.device, {}).items():
        row = QUANTITIES.get(quantity)
        name = quantity if row is None else row.zh if chosen() == "zh" else row.en
        shown = "–" if value is None else f"{value:.10g}"
        unit = "" if row is None else row.display_unit
        yield f"    {name:<{_padded(name)}} {shown:>14} {unit}".rstrip()


def _lines(live: Live) -> Iterator[str]:
    for line in live.status.lines:
        counts = {"requests": line.requests, "replies": line.replies, "timeouts": line.timeouts}
        counts |= {"damaged": line.checksum_errors, "retries": line.retries}
        yield said("top_line", port=line.port, **counts)
        if line.utilisation is not None:
            yield said("top_line_busy", share=f"{line.utilisation:.0%}")


def _padded(name: str) -> int:
    """The width that brings a name to its column: a Chinese character takes two."""
    wide = sum(ord(letter) > 0x2E7F for letter in name)
    return _NAME_WIDTH - wide


def _clock(time_ms: int) -> str:
    return dt.datetime.fromtimestamp(time_ms / 1000).astimezone().strftime("%H:%M:%S")


def _age(live: Live, time_ms: int | None) -> str:
    if time_ms is None:
        return said("top_never")
    seconds = max(live.now - time_ms, 0) / 1000
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
