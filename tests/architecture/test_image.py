"""What enters the image is named; what a host publishes is TLS or its own."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
#: Reachable from outside the host: MQTT over TLS.
PUBLISHED: Final = frozenset({8883})


def rules() -> list[tuple[bool, str]]:
    """(whether it lets in, pattern), in order: the last that matches decides."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    written = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(line.startswith("!"), line.removeprefix("!")) for line in written]


def enters(path: str) -> bool:
    """As Docker judges it: a pattern holds for what it names and all below (docs.docker.com)."""
    parts = path.split("/")
    above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    inside = True
    for lets_in, pattern in rules():
        names = above if not pattern.startswith("**/") else parts
        if any(fnmatch.fnmatchcase(name, pattern.removeprefix("**/")) for name in names):
            inside = lets_in
    return inside


def copied() -> list[str]:
    """What the Dockerfile takes from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(), flags=re.M)
    return [source for line in lines for source in line.split()[:-1]]


@pytest.mark.parametrize(
    "path",
    [
        "site/plumbline/cloud-password", "site/postgresql-password", "data/ca/ca.key", "data/records.db",
        "plumbline.yaml", "projects.yaml", ".env", ".git/config", ".venv/bin/python", "ca.key", "b.tar.gz",
        "secrets.txt", "backup/manifest.json", "tests/servers.py", "build/bench/x.json", "docker-compose.yml",
        "requirements/dev.txt", "wire/__pycache__/x.pyc",
    ],
)  # fmt: skip
def test_what_is_not_named_stays_out(path: str) -> None:
    assert not enters(path)


def test_what_is_copied_enters_and_is_there() -> None:
    assert copied()
    for name in copied():
        assert enters(name), f"{name}: enter it in .dockerignore"
        assert (ROOT / name).exists(), name


def test_nothing_is_copied_whole() -> None:
    assert not {".", "./", "*", "site", "data"} & set(copied())


def test_every_package_of_the_product_is_in_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = project["tool"]["setuptools"]["packages"]["find"]["include"]
    packages = {name.removesuffix("*") for name in named if (ROOT / name.removesuffix("*")).is_dir()}
    assert packages <= set(copied())


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


@pytest.mark.parametrize("name", services())
def test_a_port_is_published_for_tls_or_for_the_host_alone(name: str) -> None:
    for published in services()[name].get("ports", ()):
        *address, _, inside = str(published).split(":")
        assert address == ["127.0.0.1"] or int(inside) in PUBLISHED, f"{name}: {published}"


def test_the_broker_of_the_hosts_file_listens_with_certificates_where_it_is_published() -> None:
    """And its other door is not published."""
    config = (ROOT / "firmware_configs/mosquitto/plumbline-tls.conf").read_text()
    listeners = re.split(r"^(?=listener )", config, flags=re.M)[1:]
    assert [one.split()[1] for one in listeners] == ["8883", "8884"]
    assert all("require_certificate true" in one for one in listeners)
    assert services()["mosquitto"]["ports"] == ["8883:8883"]


def test_no_secret_stands_in_the_hosts_file() -> None:
    for name, service in services().items():
        environment = service.get("environment", {})
        plain = [key for key in environment if re.search("PASSWORD|TOKEN|SECRET", key) and "_FILE" not in key]
        assert not plain, name
