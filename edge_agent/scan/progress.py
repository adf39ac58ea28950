"""How a search goes, for the person before it: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

from typing import Final, TextIO

from edge_agent.language import said
from edge_agent.scan.probe import Setting
from edge_agent.scan.search import Found
from wire.printable import printable, printable_lines

_WIDTH: Final = 24
_MOST_NAMED: Final = 3
_CLEAR: Final = "\r\x1b[K"


class Progress:
    """A `search.Watcher` that writes to `out`; `seconds` is what the whole search may take."""

    def __init__(self, out: TextIO, seconds: float) -> None:
        self._out = out
        self._bar = out.isatty()
        self._all_s = max(seconds, 0.1)
        self._gone_s = 0.0

    def asking(self, protocol: str, setting: Setting, who: str, seconds: float) -> None:
        """The next question."""
        share = min(self._gone_s / self._all_s, 1.0)
        self._gone_s += seconds
        if self._bar:
            full = round(share * _WIDTH)
            bar = "█" * full + "·" * (_WIDTH - full)
            self._out.write(f"{_CLEAR}{bar} {share:4.0%}  {protocol} {setting} {printable(who)}")
            self._out.flush()

    def found(self, device: Found) -> None:
        """A device, and which it may be."""
        key = "scan_found" if device.address else "scan_found_reader"
        values = {"protocol": device.protocol, "setting": device.setting, "address": device.address}
        self.say(said(key, **values))
        for fit in device.fits[:_MOST_NAMED]:
            parts = {"profile": fit.name, "maker": fit.maker, "model": fit.model}
            self.say(said("scan_is", good=fit.good, all=fit.all, **parts))
        if not device.fits and device.address:
            self.say(said("scan_unknown"))

    def noise(self, setting: Setting) -> None:
        """Bytes came that nobody understands."""
        self.say(said("scan_noise", setting=setting))

    def say(self, text: str) -> None:
        """A line of its own; the bar comes again below it."""
        self._out.write(f"{_CLEAR if self._bar else ''}{printable_lines(text)}\n")
        self._out.flush()

    def end(self) -> None:
        """Take the bar away."""
        if self._bar:
            self._out.write(_CLEAR)
            self._out.flush()
