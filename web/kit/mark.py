"""Marks that work without colour: the form is the priority, the filling the state, and words repeat both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Priority = Literal["critical", "high", "low"]
Standing = Literal["untaken", "taken", "shelved", "normal"]
Work = Literal["new", "active", "waiting", "done", "cancelled"]
Tone = Literal["plain", "data", "watch", "alarm"]


@dataclass(frozen=True, slots=True)
class Mark:
    """Of an alert: bob, wedge or dot; solid untaken, outline taken, dashed shelved, on a ground line back to
    normal. `words` are read aloud instead."""

    priority: Priority
    standing: Standing
    words: str


@dataclass(frozen=True, slots=True)
class WorkMark:
    """Of a piece of work: ring new, half active, bars waiting, disc with a check done, ring with a slash
    cancelled."""

    work: Work
    words: str


@dataclass(frozen=True, slots=True)
class Badge:
    """A word that classifies: amber and vermilion colour the dot before it, never the word."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class Avatar:
    """A person by initials; the name is read aloud."""

    name: str

    @property
    def initials(self) -> str:
        """The first character of a Chinese name, else the first letters of the first and the last word."""
        words = self.name.split()
        if not words:
            return "·"
        if not self.name.isascii():
            return words[0][:1]
        return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()
