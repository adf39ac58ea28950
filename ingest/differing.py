"""Readings that came with another value than stands at their moment: set aside with both, to be looked at."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Final

from store.records.contract import Quarantined
from store.timeseries.contract import Differences, Differing
from wire.printable import printable

REASON: Final = "other_value"
_REMEDY: Final = (
    "look whether two devices have one name, or a log was read in twice; there is nothing to replay"
)


def items(told: Differences, now_ms: int) -> list[Quarantined]:
    """An item for each device, its payload JSON: quantity, time (UTC ms), what stands, what came."""
    by_device: defaultdict[tuple[str, str], list[Differing]] = defaultdict(list)
    for one in told.first:
        by_device[one.site, one.device].append(one)
    return [_item(site, device, several, told, now_ms) for (site, device), several in by_device.items()]


def _item(site: str, device: str, several: list[Differing], told: Differences, now_ms: int) -> Quarantined:
    readings = [{"quantity": d.quantity, "time": d.time, "kept": d.kept, "came": d.came} for d in several]
    payload = json.dumps({"device": device, "readings": readings}, ensure_ascii=False).encode()
    first = several[0]
    more = f", {told.count - len(told.first)} more not kept" if told.count > len(told.first) else ""
    what = (
        f"{device}: {len(several)} readings came with other values than stand at their moments, the first "
        f"{first.quantity} {first.came:g} where {first.kept:g} stands{more}"
    )
    return Quarantined(now_ms, f"stored/{site}", payload, REASON, f"{printable(what)}; {_REMEDY}", site)
