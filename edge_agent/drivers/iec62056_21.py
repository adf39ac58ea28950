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
from edge_agent.drivers.obis import Readout
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
    obis.check_now(str(where["obis"]))


class _Unanswered(TransientError):  # noqa: N818  # what the meter leaves the acknowledgement
    """A meter that has signed on gives no readout in the protocol asked for, and offers another."""

    def __init__(self, next_protocol: str, error: TransientError) -> None:
        super().__init__(str(error), error.reason)
        self.next_protocol: Final = next_protocol


class Iec62056:
    """Reads the meter under an optical head. `attempts` is how often before it is given up."""

    def __init__(self, attempts: int = 2, reaction_s: float = REACTION_S) -> None:
        self._attempts = attempts
        self._reaction_s = reaction_s
        #: The protocol a meter was last silent in the other of.
        self._protocols: dict[str, str] = {}

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point. Raises DriverError where nothing could be read."""
        wait_s = max(timeout_s, self._reaction_s)
        failure = TransientError(f"meter {target.address}: not asked", "no_reply")
        for _ in range(self._attempts):
            try:
                return _reply(target, await self._conversation(port, target, counters, wait_s))
            except _Unanswered as error:
                # The meter signs on and says nothing in this protocol: once more in the one it offers.
                self._protocols[target.address] = error.next_protocol
                failure = error
            except TransientError as error:
                if error.reason != "bad_checksum":
                    raise
                failure = error
        raise failure

    async def _conversation(self, port: Port, target: Target, counters: LineCounters, wait_s: float) -> bytes:
        try:
            await port.set_baud(None)
            who = await self._sign_on(port, target, counters, wait_s)
            protocol = self._protocols.get(target.address, who.protocols[0])
            await asyncio.sleep(float(target.options.get("turnaround_s", _TURNAROUND_S)))
            try:
                return await _read_out(port, target, who, protocol, counters, wait_s)
            except TransientError as error:
                others = [other for other in who.protocols if other != protocol]
                if error.reason != "no_reply" or not others:
                    raise
                raise _Unanswered(others[0], error) from error
        finally:
            await port.set_baud(None)

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
    port: Port, target: Target, who: Identification, protocol: str, counters: LineCounters, wait_s: float
) -> bytes:
    """Everything the meter sends, at the speed it offers. Raises DriverError."""
    what = f"meter {target.address} ({who.text})"
    request = iec62056_21_frame.acknowledge(who.baud_char, protocol)
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
        said = Readout(iec62056_21_frame.data_sets(readout))
    except FrameError as error:
        raise TransientError(f"meter {target.address}: {error}", "malformed") from error
    errors = iec62056_21_frame.error_register(said)
    reply = Reply(doubt=None if errors is None else "device_error")
    missing = PermanentError(f"meter {target.address} sends none of what its profile names", "device_error")
    for point in target.points:
        try:
            value = obis.evaluate(str(point.where["obis"]), said, point.quantity)
        except KeyError:
            fail([point], missing, reply)
        else:
            take(point, None if value is None else scaled(value, point.scale), reply)
    if all(reason == "device_error" for reason in map(reply.faults.get, reply.values)):
        raise missing
    return reply
