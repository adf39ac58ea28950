"""`plumbline link`: the console makes, lists and takes back links as the room does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plumbline.cli import main
from plumbline.importing import take_in
from plumbline.stores import open_records
from store.records.links import link_digest
from tests.plumbline.installation import SITE, installation


@pytest.fixture
def config(tmp_path: Path) -> str:
    settings = installation(tmp_path / "site", web={"base_url": "https://plumbline.example"})
    records = open_records(settings)
    try:
        take_in(records, settings, 1_764_000_000_000)
    finally:
        records.close()
    return str(tmp_path / "site" / "plumbline.yaml")


def test_a_link_for_a_person_is_made_listed_and_taken_back(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["link", "new", SITE, "--for", "外婆", "--until", "2099-01-31", "--config", config]) == 2
    assert "3660 days at most" in capsys.readouterr().err
    assert main(["link", "new", SITE, "--for", "外婆", "--config", config]) == 0
    told = capsys.readouterr()
    token = re.fullmatch(r"https://plumbline\.example/p/([\w-]{27})\n", told.out)
    assert token
    assert token[1] not in told.err
    assert main(["link", "list", "--config", config]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "外婆" in line]
    number = line.split()[1]
    assert main(["link", "revoke", number, "--config", config]) == 0
    assert main(["link", "revoke", number, "--config", config]) == 2
    assert "that opens anything" in capsys.readouterr().err
    assert len(link_digest(token[1])) == 32


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["new", SITE], "--for NAME"), (["new", "no-such", "--for", "x"], "has no project")],
)
def test_what_cannot_be_made_is_told_with_the_remedy(
    config: str, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["link", *arguments, "--config", config]) == 2
    assert told in capsys.readouterr().err
