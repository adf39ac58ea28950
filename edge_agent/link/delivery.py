"""Which batch goes next: the uplink's bookkeeping, without any I/O.

Two lanes share one window of batches in flight. *Live* batches (sealed since the connection stands, and the
last few before it) go first, newest first. The *backlog* drains behind them, oldest first. It always leaves
room for live ones, and takes only as much as comes back quickly: on a slow link a batch waits behind all that
the socket was already given, so the backlog's share shrinks when its receipts become slow (as TCP Vegas does)
and grows while they are quick.

Time here is monotonic seconds.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from edge_agent.spool.contents import Sealed
from edge_agent.spool.streams import Streams
from wire.payload import digest
from wire.ranges import Ranges
from wire.receipt import Receipt

WINDOW: Final = 256
#: Places of the window the backlog never takes.
LIVE_RESERVE: Final = 64
#: Hub batches waiting in memory; beyond this the oldest go back to the backlog (they are on disk anyway).
LIVE_BOUND: Final = 256
#: How many of the newest batches count as live when a connection stands: somebody waits for a value now.
LIVE_AT_CONNECT: Final = 16
#: Batches of backlog read from the disk at a time: few enough that sealing a live one need not wait long.
CHUNK: Final = 64
RECEIPT_TIMEOUT_S: Final = 5.0
LONGEST_WAIT_S: Final = 60.0
#: After so many tries a batch leaves the window. It stays in the spool and the next sweep tries it again.
MOST_TRIES: Final = 6
SWEEP_EVERY_S: Final = 600.0
#: A receipt within this (or twice the quickest seen) is quick.
QUICK_S: Final = 0.5
_SMALLEST_SHARE: Final = 4.0
_FIRST_SHARE: Final = 16.0


@dataclass(slots=True)
class _Flight:
    batch: Sealed
    live: bool
    sent_s: float
    due_s: float
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Settled:
    """What one receipt settled: ranges the spool may forget, and how many batches were accepted, refused."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    accepted: int = 0
    refused: int = 0


class Delivery:
    """The state of one agent's sending."""

    def __init__(self, streams: Callable[[], Streams], chance: Callable[[], float] = random.random) -> None:
        self._streams = streams
        self._chance = chance
        self._flights: dict[int, _Flight] = {}
        self._live: deque[Sealed] = deque()
        self._backlog: deque[Sealed] = deque()
        self._settled = Ranges()
        self._last_seq = 0
        self._backlog_in_flight = 0
        #: Batches published, and published again for want of a receipt, since the process started.
        self.sent = 0
        self.resent = 0
        self._reset_pace(0.0)

    def _reset_pace(self, now_s: float) -> None:
        self._cursor = 0
        self._share = _FIRST_SHARE
        self._quickest_s = float("inf")
        self._cut_s = now_s
        self._swept_s = now_s
        self._receipt_s = now_s

    def connected(self, last_seq: int, newest: Sequence[Sealed], now_s: float) -> None:
        """A connection stands. What was in flight is unknown, so it is sent again from the disk."""
        self._flights.clear()
        self._backlog.clear()
        self._live.clear()
        self._backlog_in_flight = 0
        self._last_seq = max(self._last_seq, last_seq)
        self._reset_pace(now_s)
        self._live.extend(batch for batch in newest if batch.seq not in self._settled)

    def sealed(self, batch: Sealed) -> None:
        """A batch has just come onto the disk."""
        self._last_seq = max(self._last_seq, batch.seq)
        self._live.append(batch)
        if self._cursor == batch.seq - 1:
            self._cursor = batch.seq
        if len(self._live) > LIVE_BOUND:
            self._cursor = min(self._cursor, self._live.popleft().seq - 1)

    def wants_backlog(self, now_s: float) -> int | None:
        """After which seq to read the next chunk of backlog, or None where none is needed now."""
        if now_s - self._swept_s > SWEEP_EVERY_S:
            self._swept_s = now_s
            self._cursor = 0
        low = len(self._backlog) < CHUNK
        return self._cursor if low and self._cursor < self._last_seq else None

    def backlog(self, batches: Sequence[Sealed], last_seq: int) -> None:
        """A chunk read after the cursor; an empty one says that nothing is left up to `last_seq`."""
        self._cursor = batches[-1].seq if batches else max(last_seq, self._cursor)
        here = {batch.seq for batch in self._live} | {batch.seq for batch in self._backlog}
        self._backlog.extend(
            batch for batch in batches if not self._known(batch.seq) and batch.seq not in here
        )

    def due(self, now_s: float) -> list[Sealed]:
        """What to publish now; from then on it counts as in flight."""
        sent: list[Sealed] = []
        while self._live and len(self._flights) < WINDOW:
            self._launch(self._live.pop(), live=True, now_s=now_s, sent=sent)
        sent += self._overdue(now_s)
        while self._backlog and self._room_for_backlog():
            self._launch(self._backlog.popleft(), live=False, now_s=now_s, sent=sent)
        return sent

    def next_due_s(self, now_s: float) -> float:
        """Seconds until a resend is due, at most the receipt timeout."""
        first = min((flight.due_s for flight in self._flights.values()), default=now_s + RECEIPT_TIMEOUT_S)
        return min(max(first - now_s, 0.0), RECEIPT_TIMEOUT_S)

    def receipt(self, receipt: Receipt, now_s: float) -> Settled:
        """Take in the cloud's word. Repeats and numbers never given do nothing."""
        stream = receipt.stream
        known = self._given(receipt.accepted, stream)
        refused = self._refused(receipt)
        if not (known.pairs() or refused or stream == self._streams().current):
            return Settled()
        self._wake_after_silence(now_s)
        new = [seq for seq in self._flights if seq in known]
        ranges = Ranges([*known.pairs(), *((seq, seq) for seq in refused)])
        for first, last in ranges:
            self._settled.add(first, last)
        for seq in [*new, *refused]:
            self._land(seq, now_s)
        return Settled(ranges.pairs(), len(new), len(refused))

    def unanswered(self) -> int:
        """Batches in flight that had to be sent more than once."""
        return sum(flight.tries > 1 for flight in self._flights.values())

    def _given(self, seqs: Iterable[tuple[int, int]], stream: str | None) -> Ranges:
        """The numbers of `seqs` that were given out: one yet to come must not be settled."""
        if stream is None:
            return Ranges()
        return self._streams().numbers(stream, seqs).within(Ranges([(0, self._last_seq)]))

    def _known(self, seq: int) -> bool:
        return seq in self._flights or seq in self._settled

    def _room_for_backlog(self) -> bool:
        share = min(self._share, WINDOW - LIVE_RESERVE)
        return self._backlog_in_flight < share and len(self._flights) < WINDOW

    def _launch(self, batch: Sealed, *, live: bool, now_s: float, sent: list[Sealed]) -> None:
        if self._known(batch.seq):
            return
        self._flights[batch.seq] = _Flight(batch, live, now_s, now_s + self._wait_s(1))
        self._backlog_in_flight += not live
        self.sent += 1
        sent.append(batch)

    def _wait_s(self, tries: int) -> float:
        """Exponential, with up to a quarter of jitter."""
        wait_s = min(RECEIPT_TIMEOUT_S * 2.0 ** (tries - 1), LONGEST_WAIT_S)
        return wait_s * (1.0 + 0.25 * self._chance())

    def _overdue(self, now_s: float) -> list[Sealed]:
        late = [flight for flight in self._flights.values() if flight.due_s <= now_s]
        late.sort(key=lambda flight: -flight.batch.seq)
        for flight in late:
            if not flight.live:
                self._slower(now_s)
            if flight.tries >= MOST_TRIES and self._receipt_s > flight.sent_s:
                self._leave(flight.batch.seq)
                continue
            flight.tries += 1
            self.resent += 1
            flight.due_s = now_s + self._wait_s(flight.tries)
        return [flight.batch for flight in late if flight.batch.seq in self._flights]

    def _wake_after_silence(self, now_s: float) -> None:
        """The cloud is back: what it left unanswered meanwhile is due at once."""
        if now_s - self._receipt_s > RECEIPT_TIMEOUT_S:
            for flight in self._flights.values():
                if flight.tries > 1:
                    flight.due_s = now_s
        self._receipt_s = now_s

    def _refused(self, receipt: Receipt) -> list[int]:
        digests = {one.digest for one in receipt.refused if one.digest is not None}
        named = [(one.seq, one.seq) for one in receipt.refused if one.seq is not None]
        numbers = self._given(named, receipt.stream)
        seqs = {seq for first, last in numbers for seq in range(first, last + 1)}
        found = [seq for seq in seqs if seq not in self._settled]
        if digests:
            found += [
                seq
                for seq, flight in self._flights.items()
                if seq not in seqs and digest(flight.batch.payload) in digests
            ]
        return found

    def _land(self, seq: int, now_s: float) -> None:
        flight = self._leave(seq)
        if flight is None or flight.live or flight.tries > 1:
            return
        latency_s = now_s - flight.sent_s
        self._quickest_s = min(self._quickest_s, latency_s)
        if latency_s <= max(QUICK_S, 2.0 * self._quickest_s):
            self._share = min(self._share + 1.0, float(WINDOW - LIVE_RESERVE))
        else:
            self._slower(now_s)

    def _slower(self, now_s: float) -> None:
        """Halve the backlog's share, once for what one slow moment did to many."""
        if now_s - self._cut_s >= QUICK_S:
            self._cut_s = now_s
            self._share = max(self._share / 2.0, _SMALLEST_SHARE)

    def _leave(self, seq: int) -> _Flight | None:
        flight = self._flights.pop(seq, None)
        if flight is not None and not flight.live:
            self._backlog_in_flight -= 1
        return flight
