"""What the spool writes to a card in a day: blocks counted by the kernel on a real ext4, its journal too.

20 devices of 10 quantities, one reading a second each, the cloud answering at once: a site without a backlog.
Two hours of it go through spool and receipts as in the agent, faster than time; the second, when the
write-ahead log has its size, is counted, and a day is 24 of it. Needs root and a loop device.
"""

from __future__ import annotations

import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.report import Figure
from edge_agent.spool.spool import Spool
from wire.batch import Frame

DEVICES: Final = 20
#: Ten quantities of a three-phase meter, with the size of their changes from second to second.
QUANTITIES: Final = {
    "active_power": (800.0, 15.0), "voltage_l1": (231.0, 0.3), "voltage_l2": (230.0, 0.3),
    "voltage_l3": (229.0, 0.3), "current_l1": (1.9, 0.05), "current_l2": (0.8, 0.05),
    "current_l3": (0.6, 0.05), "power_factor": (0.92, 0.003), "frequency": (50.0, 0.01),
    "active_energy_import": (4935.0, 0.0003),
}  # fmt: skip
_DECIMALS: Final = {"active_power": 1, "active_energy_import": 2, "frequency": 2}
HOURS_A_DAY: Final = 24
_HOUR_S: Final = 3_600
_START_MS: Final = 1_764_000_000_000
_SECTOR_BYTES: Final = 512
_IMAGE_MB: Final = 256
#: MB a day by the seconds a power cut may cost (the project's issue 4).
TARGETS: Final = {1: 600.0, 10: 150.0, 60: 80.0}


def measure() -> list[Figure]:
    """MB a day for each setting. Raises RuntimeError where no card can be made."""
    figures = [_figure(seconds, target) for seconds, target in TARGETS.items()]
    return [*figures, _figure(1, None, rounds=2)]


def _figure(power_cut_s: int, target: float | None, rounds: int = 1) -> Figure:
    with _card() as (folder, device):
        spool = Spool.open(folder / "spool.db", 512 << 20, _START_MS)
        site = _Site(spool, power_cut_s, rounds)
        site.an_hour()
        os.sync()
        before = _written_bytes(device)
        site.an_hour()
        os.sync()
        a_day = HOURS_A_DAY * (_written_bytes(device) - before) / 1e6
        spool.close()
    name = f"card: a power cut may cost {power_cut_s} s" + (f", {rounds} rounds" if rounds > 1 else "")
    return Figure(name, a_day, "MB/day", target=target, sense="at most")


class _Site:
    """Seals what `power_cut_s` seconds gather; each batch is receipted before the next.

    A beat's answers come in one round, or in `rounds` where lines differ much in speed.
    """

    def __init__(self, spool: Spool, power_cut_s: int, rounds: int) -> None:
        self._spool = spool
        self._seconds = power_cut_s
        self._rounds = rounds
        self._walks = [_Walk(random.Random(number)) for number in range(DEVICES)]
        self._now_ms = _START_MS

    def an_hour(self) -> None:
        """The next one."""
        for _ in range(0, _HOUR_S, self._seconds):
            frames = self._frames()
            for number in range(self._rounds):
                seq = self._spool.append(frames[number :: self._rounds], [], self._now_ms)
                self._spool.acknowledge([(seq, seq)])
            self._now_ms += 1000 * self._seconds

    def _frames(self) -> list[Frame]:
        return [
            Frame(
                device=f"meter-{number}",
                time=[self._now_ms + 1000 * second + 37 * number for second in range(self._seconds)],
                values=walk.columns(self._seconds),
            )
            for number, walk in enumerate(self._walks)
        ]


class _Walk:
    """A meter's values, second by second, as many digits as a meter has."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._now = {name: start * chance.uniform(0.8, 1.2) for name, (start, _) in QUANTITIES.items()}

    def columns(self, seconds: int) -> dict[str, list[float | None]]:
        """The next `seconds` values of each quantity."""
        found: dict[str, list[float | None]] = {name: [] for name in QUANTITIES}
        for _ in range(seconds):
            for name, (_, step) in QUANTITIES.items():
                change = self._chance.gauss(0, step)
                self._now[name] += abs(change) if "energy" in name else change
                found[name].append(round(self._now[name], _DECIMALS.get(name, 3)))
        return found


@contextmanager
def _card() -> Iterator[tuple[Path, str]]:
    """A fresh ext4 on a loop device, as Raspberry Pi OS mounts its card: its folder and device."""
    if os.geteuid() != 0:
        raise RuntimeError("a card to count blocks on needs root: mount -o loop")
    with tempfile.TemporaryDirectory(prefix="plumbline-card-") as name:
        image, folder = Path(name) / "card.img", Path(name) / "card"
        folder.mkdir()
        with image.open("wb") as file:
            file.truncate(_IMAGE_MB << 20)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", str(image))
        _run("mount", "-o", "loop,noatime", str(image), str(folder))
        try:
            os.sync()
            yield folder, _device_of(folder)
        finally:
            _run("umount", str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")


def _device_of(folder: Path) -> str:
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    return next(Path(fields[0]).name for fields in mounts if fields[1] == str(folder))


def _written_bytes(device: str) -> int:
    """The seventh field of a block device's stat is sectors written (kernel: block/stat.rst)."""
    fields = Path(f"/sys/block/{device}/stat").read_text().split()
    return int(fields[6]) * _SECTOR_BYTES
