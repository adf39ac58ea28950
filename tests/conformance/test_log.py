"""What every log promises. An implementation is one line in `log_process.LOGS` and its address in `place`."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.log.change import change_entry, listening_entry
from store.log.contract import Entry, Log, Standing, proof
from store.records.contract import AgentState
from tests.conformance import log_process
from tests.conformance.log_process import LOGS
from tests.servers import clean_environment, wait_until
from wire.ranges import Ranges
from wire.status import Status

ROOT: Final = Path(__file__).parents[2]
STREAM: Final = "01K" + "A" * 23
OTHER: Final = "01K" + "B" * 23
NOW: Final = 1_764_000_000_000
FRESH: Final = itertools.count()


def entry(seq: int, stream: str = STREAM, site: str = "fenglin-18", agent: str = "pi-1") -> Entry:
    return Entry(site, agent, stream, seq, f"payload {stream} {seq}".encode())


@pytest.fixture(params=LOGS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """Which kind of log, and its address."""
    address = (
        request.getfixturevalue("postgres_dsn") if request.param == "postgresql" else tmp_path / "log.db"
    )
    return request.param, str(address)


@pytest.fixture
def open_log(place: tuple[str, str]) -> Iterator[Callable[[], Log]]:
    """Opens the same log, as often as it is called."""
    opened: list[Log] = []

    def opener() -> Log:
        kind, address = place
        opened.append(LOGS[kind](address))
        return opened[-1]

    yield opener
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: Callable[[], Log]) -> Log:
    return open_log()


def seqs(log: Log, after: int = 0) -> list[int]:
    return [record.entry.seq for record in log.read(after, 1000)]


def test_what_was_appended_is_read_back_in_order(log: Log) -> None:
    offsets = log.append([entry(1), entry(2), entry(3)], NOW)
    records = log.read(0, 10)
    assert [record.offset for record in records] == offsets
    assert [record.entry for record in records] == [entry(1), entry(2), entry(3)]
    assert {record.accepted_at for record in records} == {NOW}


def test_offsets_ascend_over_calls(log: Log) -> None:
    offsets = [log.append([entry(seq)], NOW)[0] for seq in range(1, 6)]
    assert None not in offsets
    assert offsets == sorted(set(offsets))  # type: ignore[type-var]
    assert log.last_offset() == offsets[-1]


def test_an_empty_log_has_no_offset_and_takes_nothing(log: Log) -> None:
    assert log.last_offset() == 0
    assert log.read(0, 10) == []
    assert log.append([], NOW) == []


def test_a_reader_gets_what_is_after_its_position_up_to_its_limit(log: Log) -> None:
    offsets = log.append([entry(seq) for seq in range(1, 8)], NOW)
    third = offsets[2]
    assert third is not None
    assert [record.entry.seq for record in log.read(third, 2)] == [4, 5]


def test_the_same_batch_five_times_is_one_record(log: Log) -> None:
    answers = [log.append([entry(1)], NOW)[0] for _ in range(5)]
    assert answers[0] is not None
    assert answers[1:] == [None] * 4
    assert seqs(log) == [1]


def test_of_a_pair_within_one_call_the_first_is_kept(log: Log) -> None:
    twin = Entry("fenglin-18", "pi-1", STREAM, 7, b"another payload")
    first, second = log.append([entry(7), twin], NOW)
    assert first is not None
    assert second is None
    assert log.read(0, 10)[0].entry == entry(7)


def test_identity_is_site_agent_stream_and_seq_together(log: Log) -> None:
    alike = [
        entry(1),
        entry(2),
        entry(1, stream=OTHER),
        entry(1, agent="pi-2"),
        entry(1, site="other"),
    ]
    assert None not in log.append(alike, NOW)


def test_what_stands_under_an_identity_can_be_looked_at(log: Log) -> None:
    log.append([entry(1), entry(2), entry(1, agent="pi-2")], NOW)
    twin = Entry("fenglin-18", "pi-1", STREAM, 2, b"another payload")
    assert log.append([twin], NOW) == [None]
    asked = [entry(2).identity, entry(9).identity, entry(1).identity, entry(1, agent="pi-2").identity]
    found = [one.payload for one in log.standing(asked)]
    assert found == [entry(2).payload, None, entry(1).payload, entry(1).payload]
    assert log.standing([]) == []


def test_of_what_was_trimmed_the_proof_stays_as_long_as_is_asked(log: Log) -> None:
    log.append([entry(1)], NOW)
    log.trim(NOW + 1, log.last_offset())
    assert log.standing([entry(1).identity]) == [Standing(proof=proof(entry(1).payload))]
    log.trim(NOW + 1, log.last_offset(), NOW)
    assert log.standing([entry(1).identity]) == [Standing(proof=proof(entry(1).payload))]
    log.trim(NOW + 1, log.last_offset(), NOW + 1)
    assert log.standing([entry(1).identity]) == [Standing()]
    assert log.append([entry(1)], NOW + 2) == [None], "that it came is known for good"


def test_of_what_was_left_of_a_batch_the_proof_is_of_the_bytes_as_they_came(log: Log) -> None:
    as_they_came = proof(b"as it came")
    left = replace(entry(2), came=as_they_came)
    log.append([entry(1), left, entry(3)], NOW)
    identities = [entry(seq).identity for seq in (1, 2, 3)]
    assert log.standing(identities) == [
        Standing(entry(1).payload),
        Standing(left.payload, as_they_came),
        Standing(entry(3).payload),
    ]
    log.trim(NOW + 1, log.last_offset())
    assert [one.proof for one in log.standing(identities)] == [
        proof(entry(1).payload),
        as_they_came,
        proof(entry(3).payload),
    ]


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(st.integers(1, 40), max_size=12), max_size=5))
def test_proofs_are_found_in_whatever_order_batches_came_and_went(log: Log, steps: list[list[int]]) -> None:
    site, came = f"site-{next(FRESH)}", set[int]()
    for number, step in enumerate(steps):
        log.append([entry(seq, site=site) for seq in step], NOW + number)
        log.trim(NOW + number, log.last_offset())
        came |= set(step)
    log.trim(NOW + len(steps), log.last_offset())
    found = log.standing([entry(seq, site=site).identity for seq in range(1, 42)])
    proofs = [
        Standing(proof=proof(entry(seq).payload)) if seq in came else Standing() for seq in range(1, 42)
    ]
    assert found == proofs


def test_a_trim_longer_than_one_step_takes_all(log: Log) -> None:
    log.append([entry(seq) for seq in range(1, 2502)], NOW)
    assert log.trim(NOW + 1, log.last_offset()) == 2501
    asked = [entry(seq).identity for seq in (1, 1000, 1001, 2501)]
    assert None not in [one.proof for one in log.standing(asked)]


def test_a_repeat_is_known_after_the_record_is_trimmed(log: Log) -> None:
    log.append([entry(1), entry(2)], NOW)
    assert log.trim(NOW + 1, log.last_offset()) == 2
    assert log.read(0, 10) == []
    assert log.append([entry(1), entry(3)], NOW + 2)[0] is None
    assert seqs(log) == [3]


def test_an_offset_is_never_given_twice_even_when_all_is_trimmed(open_log: Callable[[], Log]) -> None:
    log = open_log()
    before = log.append([entry(1), entry(2)], NOW)[-1]
    log.trim(NOW + 1, log.last_offset())
    log.close()
    again = open_log()
    after = again.append([entry(3)], NOW)[0]
    assert before is not None
    assert after is not None
    assert after > before


def test_trim_spares_what_is_young_and_what_is_not_consumed(log: Log) -> None:
    log.append([entry(1)], NOW)
    consumed = log.append([entry(2)], NOW)[0]
    log.append([entry(3)], NOW)
    log.append([entry(4)], NOW + 1000)
    assert consumed is not None
    assert log.trim(NOW + 500, consumed) == 2
    assert seqs(log) == [3, 4]
    assert log.trim(NOW + 500, log.last_offset()) == 1
    assert seqs(log) == [4]


def test_streams_name_what_has_come_as_ranges(log: Log) -> None:
    log.append([entry(1), entry(2), entry(5)], NOW)
    log.append([entry(9, stream=OTHER, agent="pi-2"), entry(1, site="other")], NOW)
    assert log.streams("fenglin-18") == {("pi-1", STREAM): [(1, 2), (5, 5)], ("pi-2", OTHER): [(9, 9)]}
    log.append([entry(3), entry(4)], NOW)
    assert log.streams("fenglin-18")["pi-1", STREAM] == [(1, 5)]
    assert log.streams("nobody") == {}


def test_changes_stand_in_order_beside_batches_and_are_no_batches(log: Log) -> None:
    came = AgentState("fenglin-18", "pi-1", NOW, Status(online=True, sent=NOW, stream=STREAM))
    log.append([entry(1), change_entry(came)], NOW)
    assert log.append([change_entry(came), listening_entry(NOW + 5), entry(2)], NOW)[0] is None
    assert [record.entry.kind for record in log.read(0, 10)] == ["batch", "status", "listening", "batch"]
    assert log.streams("fenglin-18") == {("pi-1", STREAM): [(1, 2)]}
    assert log.trim(NOW + 1, log.last_offset()) == 4
    assert log.append([change_entry(came)], NOW) == [None], "trimmed, and known all the same"


def test_it_is_known_since_when_the_sites_are_heard(log: Log) -> None:
    assert log.listening_since() is None
    log.append([listening_entry(NOW + 9), listening_entry(NOW + 5)], NOW)
    assert log.listening_since() == NOW + 9
    log.trim(NOW + 1, log.last_offset())
    assert log.listening_since() == NOW + 9


def test_everything_is_there_after_reopening(open_log: Callable[[], Log]) -> None:
    log = open_log()
    log.append([entry(seq) for seq in (1, 2, 4)], NOW)
    log.close()
    again = open_log()
    assert seqs(again) == [1, 2, 4]
    assert again.append([entry(2), entry(3)], NOW)[0] is None
    assert again.streams("fenglin-18") == {("pi-1", STREAM): [(1, 4)]}


def test_two_workers_on_one_log_never_both_take_a_batch(open_log: Callable[[], Log]) -> None:
    logs = [open_log(), open_log()]
    answers: list[list[int | None]] = [[], []]

    def work(worker: int) -> None:
        for start in range(1, 201, 10):
            answers[worker] += logs[worker].append([entry(seq) for seq in range(start, start + 10)], NOW)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken = [(one is None) != (other is None) for one, other in zip(*answers, strict=True)]
    assert all(taken)
    assert sorted(seqs(logs[0])) == list(range(1, 201))


def test_a_reader_beside_many_writers_meets_every_batch_once_and_in_order(
    open_log: Callable[[], Log],
) -> None:
    """Also where one writer commits what lies behind what another has not committed yet."""
    writers, groups = 4, 30
    log = open_log()

    def work(worker: int) -> None:
        for start in range(1, groups * 5, 5):
            log.append([entry(seq, agent=f"pi-{worker}") for seq in range(start, start + 5)], NOW)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(writers)]
    for thread in threads:
        thread.start()
    met: list[int] = []
    wanted = writers * groups * 5

    def follow() -> bool:
        met.extend(record.offset for record in log.read(met[-1] if met else 0, 50))
        return len(met) >= wanted

    wait_until(follow, what="every batch read")
    for thread in threads:
        thread.join()
    assert met == sorted(set(met))
    assert met == [record.offset for record in log.read(0, wanted + 1)]


def started(place: tuple[str, str], first: int, last: int, output: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", log_process.__name__, *place, str(first), str(last)]
    with output.open("wb") as out:
        return subprocess.Popen(command, cwd=ROOT, stdout=out, env=clean_environment())


@pytest.mark.processes
def test_two_processes_on_one_log_never_both_take_a_batch(
    place: tuple[str, str], open_log: Callable[[], Log], tmp_path: Path
) -> None:
    outputs = [tmp_path / "one", tmp_path / "other"]
    children = [started(place, 1, 600, output) for output in outputs]
    assert [child.wait(30) for child in children] == [0, 0]
    taken = [[int(word) for word in output.read_text().split()] for output in outputs]
    assert sorted(taken[0] + taken[1]) == list(range(1, 601))
    assert [record.entry for record in open_log().read(0, 1000)] == [
        one for start in range(1, 601, 10) for one in log_process.group(start)
    ]


@pytest.mark.processes
def test_killed_at_any_moment_nothing_that_was_confirmed_is_missing(
    place: tuple[str, str], open_log: Callable[[], Log], tmp_path: Path
) -> None:
    chance = random.Random(4)
    log, output, reached = open_log(), tmp_path / "confirmed", 0
    for _ in range(3):
        child = started(place, reached + 1, 1_000_000, output)
        more = chance.randrange(2, 40)
        wait_until(lambda more=more: output.read_bytes().count(b"\n") >= more, what="appends")  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.wait()
        said = int(output.read_text().rpartition("\n")[0].split()[-1])

        ((first, reached),) = log.streams(log_process.SITE)["pi-1", log_process.STREAM]
        assert reached >= said
        assert first == 1
        assert reached % 10 == 0, "a call went in by halves"
    # What the dying process had sent last may still arrive.
    reached = log.streams(log_process.SITE)["pi-1", log_process.STREAM][0][1]
    numbers = [record.entry.seq for record in log.read(0, reached)]
    assert numbers == list(range(1, reached + 1))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(st.lists(st.integers(1, 40), max_size=12), max_size=12))
def test_any_order_with_repeats_gives_each_number_once(log: Log, calls: list[list[int]]) -> None:
    site = f"site-{next(FRESH)}"  # the log is shared by the examples
    expected = Ranges()
    for call in calls:
        answers = log.append([entry(seq, site=site) for seq in call], NOW)
        for seq, answer in zip(call, answers, strict=True):
            assert (answer is None) == (seq in expected)
            expected.add(seq)
    assert log.streams(site).get(("pi-1", STREAM), []) == expected.pairs()


def test_it_says_whether_something_old_is_still_there(log: Log) -> None:
    log.append([entry(1), entry(2)], NOW)
    assert log.older(NOW + 1, 2)
    assert log.older(NOW + 1, 1)
    assert not log.older(NOW, 2)
    log.trim(NOW + 1, 1)
    assert not log.older(NOW + 1, 1)
