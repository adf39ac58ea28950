"""What a probe is: how a protocol's devices are sold, and the questions that make them show themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers.contract import Parity, PortSettings

#: Start, eight bits, parity, stop: no byte of any setting asked here is longer.
_BITS_PER_BYTE: Final = 11

#: Who has answered, from what was heard: their addresses as their driver wants them.
Answers = Callable[[bytes], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a port is opened."""

    baud: int
    parity: Parity = "N"
    data_bits: int = 8

    def __str__(self) -> str:
        return f"{self.baud} {self.data_bits}{self.parity}1"

    def port(self, path: str) -> PortSettings:
        """For the port at `path`."""
        data_bits = 7 if self.data_bits == 7 else 8
        return PortSettings(path, self.baud, self.parity, data_bits=data_bits)


@dataclass(frozen=True, slots=True)
class Question:
    """`request` (nothing: only listen), and how long an answer may take to begin once it has gone out."""

    request: bytes
    wait_s: float
    answers: Answers
    #: Whom it is asked of, where that is not everybody.
    who: str = ""

    def seconds(self, setting: Setting) -> float:
        """How long it takes where nobody answers."""
        return self.wait_s + self.sending_s(setting)

    def sending_s(self, setting: Setting) -> float:
        """How long the request is on the wire."""
        return len(self.request) * _BITS_PER_BYTE / setting.baud


@dataclass(frozen=True, slots=True)
class Probe:
    """The questions of one protocol. Those of the same `who` are asked until one is answered."""

    protocol: str
    settings: tuple[Setting, ...]
    questions: tuple[Question, ...]

    def seconds(self, setting: Setting) -> float:
        """How long all its questions take at a setting where nobody answers."""
        return sum(question.seconds(setting) for question in self.questions)
