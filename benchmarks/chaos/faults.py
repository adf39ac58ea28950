"""How each kind of fault begins and ends on a running stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from benchmarks.chaos.audit import Interruption
from benchmarks.chaos.plan import Fault, Kind
from benchmarks.chaos.resend import Resender
from benchmarks.chaos.stack import Stack

End = Callable[[], None]


class Faults:
    """Begins faults; keeps what the audit must know of them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        #: Target -> when its agent was killed or frozen.
        self.interruptions: dict[str, list[Interruption]] = {target: [] for target in stack.sites}
        self.resent = 0

    def begin(self, fault: Fault) -> End:
        """Do it; what is returned undoes it."""
        return _BEGIN[fault.kind](self, fault)

    def kill(self, fault: Fault) -> End:
        """SIGKILL; started again at the end."""
        return self._down(fault, lambda: self._stack.victim(fault.target).kill())

    def restart(self, fault: Fault) -> End:
        """Stopped in order, and started again."""
        return self._down(fault, lambda: self._stack.victim(fault.target).stop())

    def _down(self, fault: Fault, take_down: Callable[[], object]) -> End:
        since_s = time.monotonic()
        self._stack.down(fault.target, down=True)
        take_down()

        def launch() -> None:
            self._interrupted(fault.target, since_s, killed=True)
            self._stack.victim(fault.target).launch()
            self._stack.down(fault.target, down=False)

        return launch

    def freeze(self, fault: Fault) -> End:
        """SIGSTOP, and SIGCONT at the end."""
        since_s = time.monotonic()
        thaw = self._stack.victim(fault.target).freeze()

        def end() -> None:
            thaw()
            self._interrupted(fault.target, since_s, killed=False)

        return end

    def link(self, fault: Fault) -> End:
        """The link between agent and broker, or between the services and one of their servers."""
        link = self._stack.links[fault.target]
        link.spoil(fault.how["mode"])
        return link.mend

    def disk(self, fault: Fault) -> End:
        """Not a byte more fits on it."""
        disk = self._stack.disks[fault.target]
        disk.fill()
        return disk.free

    def clock(self, fault: Fault) -> End:
        """It jumps; at the end it jumps back to where it was, unless the jump stays."""
        shim = self._stack.shims[fault.target]
        before_ms = shim.shifted_ms
        shim.shift_clock(fault.how["by_ms"])
        return (lambda: None) if fault.how.get("stays") else lambda: shim.shift_clock(before_ms)

    def resend(self, fault: Fault) -> End:
        """What went up the agent's link goes up again, shuffled, several times."""
        site, link = self._stack.sites[fault.target], self._stack.links[fault.target]
        account = (site.username, site.password_file.read_text())
        seed = round(1000 * fault.for_s)
        sender = Resender(
            account, self._stack.broker_port, lambda: list(link.batches), fault.how["times"], seed
        )
        sender.begin()

        def end() -> None:
            sender.end()
            self.resent += sender.sent

        return end

    def _interrupted(self, target: str, since_s: float, *, killed: bool) -> None:
        if target in self.interruptions:
            self.interruptions[target].append(Interruption(since_s, time.monotonic(), killed))


_BEGIN: Final[dict[Kind, Callable[[Faults, Fault], End]]] = {
    "kill": Faults.kill,
    "freeze": Faults.freeze,
    "link": Faults.link,
    "disk": Faults.disk,
    "clock": Faults.clock,
    "resend": Faults.resend,
    "restart": Faults.restart,
}
