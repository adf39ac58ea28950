"""The driver of wired M-Bus meters.

A target's `address` is primary (1 to 250) or secondary (the eight digits on the meter, or sixteen with its
maker, version and medium). A point's `where`
says which record: `quantity` (Energy, Volume, Power, …; see `mbus_units`), and where there are several
`storage`, `tariff`, `subunit`, `function`, `modifiers`, `index`. What a record says beside that makes it
another's: without `modifiers` a phase's energy is not the meter's. Values are in Wh, W, m^3, m^3/h, V, A, °C
before `scale`. Target option: `gap_s` (silence before a request, default 0).

Each poll begins with SND_NKE, so that the first request brings the first of a meter's telegrams, whatever
somebody else has asked before; further ones are fetched only while a point is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from edge_agent.drivers import mbus_decode, mbus_frame
from edge_agent.drivers.contract import LineCounters, PermanentError, Port, Reply, Target, TransientError
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.exchange import Question, ask, fail, take
from edge_agent.drivers.mbus_frame import Frame
from edge_agent.drivers.mbus_records import Record, Telegram

#: Telegrams fetched for one poll: meters with load profiles would send dozens.
_MOST_TELEGRAMS: Final = 8
_BUSY: Final = "application_busy"


class MBus:
    """Polls meters on one line. `attempts` is how often each request is asked before it is given up."""

    def __init__(self, attempts: int = 2) -> None:
        self._attempts = attempts

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point. Raises DriverError where nothing could be read."""
        gap_s = float(target.options.get("gap_s", 0.0))
        meter = _Meter(port, target.address, counters, timeout_s, target.attempts or self._attempts, gap_s)
        await meter.begin()
        records: list[Record] = []
        doubts = False
        for count in range(_MOST_TELEGRAMS):
            telegram = await meter.next(count)
            records += telegram.records
            doubts = doubts or telegram.header.doubts
            found = {point.quantity: mbus_decode.pick(records, point.where) for point in target.points}
            if all(found.values()) or not telegram.more_follows:
                break
        missing = PermanentError(f"{meter.name} sends none of what its profile names", "device_error")
        if not any(found.values()):
            raise missing
        reply = Reply(doubt="device_error" if doubts else None)
        for point in target.points:
            record = found[point.quantity]
            if record is None:
                fail([point], missing, reply)
            else:
                take(point, mbus_decode.scaled_value(record, point.scale), reply)
        return reply


@dataclass(frozen=True, slots=True)
class _Meter:
    """Questions to one meter."""

    port: Port
    address: str
    counters: LineCounters
    timeout_s: float
    attempts: int
    gap_s: float

    @property
    def name(self) -> str:
        return f"meter {self.address}"

    @property
    def _secondary(self) -> bool:
        return mbus_frame.is_secondary(self.address)

    @property
    def _link(self) -> int:
        return mbus_frame.SELECTED if self._secondary else int(self.address)

    async def begin(self) -> None:
        """Reset the link, and select the meter where it is asked by its secondary address."""
        await self._acknowledged(mbus_frame.short(mbus_frame.SND_NKE, self._link), needed=not self._secondary)
        if self._secondary:
            await self._acknowledged(mbus_frame.select(self.address), needed=True)

    async def _acknowledged(self, request: bytes, *, needed: bool) -> None:
        attempts = self.attempts if needed else 1
        question = Question(request, self.timeout_s, attempts, self.name, self.gap_s)

        def yes(heard: bytes) -> bool | None:
            return mbus_frame.ACK in heard.removeprefix(request) or None

        try:
            await ask(self.port, question, self.counters, yes, lambda _: False)
        except TransientError as error:
            # Nobody is selected yet, so nobody needs to answer.
            if needed or error.reason != "no_reply":
                raise

    async def next(self, count: int) -> Telegram:
        """Telegram `count` of the meter, from 0. Raises DriverError."""
        request = mbus_frame.short(mbus_frame.REQ_UD2[(count + 1) % 2], self._link)
        question = Question(request, self.timeout_s, self.attempts, self.name, self.gap_s)
        frame = await ask(self.port, question, self.counters, self._find, _damaged)
        if frame.ci == mbus_decode.APPLICATION_ERROR:
            error = mbus_decode.application_error(frame)
            kind = TransientError if error == _BUSY else PermanentError
            raise kind(f"{self.name}: {error}", "device_error")
        try:
            telegram = mbus_decode.telegram_of(frame)
        except FrameError as fault:
            raise PermanentError(f"{self.name}: {fault}", "malformed") from fault
        if self._secondary and not mbus_frame.fits(self.address, telegram.header.secondary):
            raise TransientError(f"{self.name}: meter {telegram.header.secondary} answered", "malformed")
        return telegram

    def _find(self, heard: bytes) -> Frame | None:
        """The meter's answer among echoes and neighbours' answers."""
        anyone = self._link in (mbus_frame.SELECTED, mbus_frame.ANY)
        for frame in mbus_frame.scan(heard).frames:
            if frame.is_reply and (anyone or frame.address == self._link):
                return frame
        return None


def _damaged(heard: bytes) -> bool:
    return any(fault.kind == "checksum_mismatch" for fault in mbus_frame.scan(heard).faults)
