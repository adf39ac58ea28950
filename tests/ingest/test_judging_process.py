"""What is large or suspicious is judged in a child process, within bounds that the kernel holds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ingest import judging_process
from ingest.accept import Accepted, Refused
from ingest.judge import judge
from ingest.judging_process import JudgingProcess
from store.records.contract import Quarantined
from store.records.registry import Directory
from tests.ingest.site import NOW, SITE, STREAM, batch
from tests.servers import wait_until
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.topics import Topic

BATCH: Final = Topic(SITE, "pi-1", "batch")
STATUS: Final = Topic(SITE, "pi-1", "status")
#: As many bad values as a batch may have.
_TIMES: Final = ",".join(str(NOW - at) for at in range(45_000))
_VALUES: Final = ",".join(["1e300"] * 45_000)
LARGE: Final = (
    f'{{"v":1,"stream":"{STREAM}","seq":1,"sent":{NOW},"frames":[{{"device":"meter-main","time":[{_TIMES}],'
    f'"values":{{"frequency":[{_VALUES}]}}}}]}}'
).encode()


@pytest.fixture(scope="module")
def child() -> Iterator[JudgingProcess]:
    found = JudgingProcess()
    yield found
    found.end()


def children() -> set[int]:
    """Processes of ours that judge."""
    folder = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    pids = [int(pid) for pid in folder.read_text().split()]
    return {pid for pid in pids if b"judging_child" in Path(f"/proc/{pid}/cmdline").read_bytes()}


def pid_of(judges: JudgingProcess) -> int:
    """Of its child, which is started."""
    before = children()
    judges.judge(BATCH, wire_batch.encode(batch(1)), NOW, None)
    (pid,) = children() - before
    return pid


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (BATCH, wire_batch.encode(batch(1, values=(50.0, 5000.0)))),
        (BATCH, LARGE),
        (BATCH, b"[" * 1_000_000),
        (STATUS, b'{"online":"perhaps"}'),
    ],
    ids=["in part", "large", "nested", "a status"],
)
def test_it_says_what_would_be_said_here(child: JudgingProcess, topic: Topic, payload: bytes) -> None:
    outcome, cpu_s = child.judge(topic, payload, NOW, None)
    assert outcome == judge(topic, payload, NOW, None)
    assert cpu_s > 0


def test_it_judges_by_the_newest_directory(child: JudgingProcess) -> None:
    payload = wire_batch.encode(batch(1))
    assert isinstance(child.judge(BATCH, payload, NOW, None)[0], Accepted)
    assert isinstance(child.judge(BATCH, payload, NOW, Directory())[0], Refused)
    assert isinstance(child.judge(BATCH, payload, NOW, None)[0], Accepted)


@pytest.mark.parametrize(
    ("cpu_s", "memory_mib", "why"),
    [(0.01, 512, "more than 0.01 s"), (5.0, 45, "more than 45 MiB")],
    ids=["time", "memory"],
)
def test_a_message_beyond_its_bounds_is_set_aside_with_the_reason(
    cpu_s: float, memory_mib: int, why: str
) -> None:
    bounded = JudgingProcess(cpu_s, memory_mib)
    outcome, _ = bounded.judge(BATCH, LARGE, NOW, None)
    bounded.end()
    assert isinstance(outcome, Refused)
    assert (outcome.reason, outcome.payload, outcome.seq) == ("too_large", LARGE, None)
    assert outcome.digest == wire_payload.digest(LARGE)
    assert why in outcome.detail
    assert (bounded.started, bounded.given_up) == (1, 1)


def test_of_a_status_too() -> None:
    bounded = JudgingProcess(cpu_s=0.01)
    outcome, _ = bounded.judge(STATUS, b'{"lines":[' + b"5," * 500_000 + b"5]}", NOW, None)
    bounded.end()
    assert isinstance(outcome, Quarantined)


def test_the_next_message_after_one_beyond_its_bounds_is_judged() -> None:
    bounded = JudgingProcess(cpu_s=0.05)
    assert isinstance(bounded.judge(BATCH, LARGE, NOW, None)[0], Refused)
    assert isinstance(bounded.judge(BATCH, wire_batch.encode(batch(1)), NOW, None)[0], Accepted)
    bounded.end()


def test_a_child_that_something_else_has_ended_costs_no_message() -> None:
    killed, payload = JudgingProcess(), wire_batch.encode(batch(1))
    os.kill(pid_of(killed), signal.SIGKILL)
    assert isinstance(killed.judge(BATCH, payload, NOW, None)[0], Accepted)
    killed.end()
    assert killed.given_up == 0


def test_nobody_waits_for_ever_where_one_stands_still_before_it_has_taken_the_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    standing = JudgingProcess()
    os.kill(pid_of(standing), signal.SIGSTOP)
    monkeypatch.setattr(judging_process, "ANSWERS_WITHIN_S", 0.01)  # no second one starts so quickly
    outcome, _ = standing.judge(BATCH, LARGE, NOW, None)
    assert isinstance(outcome, Refused)
    assert "ended (-9), twice" in outcome.detail
    assert (standing.started, standing.given_up) == (2, 1)


def test_one_that_stands_still_ends_with_its_parent() -> None:
    code = (
        "import os, signal\n"
        "from ingest.judging_process import JudgingProcess\n"
        "from wire.topics import Topic\n"
        "judges = JudgingProcess()\n"
        "judges.judge(Topic('site-1', 'pi-1', 'batch'), b'', 0, None)\n"
        "os.kill(judges._child.pid, signal.SIGSTOP)\n"
        "print(judges._child.pid, flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    wait_until(lambda: not Path(f"/proc/{child}/exe").exists(), what="the child has ended")
