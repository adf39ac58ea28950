"""Another site file, on trial: the old one stands beside it, and comes back if the new one delivers nothing.

What is on the disk says how far a change has come, so that a power cut in the middle of it ends well too:
`site.yaml.before` is the old file, `site.yaml.trial` whose command it was and how often the agent has started
with the new file. A second start within a trial means that the first one died of it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge_agent.installation import load_installation
from edge_agent.language import said
from edge_agent.site_file import SiteFile, SiteFileError, missing_files
from edge_agent.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Trial:
    """A change under way; `undone`: the old file is back and whoever asked is to be told."""

    command: str
    starts: int = 0
    undone: bool = False


class SiteFiles:
    """The site file at `path` and what stands beside it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fresh = path.with_name(f".{path.name}.new")
        self._before = path.with_name(f"{path.name}.before")
        self._note = path.with_name(f"{path.name}.trial")

    def check(self, text: str, now: SiteFile) -> None:
        """Whether the agent could work by `text`. Raises SiteFileError.

        Who it is and where its readings wait cannot be changed from afar: both would leave something behind.
        """
        write_whole(self._fresh, text)
        try:
            found = load_installation(self._fresh)
        except SiteFileError as error:
            raise SiteFileError(
                [line.replace(self._fresh.name, self.path.name) for line in error.lines]
            ) from error
        finally:
            self._fresh.unlink(missing_ok=True)
        fixed = ("site", "agent", "spool.path", "badge_pepper_file")
        wanted = (found.site.site, found.site.agent, found.site.spool.path, found.site.badge_pepper_file)
        standing = (now.site, now.agent, now.spool.path, now.badge_pepper_file)
        changed = [name for name, one, other in zip(fixed, wanted, standing, strict=True) if one != other]
        lines = [f"{self.path.name}: {name}: {said('remote_fixed')}" for name in changed]
        lines += [f"{self.path.name}: {line}" for line in missing_files(found.site)]
        if lines:
            raise SiteFileError(lines)

    def begin(self, text: str, command: str) -> None:
        """Put the new file in place. Raises OSError, and then the old one stands."""
        write_whole(self._before, self.path.read_text(encoding="utf-8"))
        self._say(Trial(command))
        write_whole(self.path, text)

    def trial(self) -> Trial | None:
        """What is under way."""
        try:
            return Trial(**json.loads(self._note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def started(self) -> Trial | None:
        """At each start: undo a change that the start before did not survive. What is under way then."""
        trial = self.trial()
        if trial is None or trial.undone:
            return trial
        if trial.starts:
            return self.undo()
        self._say(Trial(trial.command, starts=1))
        return trial

    def keep(self) -> None:
        """The new file has delivered, or the command's end has been told."""
        self._note.unlink(missing_ok=True)
        self._before.unlink(missing_ok=True)

    def undo(self) -> Trial | None:
        """The old file comes back."""
        trial = self.trial()
        if trial is None:
            return None
        undone = Trial(trial.command, trial.starts, undone=True)
        with suppress(FileNotFoundError):
            write_whole(self.path, self._before.read_text(encoding="utf-8"))
        self._say(undone)
        return undone

    def _say(self, trial: Trial) -> None:
        content = {"command": trial.command, "starts": trial.starts, "undone": trial.undone}
        write_whole(self._note, json.dumps(content))
