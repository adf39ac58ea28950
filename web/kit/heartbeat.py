"""24 hours of a site or a device, an hour a bar: whole, in part, or a hatched gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from web.kit.language import Language
from web.kit.words import say

#: all devices were heard; some were; none was; before: it was not yet there.
Beat = Literal["whole", "part", "gap", "before"]
_STEP, _WIDTH, _HEIGHT = 5, 3, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour, in px of the drawing."""

    beat: Beat
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The oldest hour first; `words` say the same."""

    bars: tuple[Bar, ...]
    width: int
    words: str

    def path(self, beat: Beat) -> str:
        """All bars of one kind as upright strokes: a list of fifty sites has a thousand bars."""
        return "".join(
            f"M{bar.x + bar.width / 2:g} {bar.y}v{bar.height}" for bar in self.bars if bar.beat == beat
        )


def heartbeat(beats: Sequence[Beat], language: Language) -> Heartbeat:
    """The bar of `beats`, the oldest first. Gaps that touch are one hatched field."""
    bars: list[Bar] = []
    for at, beat in enumerate(beats):
        if beat == "gap" and bars and bars[-1].beat == "gap" and beats[at - 1] == "gap":
            bars[-1] = Bar("gap", bars[-1].x, 0, at * _STEP + _WIDTH - bars[-1].x, _HEIGHT)
        elif beat != "before":
            height = 6 if beat == "part" else _HEIGHT
            bars.append(Bar(beat, at * _STEP, _HEIGHT - height, _WIDTH, height))
    return Heartbeat(tuple(bars), len(beats) * _STEP - (_STEP - _WIDTH), _said(beats, language))


def _said(beats: Sequence[Beat], language: Language) -> str:
    counted = Counter(beats)
    parts = [
        say(language, f"heartbeat.{beat}", n=counted[beat])
        for beat in ("whole", "part", "gap")
        if counted[beat]
    ]
    return say(
        language, "heartbeat", n=len(beats), said=say(language, "join").join(parts) or say(language, "none")
    )
