"""What will be done to the stack, drawn from a seed: episodes of faults that may overlap. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

Kind = Literal["kill", "freeze", "link", "disk", "clock", "resend", "restart"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
#: What a link may suffer. `dead` is a black hole after which the old connection stays dead, as behind a
#: router that has forgotten it; after `hole` it goes on.
LinkMode = Literal["refuse", "reset", "hole", "dead", "delay", "trickle", "cut"]
LINK_MODES: Final[tuple[LinkMode, ...]] = get_args(LinkMode)

#: Two faults in one episode begin within this of each other.
_APART_S: Final = 2.0
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 8.0
#: Clocks jump by 1 second to 15 minutes, each order of magnitude as often: a short jump back comes upon times
#: that have been given already, a long one ahead is not believed (ingest.screen).
_LEAST_JUMP_MS: Final = 1_000
_JUMP_SPREAD: Final = 900
_STOPS: Final = frozenset[Kind](("kill", "freeze", "restart"))


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: what (`kind`), to whom (`target`), from when to when within its episode, and how."""

    kind: Kind
    target: str
    at_s: float
    for_s: float
    how: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        how = "".join(f" {key}={value}" for key, value in self.how.items())
        return f"{self.kind} {self.target}{how} at {self.at_s:.1f} for {self.for_s:.1f} s"


@dataclass(frozen=True, slots=True)
class Episode:
    """Faults that may overlap, by their beginning. `calm_s` passes after the recovery from them."""

    number: int
    faults: tuple[Fault, ...]
    calm_s: float

    def __str__(self) -> str:
        return f"{self.number}: " + "; ".join(str(fault) for fault in self.faults)


def episodes(seed: int, targets: Mapping[Kind, Sequence[str]]) -> Iterator[Episode]:
    """Episodes without end. Every kind with targets, and of each kind every target, comes before any comes
    again; the same seed and targets give the same episodes. Raises ValueError where nothing has a target."""
    chance = random.Random(seed)
    kinds = [kind for kind in KINDS if targets.get(kind)]
    if not kinds:
        raise ValueError("no kind of fault has a target here")
    decks = {kind: _deck(chance, targets[kind]) for kind in kinds}
    modes = _deck(chance, LINK_MODES)
    kind_deck = _deck(chance, kinds)
    number = 0
    while True:
        number += 1
        faults: list[Fault] = []
        for _ in range(chance.choice((1, 1, 2, 3))):
            kind = next(kind_deck)
            fault = _fault(
                chance, kind, next(decks[kind]), modes, at_s=_APART_S * chance.random() * bool(faults)
            )
            if all(_may_overlap(fault, other) for other in faults):
                faults.append(fault)
        faults.sort(key=lambda fault: fault.at_s)
        yield Episode(number, tuple(faults), calm_s=chance.uniform(0.2, 1.5))


def _deck(chance: random.Random, cards: Sequence[Any]) -> Iterator[Any]:
    """The cards in a random order, again and again."""
    while True:
        yield from chance.sample(cards, len(cards))


def _fault(chance: random.Random, kind: Kind, target: str, modes: Iterator[LinkMode], at_s: float) -> Fault:
    for_s = chance.uniform(_SHORTEST_S, _LONGEST_S)
    how: dict[str, Any] = {}
    if kind == "kill":
        for_s = chance.uniform(0.1, 4.0)
    elif kind == "link":
        how["mode"] = next(modes)
    elif kind == "clock":
        how = _jump(chance)
    elif kind == "resend":
        how["times"] = chance.randint(2, 4)
    elif kind == "restart":
        for_s = chance.uniform(0.5, 5.0)
    return Fault(kind, target, round(at_s, 2), round(for_s, 2), how)


def _jump(chance: random.Random) -> dict[str, Any]:
    """Every third jump stays until the clock jumps again: then two clocks are at most nine minutes apart, so
    that what is sent can be believed."""
    size_ms = _LEAST_JUMP_MS * _JUMP_SPREAD ** chance.random()
    stays = chance.random() < 1 / 3
    by_ms = chance.choice((-1, 1)) * round(size_ms * (0.3 if stays else 1.0))
    return {"by_ms": by_ms} | ({"stays": True} if stays else {})


def _may_overlap(one: Fault, other: Fault) -> bool:
    """Not twice the same, nor two ways to stop one process; and not a kill of an agent whose disk takes
    nothing: what it holds in memory meanwhile was never taken, and nobody could say how much that was."""
    if one.target != other.target:
        return True
    kinds = {one.kind, other.kind}
    if kinds == {"kill", "disk"}:
        return not one.target.startswith("agent")
    return len(kinds) == 2 and not kinds <= _STOPS
