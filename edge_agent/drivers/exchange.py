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
#: MODBUS over Serial Line V1.02 §2.5.1.1: 3.5 characters of 11 bits part frames; above 19200 baud 1.75 ms.
_SILENT_BITS: Final = 3.5 * 11
_LEAST_SILENCE_S: Final = 0.00175


@dataclass(frozen=True, slots=True)
class Question:
    """`request` is what goes out; `attempts` how often before giving up; `timeout_s` of silence each time."""

    request: bytes
    timeout_s: float
    attempts: int
    #: Who is asked for what: begins the error's message.
    what: str
    #: Silence before the request where the device needs more than `silence_s`.
    gap_s: float = 0.0
    #: The longest one answer may take from its first byte on; None: LONGEST_IN_TIMEOUTS time-outs.
    longest_s: float | None = None
    bound_bytes: int = BUFFER_BOUND_BYTES
    #: How long a good answer is at least: sooner nobody need wake up for it.
    answer_bytes: int = 1


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
    for attempt in range(question.attempts):
        await _fall_silent(port, question.gap_s)
        port.discard_input()
        counters.requests += 1
        counters.retries += attempt > 0
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


def silence_s(baud: int) -> float:
    """Seconds of silence by which the devices of a line tell that a frame begins.

    Modbus RTU's rule, kept for every protocol: the others ask for less, and it also lets the device that has
    just answered free the line.

    >>> silence_s(9600), silence_s(115_200)
    (0.004010416666666667, 0.00175)
    """
    return max(_SILENT_BITS / baud, _LEAST_SILENCE_S)


async def _fall_silent(port: Port, gap_s: float) -> None:
    """Wait until the line has been silent for as long as it must be, and no longer."""
    left_s = max(gap_s, silence_s(port.settings.baud)) - port.quiet_s()
    if left_s > 0:
        await asyncio.sleep(left_s)


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
    expected = len(question.request) + question.answer_bytes
    while wait_s > 0:
        data = await port.read(wait_s, expected)
        if not data:
            break
        heard = (heard + data)[-question.bound_bytes :]
        answer = find(heard)
        if answer is not None:
            return answer, heard
        expected = max(question.answer_bytes - len(heard), 0)
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
