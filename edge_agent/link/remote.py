"""Commands from afar: judged, carried out once, answered always. See docs/remote.md for what may be asked."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from checked_yaml.lines import ConfigError, KeyPath, load_with_lines
from edge_agent.clock.clock import Clock
from edge_agent.host.whole_file import write_whole
from edge_agent.site.afar import own_files
from edge_agent.site.change import Seen, SiteFiles, lacking
from edge_agent.site.site_file import SiteFile, SiteFileError
from wire import command as wire_command
from wire.command import Command, ConfigFile, NewSiteFile, ReadNow, SetInterval
from wire.errors import WireError
from wire.result import LONGEST_DETAIL, Outcome, Result

#: Results remembered, so that a command that comes again is only answered again.
REMEMBERED: Final = 64
_ID: Final = re.compile(rb'"id"\s*:\s*"([A-Za-z0-9_-]{1,64})"')

Values = dict[str, dict[str, float | None]]
#: Reads a device (None: all) at once. Raises LookupError for a device that cannot be asked.
ReadAtOnce = Callable[[str | None], Awaitable[Values]]


class Refusal(Exception):  # noqa: N818  # not an error here: an answer
    """Why a command is not carried out."""


class Remote:
    """Carries out one command after the other.

    A new site file is answered later, by `delivered` or `did_not_deliver` of the agent that works by it.
    """

    def __init__(
        self,
        site: SiteFile,
        files: SiteFiles,
        read: ReadAtOnce,
        restart: Callable[[], None],
        clock: Clock,
        seen: Callable[[], Seen],
    ) -> None:
        self._site = site
        self._files = files
        self._read = read
        self._restart = restart
        self._clock = clock
        self._seen = seen
        self._answered: OrderedDict[str, Result] = OrderedDict()

    async def obey(self, payload: bytes) -> Result | None:
        """The answer; None where there is none yet, or nobody who could be answered."""
        try:
            command = wire_command.decode(payload)
        except WireError as error:
            found = _ID.search(payload)
            return None if found is None else self._result(found[1].decode(), "refused", str(error))
        if command.id in self._answered:
            return self._answered[command.id]
        if command.expires < self._clock():
            return self._result(
                command.id, "refused", "it had expired when it came: is the agent's clock right?"
            )
        try:
            return await self._do(command)
        except (Refusal, SiteFileError) as refusal:
            return self._result(command.id, "refused", str(refusal))
        except UnicodeDecodeError:
            return self._result(command.id, "failed", f"{self._files.path}: is not UTF-8")
        except OSError as error:
            return self._result(command.id, "failed", f"{error.filename or 'disk'}: {error.strerror}")

    @property
    def on_trial(self) -> bool:
        """Whether a change of the site file is not over: on trial, or undone and not told yet."""
        return self._files.trial() is not None

    def lacking(self) -> str | None:
        """What a file on trial still lacks; None where it may stay, or nothing is on trial."""
        trial = self._files.trial()
        return None if trial is None else lacking(trial, self._seen())

    def delivered(self) -> Result | None:
        """It lacks nothing: a file on trial stays, and an undone one is told."""
        trial = self._files.trial()
        if trial is None:
            return None
        outcome: Outcome = "rolled_back" if trial.undone else "done"
        detail = f"{trial.why}: the old file is back" if trial.undone else self._arrived()
        self._files.keep()
        return self._result(trial.command, outcome, detail)

    def did_not_deliver(self, why: str) -> bool:
        """A file on trial lacks something for too long: the old one comes back. Whether it was not back
        already."""
        trial = self._files.trial()
        if trial is None or trial.undone:
            return False
        self._files.undo(why)
        self._restart()
        return True

    def _arrived(self) -> str:
        seen = self._seen()
        if not seen.asked:
            return "batches arrive; no device is asked, so none was judged"
        return f"readings arrive: {len(seen.answered)} of {len(seen.asked)} devices answer"

    async def _do(self, command: Command) -> Result | None:
        order = command.do
        if order.kind not in self._site.remote.allow:
            raise Refusal(f"the site file does not allow {order.kind} (remote.allow)")
        if isinstance(order, ReadNow):
            try:
                values = await self._read(order.device)
            except LookupError as error:
                raise Refusal(str(error.args[0])) from error
            return self._result(command.id, "done", values=values)
        if isinstance(order, ConfigFile):
            return self._replace(command.id, order)
        text = order.text if isinstance(order, NewSiteFile) else self._with_interval(order)
        if self._files.trial() is not None:
            raise Refusal("another site file is on trial: wait for its result")
        self._files.check(text, self._site)
        self._files.begin(text, command.id, sorted(self._seen().answered))
        self._restart()
        return None

    def _with_interval(self, order: SetInterval) -> str:
        text = self._files.path.read_text(encoding="utf-8")
        try:
            return with_interval(text, order.device, order.interval_s)
        except LookupError as error:
            raise Refusal(str(error.args[0])) from error

    def _replace(self, command: str, order: ConfigFile) -> Result:
        target: Path | None = self._site.remote.files.get(order.name)
        if target is None:
            listed = ", ".join(sorted(self._site.remote.files)) or "none"
            raise Refusal(f"{order.name}: not listed under remote.files ({listed})")
        if target.resolve() in own_files(self._site, self._files.path):
            raise Refusal(f"{order.name}: is a file of the agent itself: not from afar")
        if target.exists():
            if not target.is_file():
                raise Refusal(f"{order.name}: {target} is no file")
            mode = target.stat().st_mode & 0o777
            write_whole(target.with_name(f"{target.name}.before"), target.read_bytes(), mode)
        write_whole(target, order.text)
        return self._result(
            command, "done", f"{target}: {len(order.text)} characters; the old one is beside it"
        )

    def _result(
        self, command: str, outcome: Outcome, detail: str = "", values: Values | None = None
    ) -> Result:
        result = Result(
            id=command, at=self._clock(), outcome=outcome, detail=detail[:LONGEST_DETAIL], values=values or {}
        )
        self._answered[command] = result
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
        return result


def with_interval(text: str, device: str, interval_s: float) -> str:
    """The site file `text` with another interval of a device, everything else as it is written.

    Raises LookupError, saying why, where that cannot be done.
    """
    try:
        before, line_of = load_with_lines(text)
    except ConfigError as error:
        raise LookupError(str(error)) from error
    place = _place_of(before, device)
    lines = text.splitlines(keepends=True)
    at = line_of((*place, "interval_s")) - 1
    lines[at], count = re.subn(r"(\binterval_s\s*:\s*)[0-9.]+", rf"\g<1>{interval_s:g}", lines[at])
    changed = "".join(lines)
    if count == 1:
        after, _ = load_with_lines(changed)
        wanted = _device_at(before, place) | {"interval_s": _interval_at(after, place)}
        if _device_at(after, place) == wanted and _interval_at(after, place) == float(f"{interval_s:g}"):
            return changed
    raise LookupError(
        f"{device}: its interval_s does not stand on a line of its own device: send a site file"
    )


def _interval_at(data: Any, place: KeyPath) -> float:  # noqa: ANN401  # anything may stand in a file
    return float(_device_at(data, place)["interval_s"])


def _place_of(data: object, device: str) -> KeyPath:
    lines = data.get("lines") if isinstance(data, dict) else None
    for number, line in enumerate(lines or []):
        for at, entry in enumerate(line.get("devices", [])):
            if entry.get("id") == device and "interval_s" in entry:
                return ("lines", number, "devices", at)
    raise LookupError(f"{device}: no device of this site that is asked")


def _device_at(data: Any, place: KeyPath) -> dict[str, Any]:  # noqa: ANN401
    for part in place:
        data = data[part]
    return dict(data)
