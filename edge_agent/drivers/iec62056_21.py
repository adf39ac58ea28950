"""The driver of IEC 62056-21 meters, mode C: sign on at 300 baud, change the speed, read everything out.

A target's `address` is the meter's, or `any`. A point's `where` is `{"obis": "1.8.0"}`, or a sum of such
codes (`1.8.1 + 1.8.2`), in W, var, kWh, kvarh, V, A, Hz, m³ before `scale`, whatever unit is printed.
Target option: `turnaround_s`, the silence before the acknowledgement (default 0.2; the standard's least).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers import iec62056_21_frame, obis
from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Port,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.exchange import Question, ask, fail, listen, take
from edge_agent.drivers.iec62056_21_frame import LONGEST_READOUT_BYTES, Identification
from edge_agent.drivers.scaling import scaled

#: §6.5.2: a meter answers within 1.5 s, and leaves at most as much between two characters.
REACTION_S: Final = 1.5
_TURNAROUND_S: Final = 0.2
_LONGEST_SIGN_ON_S: Final = 10.0
_LONGEST_READOUT_S: Final = 120.0


def check_at(where: Mapping[str, Any]) -> None:
    """Raises ValueError where a profile's `at` names no OBIS code."""
    if set(where) != {"obis"}:
        raise ValueError('must be {obis: "1.8.0"}')
    obis.terms(str(where["obis"]))


class Iec62056:
    """Reads the meter under an optical head. `attempts` is how often before it is given up."""

    def __init__(self, attempts: int = 2, reaction_s: float = REACTION_S) -> None:
        self._attempts = attempts
        self._reaction_s = reaction_s

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point. Raises DriverError where nothing could be read."""
        wait_s = max(timeout_s, self._reaction_s)
        for attempt in range(self._attempts):
            last = attempt + 1 == self._attempts
            try:
                return await self._conversation(port, target, counters, wait_s)
            except TransientError as error:
                if last or error.reason != "bad_checksum":
                    raise
        raise TransientError(f"meter {target.address}: not asked", "no_reply")

    async def _conversation(self, port: Port, target: Target, counters: LineCounters, wait_s: float) -> Reply:
        try:
            await port.set_baud(None)
            who = await self._sign_on(port, target, counters, wait_s)
            await asyncio.sleep(float(target.options.get("turnaround_s", _TURNAROUND_S)))
            readout = await _read_out(port, target, who, counters, wait_s)
        finally:
            await port.set_baud(None)
        return _reply(target, readout)

    async def _sign_on(
        self, port: Port, target: Target, counters: LineCounters, wait_s: float
    ) -> Identification:
        what = f"meter {target.address}"
        request = iec62056_21_frame.sign_on(target.address)
        question = Question(request, wait_s, self._attempts, what, longest_s=_LONGEST_SIGN_ON_S)
        who = await ask(port, question, counters, iec62056_21_frame.identification_in, lambda _: False)
        if not who.waits_for_acknowledgement:
            raise PermanentError(f"{what} speaks mode A or B ({who.text}); mode C is read here", "malformed")
        return who


async def _read_out(
    port: Port, target: Target, who: Identification, counters: LineCounters, wait_s: float
) -> bytes:
    """Everything the meter sends, at the speed it offers. Raises DriverError."""
    what = f"meter {target.address} ({who.text})"
    request = iec62056_21_frame.acknowledge(who.baud_char)
    question = Question(
        request, wait_s, 1, what, longest_s=_LONGEST_READOUT_S, bound_bytes=LONGEST_READOUT_BYTES
    )
    counters.requests += 1
    await port.write(request)
    await port.set_baud(who.baud)
    readout, heard = await listen(port, question, iec62056_21_frame.readout_in, iec62056_21_frame.is_damaged)
    if readout is not None:
        counters.replies += 1
        return readout
    if iec62056_21_frame.is_damaged(heard):
        counters.checksum_errors += 1
        raise TransientError(f"{what}: bad checksum", "bad_checksum")
    counters.timeouts += 1
    raise TransientError(f"{what}: no data within {wait_s:g} s", "no_reply")


def _reply(target: Target, readout: bytes) -> Reply:
    try:
        sets = obis.by_address(iec62056_21_frame.data_sets(readout))
    except FrameError as error:
        raise TransientError(f"meter {target.address}: {error}", "malformed") from error
    reply = Reply()
    missing = PermanentError(f"meter {target.address} sends none of what its profile names", "device_error")
    for point in target.points:
        try:
            value = obis.evaluate(str(point.where["obis"]), sets)
        except KeyError:
            fail([point], missing, reply)
        else:
            take(point, None if value is None else scaled(value, point.scale), reply)
    if all(reason == "device_error" for reason in map(reply.faults.get, reply.values)):
        raise missing
    return reply
