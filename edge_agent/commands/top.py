"""`plumbline-edge top SITE.yaml [--once]`: live values, what ails the devices, lines, spool, last receipt."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from edge_agent.host import local_socket
from edge_agent.host.local_socket import Snapshot
from edge_agent.language import chosen, said
from edge_agent.site.installation import load_installation
from wire.printable import printable_lines
from wire.quantities import QUANTITIES
from wire.status import DeviceStatus

ABOUT: Final = "about_top"
_NAME_WIDTH: Final = 24
_EVERY_S: Final = 1.0
_HOME_AND_CLEAR: Final = "\x1b[H\x1b[J"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `top`."""
    parser.add_argument("site_file", metavar="SITE.yaml", type=Path)
    parser.add_argument("--once", action="store_true", help=said("top_once"))


def run(arguments: argparse.Namespace) -> int:
    """0 with --once, or until Ctrl-C; 1 where no agent runs. Raises SiteFileError."""
    spool = load_installation(arguments.site_file).site.spool.path
    while True:
        try:
            text = printable_lines(screen(local_socket.ask(spool)))
        except OSError:
            print(said("top_nobody", file=arguments.site_file), file=sys.stderr)
            return 1
        if arguments.once:
            print(text)
            return 0
        print(f"{_HOME_AND_CLEAR}{text}", flush=True)
        time.sleep(_EVERY_S)


def screen(snapshot: Snapshot) -> str:
    """The whole picture as lines of text."""
    return "\n".join([*_head(snapshot), "", *_devices(snapshot), "", *_lines(snapshot)])


def _head(snapshot: Snapshot) -> Iterator[str]:
    status, spool = snapshot.status, snapshot.status.spool
    yield f"{snapshot.site} / {snapshot.agent}  {_clock(snapshot.now)}"
    receipt = status.uplink.last_receipt
    age = _age(snapshot, receipt)
    yield said("top_receipt", age=age if receipt is None else said("top_ago", age=age))
    bound = spool.bound_bytes >> 20
    yield said("top_spool", batches=spool.batches, used=f"{spool.bytes / 2**20:.1f}", bound=bound)
    if status.dropped.readings or status.dropped.unspooled_readings:
        lost = status.dropped.readings + status.dropped.unspooled_readings
        yield said("top_dropped", readings=f"{lost:,}")
    for part in status.parts:
        yield said("top_part", part=part.name, restarts=part.restarts, reason=part.reason)


def _devices(snapshot: Snapshot) -> Iterator[str]:
    for device in snapshot.status.devices:
        fault = "" if device.fault is None else f"  {said(device.fault)}"
        yield f"{device.device:<{_NAME_WIDTH}} {_age(snapshot, device.last_read):>8}{fault}"
        yield from _values(snapshot, device)


def _values(snapshot: Snapshot, device: DeviceStatus) -> Iterator[str]:
    for quantity, value in snapshot.values.get(device.device, {}).items():
        row = QUANTITIES.get(quantity)
        name = quantity if row is None else row.zh if chosen() == "zh" else row.en
        shown = "–" if value is None else f"{value:.10g}"
        unit = "" if row is None else row.display_unit
        yield f"    {name:<{_padded(name)}} {shown:>14} {unit}".rstrip()


def _lines(snapshot: Snapshot) -> Iterator[str]:
    for line in snapshot.status.lines:
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


def _age(snapshot: Snapshot, time_ms: int | None) -> str:
    if time_ms is None:
        return said("top_never")
    seconds = max(snapshot.now - time_ms, 0) / 1000
    return f"{seconds:.1f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
