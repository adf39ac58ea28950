"""Every ESPHome node is valid for the real `esphome`, and says what its profile reads where it is heard."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from edge_agent import profile
from edge_agent.drivers.mqtt.esphome import filters, hear

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "firmware_configs" / "esphome"
NODES: Final = sorted(path.name for path in FOLDER.glob("*.yaml") if path.stem != "secrets")
#: What each kind of component says (docs/components/mqtt of ESPHome).
PAYLOADS: Final = {"sensor": b"21.5", "binary_sensor": b"ON", "text_sensor": b"word"}


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """A copy with the example's secrets and some font."""
    folder = tmp_path / "esphome"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("secrets.yaml", "fonts", ".esphome"))
    shutil.copy(folder / "secrets.yaml.example", folder / "secrets.yaml")
    (folder / "fonts").mkdir()
    shutil.copy(next(Path("/usr/share/fonts").rglob("*.tt[fc]")), folder / "fonts/panel.ttf")
    return folder


def validated(nodes: Path, node: str) -> dict[str, Any]:
    """The configuration as `esphome config` has filled it in. `!secret` and `!lambda` are their text."""
    done = subprocess.run(
        [str(ROOT / ".venv-esphome/bin/esphome"), "config", node],
        cwd=nodes,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": str(nodes.parent)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = yaml.load(
        re.sub(r"!(secret|lambda|extend|remove)\b", "", done.stdout), yaml.SafeLoader
    )
    return said


def named(section: object) -> Iterator[str]:
    """Names of what is published: a platform's own, and those of its parts."""
    if isinstance(section, list):
        for part in section:
            yield from named(part)
    elif isinstance(section, dict) and not section.get("internal"):
        if isinstance(section.get("name"), str):
            yield section["name"]
        for part in section.values():
            yield from named(part)


def topics(said: dict[str, Any]) -> dict[str, bytes]:
    """Where the node publishes: prefix, component, and its name in small letters with _ for anything else."""
    prefix = said["mqtt"]["topic_prefix"]
    return {
        f"{prefix}/{component}/{re.sub('[^a-z0-9_-]', '_', name.lower())}/state": payload
        for component, payload in PAYLOADS.items()
        for name in named(said.get(component, []))
    }


@pytest.mark.parametrize("node", NODES)
def test_a_node_is_valid_and_says_what_its_profile_reads(nodes: Path, node: str) -> None:
    said = validated(nodes, node)
    mqtt = said["mqtt"]
    name = said["esphome"]["name"]
    assert mqtt["topic_prefix"] == f"plumbline/site/{name}"
    assert mqtt["username"] == name, "the access list goes by it"
    assert mqtt["birth_message"]["topic"] == mqtt["will_message"]["topic"] == filters(mqtt["topic_prefix"])[1]
    assert hear(mqtt["will_message"]["topic"], mqtt["will_message"]["payload"].encode())[0].available is False
    heard: set[str] = set()
    for topic, payload in topics(said).items():
        (message,) = hear(topic, payload)
        heard |= message.values.keys()
    if model := re.search(r"Profile: ([\w-]+)\.", (FOLDER / node).read_text()):
        points = profile.load(model[1]).target(name, mqtt["topic_prefix"], None).points
        assert {point.where["field"] for point in points} <= heard
    else:
        assert node == "status-panel.yaml", "a node that measures names its profile"


def test_every_node_has_a_password_of_its_own() -> None:
    used = [re.findall(r"mqtt_password: !secret (\w+)", (FOLDER / node).read_text()) for node in NODES]
    assert all(len(names) == 1 for names in used)
    assert len({name for names in used for name in names}) == len(NODES)


def test_every_secret_has_an_example_and_none_is_shipped() -> None:
    texts = [path.read_text() for path in FOLDER.rglob("*.yaml") if path.stem != "secrets"]
    used = {name for text in texts for name in re.findall(r"!secret (\w+)", text)}
    assert used == yaml.safe_load((FOLDER / "secrets.yaml.example").read_text()).keys()
    listed = subprocess.run(
        ["git", "ls-files", "firmware_configs"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "secrets.yaml\n" not in listed


def test_the_panel_reads_what_the_nodes_say() -> None:
    """The topics it subscribes to are those of the nodes beside it."""
    panel = yaml.load(re.sub(r"!\w+ ", "", (FOLDER / "status-panel.yaml").read_text()), yaml.SafeLoader)
    chosen = panel["substitutions"]
    read = {part["topic"] for kind in ("sensor", "text_sensor") for part in panel[kind]}
    for word in ("climate", "leak", "door"):
        read = {topic.replace(f"${{{word}}}", chosen[word]) for topic in read}
    said = set()
    for node in ("temp-humidity", "leak", "door"):
        text = (FOLDER / f"{node}.yaml").read_text()
        prefix = f"plumbline/site/{re.findall(r'node: ([a-z-]+)', text)[0]}"
        said |= {f"{prefix}/status", f"{prefix}/sensor/temperature/state", f"{prefix}/sensor/humidity/state"}
        said |= {f"{prefix}/binary_sensor/{node}/state"}
    assert read <= said
