"""An installation with a certificate authority, at a time of the test's choosing."""

from __future__ import annotations

import datetime as dt
import subprocess
from dataclasses import dataclass
from pathlib import Path

from plumbline.provision.issuing import Issuing
from tests.plumbline.installation import SITE, installation

BROKER = ("mqtt.example.cn", 8883)
NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)


@dataclass
class Desk:
    """Where an operator sits."""

    folder: Path
    now: dt.datetime = NOON

    def __post_init__(self) -> None:
        self.settings = installation(self.folder)
        self.issuing = Issuing(self.settings, lambda: self.now)

    @property
    def config(self) -> list[str]:
        return ["--config", str(self.folder / "plumbline.yaml")]

    def later(self, **ago: float) -> None:
        self.now += dt.timedelta(**ago)

    def agent(self, name: str = "pi-1", site: str = SITE, out: str = "out") -> Path:
        """A new agent's bundle."""
        (path,) = self.issuing.agent(site, name, self.folder / out, BROKER, qr=False).files
        return path


def unpacked(archive: Path, folder: Path) -> Path:
    """The bundle as it lies on a Pi, unpacked as there."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["tar", "-xf", archive, "-C", folder], check=True)
    return folder
