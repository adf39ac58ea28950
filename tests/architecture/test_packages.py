"""A package of the product is named wherever packages are listed, so that no check passes it by."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from pathlib import PurePath
from typing import Final

import pytest

from tests.architecture.tree import PACKAGES, PROJECT, ROOT

TOOLS: Final = PROJECT["tool"]
#: Checked like the product, and no part of it.
BESIDE: Final = frozenset({"benchmarks", "tests"})


def tracked(*patterns: str) -> list[str]:
    """Files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True)
    return [name for name in listed.stdout.decode().split("\0") if name]


def listed_in_makefile() -> set[str]:
    found = re.search(r"^CODE := (.+)$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert found
    return set(found[1].split())


def test_every_folder_with_modules_is_a_package_of_the_product_or_beside_it() -> None:
    folders = {name.split("/")[0] for name in tracked("*.py") if "/" in name}
    with_code = {folder for folder in folders if (ROOT / folder / "__init__.py").is_file()}
    assert with_code - BESIDE == set(PACKAGES) - BESIDE, "name it in pyproject.toml, packages.find"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_formatted_typed_sorted_and_held_to_its_floor(package: str) -> None:
    assert package in listed_in_makefile(), "name it in CODE of the Makefile"
    assert package in TOOLS["ruff"]["lint"]["isort"]["known-first-party"], "name it in isort's first-party"
    assert package in TOOLS["importlinter"]["root_packages"], "name it in importlinter's root_packages"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_stands_in_the_map_of_the_folders(package: str) -> None:
    assert f"| `{package}/` |" in (ROOT / "README.md").read_text("utf-8"), "say in README.md what it owns"


def test_whatever_lies_beside_modules_is_installed_with_them() -> None:
    """A template or a table that a wheel leaves behind is missed only when it runs."""
    patterns = TOOLS["setuptools"]["package-data"]["*"]
    beside = [name for name in tracked(*PACKAGES) if PurePath(name).suffix not in {".py", ".md"}]
    left = [name for name in beside if not any(fnmatch.fnmatch(PurePath(name).name, one) for one in patterns)]
    assert not left, "add the suffix to package-data in pyproject.toml"
