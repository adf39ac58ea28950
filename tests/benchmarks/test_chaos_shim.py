"""A process whose clock is set and whose disk is full sees just that, and nobody else does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.chaos.disk import Tmpfs, make, way_to_fill
from benchmarks.chaos.shim import Shim

WRITE = "import os, sys; fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT); os.pwrite(fd, b'x' * 8192, 0)"


def run(shim: Shim, program: str, *words: str, disk: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, *words]
    environment = os.environ | shim.environment(disk)
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_a_clock_is_set_for_one_process_and_its_monotonic_clock_goes_on(shim: Shim) -> None:
    program = "import time, datetime as d; print(time.time(), d.datetime.now().timestamp(), time.monotonic())"
    for by_ms in (600_000, -3_600_000, 0):
        shim.shift_clock(by_ms)
        assert shim.shifted_ms == by_ms
        seen, dated, elapsed = (float(word) for word in run(shim, program).stdout.split())
        assert abs(seen - time.time() - by_ms / 1000) < 5
        assert abs(dated - seen) < 1
        assert abs(elapsed - time.monotonic()) < 5


def test_a_disk_is_full_for_one_process_and_one_folder(shim: Shim, tmp_path: Path) -> None:
    disk = make("shim", tmp_path / "disk", 1, shim)
    inside, outside = str(disk.folder / "file"), str(tmp_path / "file")
    disk.fill()
    assert "No space left" in run(shim, WRITE, inside, disk=disk.folder).stderr
    assert run(shim, WRITE, outside, disk=disk.folder).returncode == 0
    disk.free()
    assert run(shim, WRITE, inside, disk=disk.folder).returncode == 0


def test_a_small_file_system_is_filled_to_the_last_page(tmp_path: Path) -> None:
    if way_to_fill(tmp_path, shim=False) != "tmpfs":
        pytest.skip("cannot mount here")
    disk = Tmpfs(tmp_path / "small", 2)
    try:
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            (disk.folder / "file").write_bytes(bytes(8192))
        disk.free()
        (disk.folder / "file").write_bytes(bytes(8192))
    finally:
        disk.close()
