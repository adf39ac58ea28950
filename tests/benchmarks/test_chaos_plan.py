"""The plan: the same from the same seed, every kind and target in turn, nothing that cannot be judged."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.chaos.plan import LINK_MODES, Kind, episodes

TARGETS: dict[Kind, list[str]] = {
    "kill": ["agent-1", "agent-2", "broker", "cloud"],
    "freeze": ["agent-1", "agent-2", "broker", "cloud"],
    "link": ["agent-1", "agent-2"],
    "disk": ["agent-1", "cloud"],
    "clock": ["agent-1", "cloud"],
    "resend": ["agent-1", "agent-2"],
}


def test_a_seed_is_a_plan() -> None:
    first, again, other = (list(itertools.islice(episodes(seed, TARGETS), 50)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_every_kind_on_every_target_and_every_link_fault_comes_soon() -> None:
    faults = [fault for episode in itertools.islice(episodes(3, TARGETS), 60) for fault in episode.faults]
    assert {(fault.kind, fault.target) for fault in faults} == {
        (kind, target) for kind, targets in TARGETS.items() for target in targets
    }
    assert {fault.how["mode"] for fault in faults if fault.kind == "link"} == set(LINK_MODES)


def test_faults_overlap_but_never_so_that_their_effect_cannot_be_told() -> None:
    plan = list(itertools.islice(episodes(5, TARGETS), 300))
    assert any(len(episode.faults) == 3 for episode in plan)
    for episode in plan:
        assert [fault.at_s for fault in episode.faults] == sorted(fault.at_s for fault in episode.faults)
        for one, other in itertools.combinations(episode.faults, 2):
            if one.target == other.target:
                kinds = {one.kind, other.kind}
                assert len(kinds) == 2
                assert kinds != {"kill", "freeze"}
                assert kinds != {"kill", "disk"} or one.target == "cloud"


def test_a_freeze_lasts_one_to_eight_seconds() -> None:
    plan = itertools.islice(episodes(9, {"freeze": ["cloud"]}), 100)
    assert all(1 <= fault.for_s <= 8 for episode in plan for fault in episode.faults)


def test_a_plan_needs_something_to_do() -> None:
    with pytest.raises(ValueError, match="target"):
        next(episodes(1, {"clock": []}))
