"""Asking: one port, opened anew for each setting, every probe's questions one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from edge_agent.drivers.contract import PermanentError, Port
from edge_agent.line.lines import Opener, OpenPort
from edge_agent.scan import identify
from edge_agent.scan.identify import Fit
from edge_agent.scan.probe import Probe, Question, Setting

#: An answer is over after this silence: longer than any USB adapter's latency, and two bytes at 300 baud.
_QUIET_S: Final = 0.08
#: Who babbles is not listened to for longer than this.
_LONGEST_ANSWER_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """A device that has answered, and the profiles that fit it, best first (none of badge readers)."""

    protocol: str
    setting: Setting
    address: str
    fits: tuple[Fit, ...] = ()


class Watcher(Protocol):
    """Who is told how it goes. `seconds` is what the step took of the time that was announced."""

    def asking(self, protocol: str, setting: Setting, who: str, seconds: float) -> None: ...
    def found(self, device: Found) -> None: ...
    def noise(self, setting: Setting) -> None: ...


def steps(probes: Iterable[Probe]) -> Iterator[tuple[Setting, list[Probe]]]:
    """Which probes are asked at which setting, in order; those that only listen at one do so together."""
    probes = list(probes)
    listening: dict[Setting, list[Probe]] = {}
    for probe in probes:
        if not probe.questions[0].request:
            listening.setdefault(probe.settings[0], []).append(probe)
    yield from listening.items()
    for probe in probes:
        if probe.questions[0].request:
            yield from ((setting, [probe]) for setting in probe.settings)


def seconds(probes: Iterable[Probe]) -> float:
    """How long a search takes on a silent line."""
    return sum(max(probe.seconds(setting) for probe in asked) for setting, asked in steps(probes))


class Search:
    """A search on one port. What it has found so far stands in `found`, also when it was cancelled."""

    def __init__(self, path: str, opener: Opener, watcher: Watcher, *, every_speed: bool = False) -> None:
        """A line has one speed: once a device is found, others are asked at its speed only."""
        self._path = path
        self._every_speed = every_speed
        self._opener = opener
        self._watcher = watcher
        self._noisy: set[Setting] = set()
        self.found: list[Found] = []

    async def run(self, probes: Sequence[Probe]) -> None:
        """Ask all there is to ask. Raises LineLost where the port cannot be opened or is pulled."""
        for setting, asked in steps(probes):
            if self._passed_over(setting):
                continue
            port = self._open(setting)
            if port is None:
                continue
            try:
                await self._ask_all(port, setting, asked)
            finally:
                port.close()

    def _passed_over(self, setting: Setting) -> bool:
        bauds = {one.setting.baud for one in self.found}
        return bool(bauds) and not self._every_speed and setting.baud not in bauds

    def _open(self, setting: Setting) -> OpenPort | None:
        try:
            return self._opener(setting.port(self._path))
        except PermanentError:
            # A serial server has its own speed: what cannot be set is not there.
            return None

    async def _ask_all(self, port: Port, setting: Setting, asked: Sequence[Probe]) -> None:
        if len(asked) > 1:
            await self._listen(port, setting, asked)
            return
        (probe,) = asked
        answered: set[str] = set()
        for question in probe.questions:
            self._watcher.asking(probe.protocol, setting, question.who, question.seconds(setting))
            if question.who in answered:
                continue
            heard = await _converse(port, question, setting)
            addresses = list(dict.fromkeys(question.answers(heard)))
            for address in addresses:
                answered.add(question.who)
                await self._add(port, probe.protocol, setting, address)
            if heard and not addresses:
                self._note_noise(setting)

    async def _listen(self, port: Port, setting: Setting, asked: Sequence[Probe]) -> None:
        longest = max((probe.questions[0] for probe in asked), key=lambda one: one.wait_s)
        names = ", ".join(probe.protocol for probe in asked)
        self._watcher.asking(names, setting, "", longest.wait_s)
        heard = await _overhear(port, longest.wait_s)
        found = [
            (probe.protocol, address) for probe in asked for address in probe.questions[0].answers(heard)
        ]
        for protocol, address in found:
            await self._add(port, protocol, setting, address)
        if heard and not found:
            self._note_noise(setting)

    async def _add(self, port: Port, protocol: str, setting: Setting, address: str) -> None:
        known = {(one.protocol, one.address, one.setting.baud) for one in self.found}
        if (protocol, address, setting.baud) in known:
            return
        fits = await identify.fits(port, protocol, address, setting)
        device = Found(protocol, setting, address, tuple(fits))
        self.found.append(device)
        self._watcher.found(device)

    def _note_noise(self, setting: Setting) -> None:
        if setting not in self._noisy:
            self._noisy.add(setting)
            self._watcher.noise(setting)


async def _converse(port: Port, question: Question, setting: Setting) -> bytes:
    """What comes back until it is quiet again; nothing where nothing does."""
    if not question.request:
        return await _overhear(port, question.wait_s)
    port.discard_input()
    await port.write(question.request)
    heard = b""
    give_up_s = _now_s() + _LONGEST_ANSWER_S
    wait_s = question.wait_s + question.sending_s(setting)
    while wait_s > 0:
        data = await port.read(wait_s)
        if not data:
            break
        heard += data
        wait_s = min(_QUIET_S + 2 * 11 / setting.baud, give_up_s - _now_s())
    return heard


async def _overhear(port: Port, seconds_: float) -> bytes:
    """All that comes within so many seconds."""
    heard = b""
    until_s = _now_s() + seconds_
    while (left_s := until_s - _now_s()) > 0:
        heard += await port.read(left_s)
    return heard


def _now_s() -> float:
    return asyncio.get_running_loop().time()
