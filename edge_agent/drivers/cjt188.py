"""The driver of CJ/T 188 water, gas and heat meters.

A target's `address` is the fourteen digits on the meter. A point's `where` is `{"field": "current_total"}` or
another of `cjt188_data.FIELDS_OF_NOW`, in m³, m³/h, Wh, W or °C before `scale`. Target options: `meter_type`
(two hex digits; default 10, cold water; 20 heat, 30 gas) and `gap_s` (silence before a request, default 0).
Which order of the identifier a meter wants is found out and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers import cjt188_data, cjt188_frame
from edge_agent.drivers.cjt188_frame import Frame
from edge_agent.drivers.contract import (
    DriverError,
    LineCounters,
    LineLost,
    PermanentError,
    Port,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.exchange import Question, ask, fail, take

_COLD_WATER: Final = "10"


def check_at(where: Mapping[str, Any]) -> None:
    """Raises ValueError where a profile's `at` names no field of now."""
    if set(where) != {"field"} or where["field"] not in cjt188_data.FIELDS_OF_NOW:
        past = ", ".join(sorted(cjt188_data.SETTLED))
        raise ValueError(
            f"must be {{field: {' | '.join(cjt188_data.FIELDS_OF_NOW)}}}; {past} are of a day that is past"
        )


class Cjt188:
    """Polls meters on one line. `attempts` is how often each is asked before it is given up."""

    def __init__(self, attempts: int = 2) -> None:
        self._attempts = attempts
        #: Which order of the identifier a meter has answered: `90 1F` or not. As many as meters on the line.
        self._high_first: dict[str, bool] = {}

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point. Raises DriverError where nothing could be read."""
        address = cjt188_frame.normal_address(target.address)
        meter_type = int(str(target.options.get("meter_type", _COLD_WATER)), 16)
        frame = await self._read(port, target, address, meter_type, counters, timeout_s)
        if frame.meter_type >> 4 != meter_type >> 4:
            told = f"meter {address} is of type {frame.meter_type:02X}, its profile of {meter_type:02X}"
            raise PermanentError(told, "malformed")
        found = cjt188_data.readings(frame.data[3:])
        if found is None:
            told = f"meter {address}: {len(frame.data)} bytes of data are no water, gas or heat meter's"
            raise PermanentError(told, "malformed")
        values = cjt188_frame.by_point(found, target.points)
        missing = PermanentError(f"meter {address} has none of what its profile names", "device_error")
        if not values:
            raise missing
        reply = Reply(doubt="device_error" if found.valve == "abnormal" else None)
        for point in target.points:
            if point.quantity in values:
                take(point, values[point.quantity], reply)
            else:
                fail([point], missing, reply)
        return reply

    async def _read(
        self,
        port: Port,
        target: Target,
        address: str,
        meter_type: int,
        counters: LineCounters,
        timeout_s: float,
    ) -> Frame:
        """The meter's answer to the order it is known to want, or to either. Raises DriverError."""
        gap_s = float(target.options.get("gap_s", 0.0))
        known = self._high_first.get(address)
        # Some meters refuse the order they do not know, others are silent.
        tries = [(True, 1), (False, 1)] if known is None else [(known, target.attempts or self._attempts)]
        failure: DriverError | None = None
        for high_first, attempts in tries:
            request = cjt188_frame.read_request(meter_type, address, high_first)
            question = Question(request, timeout_s, attempts, f"meter {address}", gap_s)
            try:
                frame = await ask(port, question, counters, lambda heard: _find(heard, address), _damaged)
            except LineLost:
                raise
            except DriverError as error:
                failure = _telling(failure, error)
            else:
                self._high_first[address] = high_first
                return frame
        self._high_first.pop(address, None)
        raise failure if failure is not None else TransientError(f"meter {address}: not asked", "no_reply")


def _telling(one: DriverError | None, other: DriverError) -> DriverError:
    """Of two failures the one that says more: anything is better than no reply."""
    return one if one is not None and other.reason == "no_reply" else other


def _find(heard: bytes, address: str) -> Frame | None:
    """The meter's answer among echoes and neighbours' answers. Raises PermanentError where it refuses."""
    for frame in cjt188_frame.scan(heard).frames:
        if not frame.is_reply or address not in (frame.address, cjt188_frame.WILDCARD):
            continue
        if frame.function != cjt188_frame.READ_DATA:
            continue
        if frame.is_error:
            word = frame.data[1:3].hex(" ").upper()
            raise PermanentError(f"meter {address}: refused, status {word or 'none'}", "device_error")
        if cjt188_frame.identifier(frame) == cjt188_frame.CURRENT:
            return frame
    return None


def _damaged(heard: bytes) -> bool:
    return any(fault.kind == "checksum_mismatch" for fault in cjt188_frame.scan(heard).faults)
