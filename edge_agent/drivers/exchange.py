"""One question and its answer on a half-duplex line, with retries: what all polled drivers share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from edge_agent.drivers.contract import DriverError, LineCounters, Point, Port, Reply, TransientError

Answer = TypeVar("Answer")

#: The most of a babbling line that is looked through for the answer. The oldest bytes go.
BUFFER_BOUND_BYTES: Final = 2048
#: Silence after which a damaged frame is given up and asked for again: longer than any USB adapter's latency.
QUIET_S: Final = 0.05
#: A device that dribbles or a noisy line may use at most this many timeouts for one answer.
LONGEST_IN_TIMEOUTS: Final = 4


@dataclass(frozen=True, slots=True)
class Question:
    """`request` is what goes out; `attempts` how often before giving up; `timeout_s` of silence each time."""

    request: bytes
    timeout_s: float
    attempts: int
    #: Who is asked for what: begins the error's message.
    what: str
    #: Silence before the request: devices tell frames apart by it.
    gap_s: float = 0.0
    #: The longest one answer may take from its first byte on; None: LONGEST_IN_TIMEOUTS time-outs.
    longest_s: float | None = None
    bound_bytes: int = BUFFER_BOUND_BYTES


async def ask(
    port: Port,
    question: Question,
    counters: LineCounters,
    find: Callable[[bytes], Answer | None],
    damaged: Callable[[bytes], bool],
) -> Answer:
    """The answer `find` sees in what comes back.

    `damaged` says whether the bytes hold a frame with a bad checksum: then it is asked again at once.
    Raises TransientError (`no_reply` or `bad_checksum`) after the last attempt, LineLost, and what `find`
    raises.
    """
    broken = False
    for _ in range(question.attempts):
        if question.gap_s > 0:
            await asyncio.sleep(question.gap_s)
        port.discard_input()
        counters.requests += 1
        await port.write(question.request)
        answer, heard = await listen(port, question, find, damaged)
        if answer is not None:
            counters.replies += 1
            return answer
        broken = damaged(heard)
        if broken:
            counters.checksum_errors += 1
        else:
            counters.timeouts += 1
    if broken:
        raise TransientError(f"{question.what}: bad checksum", "bad_checksum")
    raise TransientError(f"{question.what}: no reply within {question.timeout_s:g} s", "no_reply")


async def listen(
    port: Port,
    question: Question,
    find: Callable[[bytes], Answer | None],
    damaged: Callable[[bytes], bool],
) -> tuple[Answer | None, bytes]:
    """What `find` sees, or None when the line falls silent; and what was heard. Raises LineLost."""
    now = asyncio.get_running_loop().time
    longest_s = question.timeout_s * LONGEST_IN_TIMEOUTS if question.longest_s is None else question.longest_s
    give_up = now() + longest_s
    heard = b""
    wait_s = question.timeout_s
    while wait_s > 0:
        data = await port.read(wait_s)
        if not data:
            break
        heard = (heard + data)[-question.bound_bytes :]
        answer = find(heard)
        if answer is not None:
            return answer, heard
        wait_s = min(QUIET_S if damaged(heard) else question.timeout_s, give_up - now())
    return None, heard


def fail(points: Iterable[Point], error: DriverError, reply: Reply) -> None:
    """Note that `points` could not be had, and why."""
    for point in points:
        reply.values[point.quantity] = None
        reply.faults[point.quantity] = error.reason


def take(point: Point, value: float | None, reply: Reply) -> None:
    """Note a point's value in its table's unit; None is what the device calls no number."""
    reply.values[point.quantity] = value
    if value is None:
        reply.faults[point.quantity] = "not_a_number"
