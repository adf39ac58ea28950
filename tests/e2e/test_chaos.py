"""A minute of chaos: faults of every kind cost not one reading and leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import mortal, wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]


def chaos(folder: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        mortal([sys.executable, "-m", "benchmarks.chaos", "--folder", str(folder), *words]),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_behind(folder: Path) -> list[str]:
    processes = subprocess.run(["pgrep", "-af", str(folder)], capture_output=True, text=True, check=False)
    mounts = [line for line in Path("/proc/mounts").read_text().splitlines() if str(folder) in line]
    return processes.stdout.splitlines() + mounts


def test_a_minute_of_faults_costs_not_one_reading(tmp_path: Path) -> None:
    words = ["--seed", "60", "--minutes", "1", "--devices", "2", "--counters", "4", "--interval-s", "0.25"]
    running = chaos(tmp_path, *words)
    said, _ = running.communicate(timeout=200)
    assert running.returncode == 0, said
    figures = {line[:24].strip(): line[24:].split()[0] for line in said.splitlines() if line[24:].split()}
    assert figures["lost"] == figures["doubled"] == figures["from nowhere"] == "0", said
    assert int(figures["stored"].replace(",", "")) > 1_000
    assert left_behind(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_no_process_and_no_mount(tmp_path: Path, number: signal.Signals) -> None:
    running = chaos(tmp_path, "--minutes", "5", "--devices", "1")
    wait_until(lambda: any("edge_agent" in line for line in left_behind(tmp_path)), 60, "agents running")
    running.send_signal(number)
    said, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "logs and data" in said
    assert left_behind(tmp_path) == []
