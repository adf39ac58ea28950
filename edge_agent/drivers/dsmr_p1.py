"""The driver of a smart meter's P1 port: the meter speaks every second (or every ten), nothing is asked.

One poll is the newest telegram. A target's `address` is `any`, or the equipment identifier the telegram must
carry. A point's `where` is `{"obis": "1-0:1.8.0 | 1-0:1.8.T"}` (see `obis`), or `{"sub_meter": "gas"}` (or
`water`, `hot_water`), with `channel` where several live meters of a kind hang on it; values are in W, kWh, V,
A, m³ before `scale`. What a sub-meter said an hour ago is repeated in every telegram: it is told once, with
its age by the meter's own clock. Target option: `checksum` (default true); false takes telegrams without a
CRC, as DSMR 2 and 3 send them.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers import dsmr_p1_frame, obis
from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    Port,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.dsmr_p1_frame import LONGEST_TELEGRAM_BYTES, Telegram
from edge_agent.drivers.dsmr_sub_meters import CHANNELS, SUB_METERS, sub_meter_times
from edge_agent.drivers.exchange import fail
from edge_agent.drivers.obis import Readout

#: Meters before DSMR 5 send a telegram every ten seconds, and take up to two for it at 9600 baud.
PERIOD_S: Final = 12.5


def check_at(where: Mapping[str, Any]) -> None:
    """Raises ValueError where a profile's `at` names neither an OBIS code nor a sub-meter."""
    if set(where) <= {"sub_meter", "channel"} and where.get("sub_meter") in SUB_METERS:
        if where.get("channel", CHANNELS[0]) not in CHANNELS:
            raise ValueError(f"channel must be {CHANNELS[0]} to {CHANNELS[-1]}")
        return
    if set(where) != {"obis"}:
        raise ValueError(f'must be {{obis: "1-0:1.7.0"}} or {{sub_meter: {" | ".join(SUB_METERS)}}}')
    obis.check_now(str(where["obis"]))


class DsmrP1:
    """Hears one meter. A poll waits for a telegram at most `period_s`."""

    def __init__(self, period_s: float = PERIOD_S) -> None:
        self._period_s = period_s
        self._rest = b""
        self._heard_s = float("-inf")
        #: What of each sub-meter was told last: when by its own clock, and its value.
        self._told: dict[tuple[str, str], tuple[dt.datetime, float | None]] = {}

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the newest telegram says of each point. Raises DriverError where none came."""
        telegram = await self._newest(port, target, counters, max(timeout_s, self._period_s))
        found = dict(dsmr_p1_frame.by_point(target.points, telegram.readout()))
        missing = PermanentError(f"meter {telegram.identification}: no such value in it", "device_error")
        if not found:
            raise missing
        reply = Reply()
        for point in target.points:
            if point.quantity not in found:
                fail([point], missing, reply)
                continue
            reply.values[point.quantity] = found[point.quantity]
            if found[point.quantity] is None:
                silent = "sub_meter" in point.where
                reply.faults[point.quantity] = "device_error" if silent else "not_a_number"
            elif "sub_meter" in point.where:
                self._once(target.device, point, telegram.readout(), reply)
        return reply

    def _once(self, device: str, point: Point, readout: Readout, reply: Reply) -> None:
        """Give the value of a sub-meter its age, or leave it out where it was told before."""
        times = sub_meter_times(point, readout)
        if times is None:
            return
        taken, now = times
        told = (taken, reply.values[point.quantity])
        if self._told.get((device, point.quantity)) == told:
            del reply.values[point.quantity]
            return
        self._told[device, point.quantity] = told
        reply.ages_ms[point.quantity] = max(0, round((now - taken).total_seconds() * 1000))

    async def _newest(self, port: Port, target: Target, counters: LineCounters, wait_s: float) -> Telegram:
        """The last whole telegram of those that wait in the port, else the next. Raises DriverError."""
        now = asyncio.get_running_loop().time
        give_up = now() + wait_s
        if now() - self._heard_s > self._period_s:
            port.discard_input()  # nobody has listened for long: who knows how old that is
            self._rest = b""
        failure = TransientError(f"P1 port: no telegram within {wait_s:g} s", "no_reply")
        while (left_s := give_up - now()) > 0:
            found = dsmr_p1_frame.scan(self._rest + await port.read(left_s))
            self._heard_s = now()
            self._rest = found.rest[-LONGEST_TELEGRAM_BYTES:]
            counters.replies += len(found.telegrams)
            counters.checksum_errors += len(found.faults)
            for fault in found.faults:
                failure = TransientError(f"P1 port: {fault}", "bad_checksum")
            for telegram in reversed(found.telegrams):
                complaint = _complaint(telegram, target)
                if complaint is None:
                    return telegram
                failure = TransientError(f"P1 port: {complaint}", "malformed")
        if failure.reason == "no_reply":
            counters.timeouts += 1
        raise failure


def _complaint(telegram: Telegram, target: Target) -> str | None:
    """Why a telegram is not taken, or None."""
    if telegram.crc is None and target.options.get("checksum", True):
        return "telegrams without a CRC are not taken unless the profile says `checksum: false`"
    if target.address != dsmr_p1_frame.ANY and target.address not in telegram.equipment:
        return f"meter {' '.join(telegram.equipment)} speaks, not {target.address}"
    return None
