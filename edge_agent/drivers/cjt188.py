"""The driver of CJ/T 188 water and gas meters.

A target's `address` is the fourteen digits on the meter. A point's `where` is `{"field": "current_total"}` or
`settlement_total`, in m³ before `scale`. Target options: `meter_type` (two hex digits, default 10,
cold water) and `gap_s` (silence before a request, default 0). Which order of the identifier a meter wants is
found out and remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers import cjt188_frame
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
from edge_agent.drivers.exchange import Question, ask, take
from edge_agent.drivers.scaling import scaled

_COLD_WATER: Final = "10"


def check_at(where: Mapping[str, Any]) -> None:
    """Raises ValueError where a profile's `at` names no field."""
    if set(where) != {"field"} or where["field"] not in cjt188_frame.FIELDS:
        raise ValueError(f"must be {{field: {' | '.join(cjt188_frame.FIELDS)}}}")


class Cjt188:
    """Polls meters on one line. `attempts` is how often each is asked before it is given up."""

    def __init__(self, attempts: int = 2) -> None:
        self._attempts = attempts
        #: Which order of the identifier a meter has answered: `90 1F` or not. As many as meters on the line.
        self._high_first: dict[str, bool] = {}

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point. Raises DriverError where nothing could be read."""
        address = cjt188_frame.normal_address(target.address)
        frame = await self._read(port, target, address, counters, timeout_s)
        known = cjt188_frame.totals(frame)
        if not known:
            raise PermanentError(
                f"meter {address}: {len(frame.data)} bytes of data are no water or gas meter's", "malformed"
            )
        reply = Reply()
        for point in target.points:
            value = cjt188_frame.cubic_metres(*known[point.where["field"]])
            take(point, None if value is None else scaled(value, point.scale), reply)
        return reply

    async def _read(
        self, port: Port, target: Target, address: str, counters: LineCounters, timeout_s: float
    ) -> Frame:
        """The meter's answer to the order it is known to want, or to either. Raises DriverError."""
        meter_type = int(str(target.options.get("meter_type", _COLD_WATER)), 16)
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
