"""The count: every number that is missing, double or from nowhere is seen; none is excused for nothing."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.chaos.audit import Account, Interruption, Verdict, judge

SERIES = ("count-001", "water_volume")
#: Ten numbers, one a second.
ACCOUNT = Account(
    sent_s={"count-001": [float(second) for second in range(101, 111)]},
    stored={SERIES: list(range(1, 11))},
    quarantined={},
    interruptions=(),
    dropped=0,
)


def verdict(**changed: object) -> Verdict:
    return judge("site", replace(ACCOUNT, **changed), [SERIES])  # type: ignore[arg-type]


def without(*numbers: int) -> dict[tuple[str, str], list[int]]:
    return {SERIES: [number for number in range(1, 11) if number not in numbers]}


def test_all_there_is_good() -> None:
    found = verdict()
    assert found.good
    assert (found.produced, found.stored) == (10, 10)


def test_a_missing_number_is_lost_and_named() -> None:
    found = verdict(stored=without(4, 5))
    assert (found.lost, found.stored, found.good) == (2, 8, False)
    assert found.details == ["lost: site count-001 water_volume: 4, 5"]


def test_a_series_that_is_not_there_at_all_is_lost() -> None:
    assert verdict(stored={}).lost == 10


def test_a_number_at_two_times_is_doubled_and_counted_once_as_stored() -> None:
    found = verdict(stored={SERIES: [*range(1, 11), 3]})
    assert (found.doubled, found.stored, found.good) == (1, 10, False)


def test_a_number_never_sent_comes_from_nowhere() -> None:
    assert verdict(stored={SERIES: [*range(1, 11), 11, 0]}).unknown == 2


def test_what_is_in_quarantine_is_kept_not_lost() -> None:
    found = verdict(stored=without(9), quarantined={SERIES: {8, 9}})
    assert (found.quarantined, found.lost, found.stored) == (1, 0, 9)


def test_what_the_agent_counted_as_dropped_is_no_secret_and_no_more_is_excused() -> None:
    assert verdict(stored=without(1, 2), dropped=2).dropped == 2
    found = verdict(stored=without(1, 2, 3), dropped=2)
    assert (found.dropped, found.lost) == (2, 1)


def test_a_kill_excuses_two_numbers_sent_just_before_it() -> None:
    kill = Interruption(since_s=105.1, until_s=107.0, killed=True)
    assert verdict(stored=without(4, 5), interruptions=[kill]).untaken == 2
    far = verdict(stored=without(1, 9), interruptions=[kill])
    assert (far.untaken, far.lost) == (0, 2)
    many = verdict(stored=without(3, 4, 5), interruptions=[replace(kill, since_s=104.9)])
    assert (many.untaken, many.lost) == (2, 1)


def test_a_freeze_excuses_the_one_answer_it_was_waiting_for() -> None:
    freeze = Interruption(since_s=104.9, until_s=109.0, killed=False)
    found = verdict(stored=without(5, 6), interruptions=[freeze])
    assert (found.untaken, found.lost) == (1, 1)


def test_sites_add_up() -> None:
    total = verdict(stored=without(1))
    total.add(verdict(stored=without(2)))
    assert (total.produced, total.lost, len(total.details)) == (20, 2, 2)
