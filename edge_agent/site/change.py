"""Another site file, on trial: the old one stands beside it, and comes back if the new one delivers nothing.

What is on the disk says how far a change has come, so that a power cut in the middle of it ends well too:
`site.yaml.before` is the old file, `site.yaml.trial` whose command it was and how often the agent has started
with the new file. A second start within a trial means that the first one died of it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from checked_yaml.lines import ConfigError, load_with_lines
from edge_agent.host.whole_file import write_whole
from edge_agent.language import said
from edge_agent.site.afar import foreign_profiles, not_from_afar
from edge_agent.site.installation import load_installation
from edge_agent.site.site_file import SiteFile, SiteFileError, missing_files

#: Devices that a result names.
_MOST_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """A change under way. `readable`: the devices that are asked and answered before it. `undone`: the old
    file is back, for the reason `why`, and whoever asked is to be told."""

    command: str
    starts: int = 0
    undone: bool = False
    readable: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What an agent has seen since its start: whether a batch had its receipt, which devices it asks, and
    which of them have answered."""

    receipt: bool
    asked: Collection[str]
    answered: Collection[str]


def lacking(trial: Trial, seen: Seen) -> str | None:
    """What the file on trial still lacks; None where it may stay.

    Batches must arrive, and of the devices that it names those must answer which answered before: others may
    be dead, asleep or not wired yet, and prove nothing. Where none of them is left at least one device must
    answer; where none is asked, the receipt alone counts.
    """
    if not seen.receipt:
        return "no batch had its receipt"
    if trial.undone or not seen.asked:
        return None
    wanted = [device for device in seen.asked if device in trial.readable]
    silent = [device for device in wanted if device not in seen.answered]
    if silent:
        return f"{_named(silent)} answered before and not with it"
    return None if seen.answered else "no device answered"


def _named(devices: Sequence[str]) -> str:
    shown = ", ".join(devices[:_MOST_NAMED])
    return shown if len(devices) <= _MOST_NAMED else f"{shown} and {len(devices) - _MOST_NAMED} more"


def _foreign(text: str, now: SiteFile) -> list[str]:
    try:
        data, _ = load_with_lines(text)
    except ConfigError:
        return []  # said with all its mistakes by whoever reads it
    return foreign_profiles(data, now)


class SiteFiles:
    """The site file at `path` and what stands beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fresh = path.with_name(f".{path.name}.new")
        self._before = path.with_name(f"{path.name}.before")
        self._note = path.with_name(f"{path.name}.trial")

    def check(self, text: str, now: SiteFile) -> None:
        """Whether the agent could work by `text`, and whether that is asked for from afar rightly
        (`edge_agent.site.afar`). Raises SiteFileError."""
        self._refuse(_foreign(text, now))
        write_whole(self._fresh, text, 0o600)
        try:
            found = load_installation(self._fresh)
        except SiteFileError as error:
            raise SiteFileError(
                [line.replace(self._fresh.name, self.path.name) for line in error.lines]
            ) from error
        finally:
            self._fresh.unlink(missing_ok=True)
        self._refuse(not_from_afar(now, found.site))
        if missing := missing_files(found.site):
            raise SiteFileError([f"{self.path.name}: {line}" for line in missing])

    def _refuse(self, keys: Sequence[str]) -> None:
        if keys:
            raise SiteFileError([f"{self.path.name}: {key}: {said('remote_fixed')}" for key in keys])

    def begin(self, text: str, command: str, readable: Sequence[str] = ()) -> None:
        """Put the new file in place. Raises OSError, and then the old one stands."""
        write_whole(self._before, self.path.read_bytes(), self.path.stat().st_mode & 0o777)
        self._say(Trial(command, readable=tuple(readable)))
        write_whole(self.path, text)

    def trial(self) -> Trial | None:
        """What is under way."""
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return Trial(**note | {"readable": tuple(note.get("readable", ()))})
        except (OSError, ValueError, TypeError, AttributeError):
            return None

    def started(self) -> Trial | None:
        """At each start: undo a change that the start before did not survive. What is under way then."""
        trial = self.trial()
        if trial is None or trial.undone:
            return trial
        if trial.starts:
            return self.undo("the agent ended before it was over")
        trial = replace(trial, starts=1)
        self._say(trial)
        return trial

    def keep(self) -> None:
        """The new file has delivered, or the command's end has been told."""
        self._note.unlink(missing_ok=True)
        self._before.unlink(missing_ok=True)

    def undo(self, why: str) -> Trial | None:
        """The old file comes back, for the reason `why`."""
        trial = self.trial()
        if trial is None:
            return None
        undone = replace(trial, undone=True, why=why)
        with suppress(FileNotFoundError):
            write_whole(self.path, self._before.read_bytes())
        self._say(undone)
        return undone

    def _say(self, trial: Trial) -> None:
        write_whole(self._note, json.dumps(asdict(trial)))
