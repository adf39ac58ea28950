"""Every ESPHome node is valid for the real `esphome`, and speaks as our dialect listens."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge_agent.drivers.mqtt.esphome import filters, hear

ROOT = Path(__file__).parents[2]
NODES = sorted(
    path.name for path in (ROOT / "firmware_configs/esphome").glob("*.yaml") if path.stem != "secrets"
)


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """A copy with the example's secrets and some font."""
    folder = tmp_path / "esphome"
    shutil.copytree(ROOT / "firmware_configs/esphome", folder)
    shutil.copy(folder / "secrets.yaml.example", folder / "secrets.yaml")
    (folder / "fonts").mkdir(exist_ok=True)
    font = next(Path("/usr/share/fonts").rglob("*.ttf"))
    shutil.copy(font, folder / "fonts/panel.ttf")
    return folder


@pytest.mark.parametrize("node", NODES)
def test_a_node_is_valid_for_esphome(nodes: Path, node: str) -> None:
    done = subprocess.run(
        [str(ROOT / ".venv-esphome/bin/esphome"), "config", node],
        cwd=nodes,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(nodes.parent)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "topic_prefix: plumbline/site/" in done.stdout


def test_its_topics_are_those_the_agent_listens_to() -> None:
    prefix = "plumbline/site/th-living"
    assert filters(prefix) == (f"{prefix}/+/+/state", f"{prefix}/status")
    (heard,) = hear(f"{prefix}/sensor/temperature/state", b"21.55")
    assert heard.values == {"sensor/temperature": 21.55}


def test_no_secret_is_shipped() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "firmware_configs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "secrets.yaml\n" not in listed
