"""What the devices produced against what the store holds. Pure.

A reading is *taken* once it is in the agent's spool. What a device answered while its agent was being killed
or stood still may not have been taken: such a number is allowed to be missing only if the device sent it
within moments of that kill or freeze, and only so many; each is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

Series = tuple[str, str]
#: What an agent had read before it was killed and not yet sealed: what is gathered (60 ms), one transaction
#: of the spool on a busy disk, and the answer it was waiting for.
KILL_REACH_S: Final = 2.0
#: A request in flight when its agent is frozen: the answer comes within this.
FREEZE_REACH_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Interruption:
    """An agent killed or frozen, by the monotonic clock; `until_s` is when it went on."""

    since_s: float
    until_s: float
    killed: bool

    def explains(self, sent_s: float) -> bool:
        """Whether an answer sent then may not have been taken."""
        if self.killed:
            return self.since_s - KILL_REACH_S <= sent_s <= self.since_s + FREEZE_REACH_S
        return self.since_s - FREEZE_REACH_S <= sent_s <= self.since_s + FREEZE_REACH_S


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one site at the end."""

    #: device -> monotonic seconds at which 1, 2, 3, … were sent.
    sent_s: Mapping[str, Sequence[float]]
    stored: Mapping[Series, Sequence[int]]
    quarantined: Mapping[Series, set[int]]
    interruptions: Sequence[Interruption]
    #: What its agent says it gave up, readings.
    dropped: int


@dataclass(slots=True)
class Verdict:
    """Readings, summed up. `untaken` were on the line when their agent was killed or frozen; `dropped` are
    missing and covered by what the agents counted; `unknown` are stored and were never produced."""

    produced: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    dropped: int = 0
    quarantined: int = 0
    untaken: int = 0
    unknown: int = 0
    #: For whoever looks for the cause: `site device quantity: numbers`.
    details: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        """Take another site's in."""
        for one in fields(Verdict):
            value = getattr(self, one.name)
            value += getattr(other, one.name)
            setattr(self, one.name, value)

    @property
    def good(self) -> bool:
        """Nothing lost, nothing twice, nothing from nowhere."""
        return not (self.lost or self.doubled or self.unknown)


def judge(site: str, account: Account, series: Iterable[Series]) -> Verdict:
    """Hold a site's store against its devices. `series` names every (device, quantity) there must be."""
    verdict = Verdict()
    unexplained: list[tuple[Series, list[int]]] = []
    for key in series:
        sent_s = account.sent_s.get(key[0], ())
        numbers = account.stored.get(key, ())
        held = set(numbers)
        verdict.produced += len(sent_s)
        verdict.stored += sum(1 <= number <= len(sent_s) for number in held)
        doubled = [number for number, count in Counter(numbers).items() if count > 1]
        _note(verdict, "doubled", len(numbers) - len(held), site, key, doubled)
        unknown = [number for number in held if not 1 <= number <= len(sent_s)]
        _note(verdict, "unknown", len(unknown), site, key, unknown)
        missing = [number for number in range(1, len(sent_s) + 1) if number not in held]
        unexplained.append((key, _explain(account, key, missing, sent_s, verdict)))
    dropped = account.dropped
    for key, numbers in unexplained:
        covered = min(dropped, len(numbers))
        dropped -= covered
        verdict.dropped += covered
        _note(verdict, "lost", len(numbers) - covered, site, key, numbers[covered:])
    return verdict


def _explain(
    account: Account, key: Series, missing: Sequence[int], sent_s: Sequence[float], verdict: Verdict
) -> list[int]:
    """Sort missing numbers into quarantined and untaken; gives those that are neither."""
    kept = account.quarantined.get(key, set())
    left = []
    allowance = {one: 2 if one.killed else 1 for one in account.interruptions}
    for number in missing:
        if number in kept:
            verdict.quarantined += 1
            continue
        at = next((one for one in allowance if allowance[one] and one.explains(sent_s[number - 1])), None)
        if at is None:
            left.append(number)
        else:
            allowance[at] -= 1
            verdict.untaken += 1
    return left


def _note(verdict: Verdict, what: str, count: int, site: str, key: Series, numbers: Sequence[int]) -> None:
    if count:
        setattr(verdict, what, getattr(verdict, what) + count)
        shown = ", ".join(str(number) for number in sorted(numbers)[:12])
        verdict.details.append(
            f"{what}: {site} {key[0]} {key[1]}: {shown}{' …' if len(numbers) > 12 else ''}"
        )
