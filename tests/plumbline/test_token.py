"""Tokens of the API: the secret is shown once, its digest kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbline.cli import main
from plumbline.stores import open_records
from store.records.tokens import token_digest
from tests.plumbline.installation import installation


def test_a_token_is_made_listed_and_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = installation(tmp_path)
    settings.data.mkdir()
    config = ["--config", str(tmp_path / "plumbline.yaml")]
    assert main(["token", "create", "dashboard", "--scope", "telemetry:read", "--days", "30", *config]) == 0
    secret = capsys.readouterr().out.strip()
    records = open_records(settings)
    token = records.tokens.by_digest(token_digest(secret))
    records.close()
    assert token is not None
    assert token.scopes == {"telemetry:read"}
    assert token.expires is not None
    assert main(["token", "list", *config]) == 0
    listed = capsys.readouterr().out
    assert "dashboard" in listed
    assert secret not in listed
    assert main(["token", "revoke", str(token.id), *config]) == 0
    assert main(["token", "revoke", str(token.id), *config]) == 1
    assert "no token" in capsys.readouterr().err


def test_an_unknown_scope_is_refused(tmp_path: Path) -> None:
    installation(tmp_path)
    with pytest.raises(SystemExit):
        main(["token", "create", "x", "--scope", "everything", "--config", str(tmp_path / "plumbline.yaml")])
