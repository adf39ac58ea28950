"""The run: episodes of faults until the time is up, the recovery after each, the count at the end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from benchmarks.chaos.audit import Account, Verdict, judge
from benchmarks.chaos.faults import End, Faults
from benchmarks.chaos.plan import Episode, Kind
from benchmarks.chaos.process import Gone
from benchmarks.chaos.site import Site, quantities_of
from benchmarks.chaos.stack import Stack
from store.errors import StoreError

#: A stack that has not recovered within this is not waited for any longer.
_GIVE_UP_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.1
_DRAIN_WITHIN_S: Final = 60.0
#: Silence on the line after which nothing is under way between device and spool.
_QUIET_S: Final = 0.5

Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """Everything a run found."""

    verdict: Verdict = field(default_factory=Verdict)
    faults: Counter[Kind] = field(default_factory=Counter)
    #: Of each kind, the longest recovery from an episode it was part of.
    recovery_s: dict[Kind, float] = field(default_factory=dict)
    worst: str = ""
    resent: int = 0
    seconds: float = 0.0
    #: What ended by itself and was started again.
    ended: list[str] = field(default_factory=list)
    exits: dict[str, int | None] = field(default_factory=dict)

    @property
    def longest_s(self) -> float:
        """The longest recovery."""
        return max(self.recovery_s.values(), default=0.0)

    def good(self, recovery_limit_s: float) -> bool:
        """Nothing lost or doubled, every recovery within the limit, every process ended in order."""
        orderly = all(code == 0 for code in self.exits.values())
        return self.verdict.good and self.longest_s <= recovery_limit_s and orderly


def run(stack: Stack, plan: Iterator[Episode], seconds: float, say: Say) -> Outcome:
    """Throw the plan's episodes at a started stack for so long, then stop and count.

    Raises Gone where a process of the stack ends by itself.
    """
    outcome, faults = Outcome(), Faults(stack)
    began_s = time.monotonic()
    _recover(stack, began_s)
    for episode in plan:
        if time.monotonic() - began_s >= seconds:
            break
        say(f"  {time.monotonic() - began_s:5.0f} s  {episode}")
        ended_s = _suffer(faults, episode)
        recovery_s = _recover(stack, ended_s)
        _note(outcome, episode, recovery_s)
        say(f"           recovered in {recovery_s:.1f} s")
        time.sleep(episode.calm_s)
    outcome.seconds = time.monotonic() - began_s
    outcome.resent = faults.resent
    outcome.ended = stack.ended
    outcome.verdict = _count(stack, faults)
    return outcome


def _suffer(faults: Faults, episode: Episode) -> float:
    """Begin and end every fault of an episode at its time; when the last one ended (monotonic)."""
    began_s = time.monotonic()
    moments: list[tuple[float, int, bool]] = []
    for number, fault in enumerate(episode.faults):
        moments += [(fault.at_s, number, True), (fault.at_s + fault.for_s, number, False)]
    ends: dict[int, End] = {}
    try:
        for at_s, number, begins in sorted(moments):
            time.sleep(max(began_s + at_s - time.monotonic(), 0))
            if begins:
                ends[number] = faults.begin(episode.faults[number])
            else:
                ends.pop(number)()
    finally:
        for end in ends.values():
            end()
    return time.monotonic()


def _recover(stack: Stack, since_s: float) -> float:
    """Seconds from `since_s` until of every site a reading taken since is stored, and the pages are well."""
    # One more than the last number known: that one may have been sent just before.
    marks = {site.name: _newest_sent(site) + 1 for site in stack.sites.values()}
    waiting = list(stack.sites.values())
    while waiting or not stack.healthy():
        waiting = [site for site in waiting if _newest_stored(stack, site) <= marks[site.name]]
        if time.monotonic() - since_s > _GIVE_UP_S:
            break
        stack.supervise()
        for site in stack.sites.values():
            site.simulator.check()
        time.sleep(_LOOK_EVERY_S)
    return time.monotonic() - since_s


def _newest_sent(site: Site) -> int:
    return max(site.produced().values(), default=0)


def _newest_stored(stack: Stack, site: Site) -> int:
    device = min(site.produced(), default="")
    try:
        return stack.holdings().newest_number(site.name, device, quantities_of(site)[0])
    except StoreError:
        return 0


def _note(outcome: Outcome, episode: Episode, recovery_s: float) -> None:
    if recovery_s > outcome.longest_s:
        outcome.worst = str(episode)
    for kind in {fault.kind for fault in episode.faults}:
        outcome.recovery_s[kind] = max(outcome.recovery_s.get(kind, 0.0), recovery_s)
    outcome.faults.update(fault.kind for fault in episode.faults)


def _count(stack: Stack, faults: Faults) -> Verdict:
    """Silence the devices, let everything arrive, hold the store against what was sent."""
    for site in stack.sites.values():
        site.fall_silent()
    time.sleep(_QUIET_S)
    for site in stack.sites.values():
        if site.simulator.stop() != 0:
            raise Gone(f"{site.simulator.name}: {site.simulator.last_words()}")
    deadline_s = time.monotonic() + _DRAIN_WITHIN_S
    while True:
        verdict = _verdict(stack, faults)
        if (verdict.good and _drained(stack)) or time.monotonic() > deadline_s:
            return verdict
        stack.supervise()
        time.sleep(1.0)


def _drained(stack: Stack) -> bool:
    """Whether every agent has said that nothing waits in its spool."""
    states = [state for site in stack.sites.values() for state in stack.holdings().agents(site.name)]
    return len(states) == len(stack.sites) and not any(state.status.spool.batches for state in states)


def _verdict(stack: Stack, faults: Faults) -> Verdict:
    holdings = stack.holdings()
    quarantined = holdings.quarantined()
    total = Verdict()
    for target, site in stack.sites.items():
        sent_s = site.times_s()
        series = [(device, quantity) for device in sorted(sent_s) for quantity in quantities_of(site)]
        account = Account(
            sent_s=sent_s,
            stored=holdings.numbers(site.name, series),
            quarantined=quarantined.get(site.name, {}),
            interruptions=faults.interruptions[target],
            dropped=sum(
                state.status.dropped.readings + state.status.dropped.unspooled_readings
                for state in holdings.agents(site.name)
            ),
        )
        total.add(judge(site.name, account, series))
    return total
