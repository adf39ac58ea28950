"""The first owner's code: on the console while there is none, and from `plumbline owner`."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from plumbline.clock import now_ms
from plumbline.commands import owner
from plumbline.owners import say_code_where_nobody_can_begin
from plumbline.settings import load_settings
from plumbline.stores import open_records
from plumbline.web_options import web_options
from store.records.accounts import Account
from web.access.secret import digest


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "plumbline.yaml"
    (tmp_path / "projects.yaml").write_text("projects: []\n")
    (tmp_path / "secret").write_text("s3cret\n")
    path.write_text(
        "firm: {id: fenglin, name: Fenglin}\ndata: data\nprojects: projects.yaml\n"
        "web:\n  base_url: https://house.example\n"
        "  mail: {host: mail.example, sender: house@example.cn}\n"
        "  providers:\n    - {id: wecom, label: WeCom, issuer: https://id.example, client_id: us,"
        " client_secret_file: secret, claim: groups, roles: {site-lead: foreman}}\n"
    )
    return path


def code_in(text: str) -> str:
    return text.strip().rpartition(" ")[2]


def test_the_code_makes_an_owner_and_the_one_before_does_not(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = []
    for _ in range(2):
        assert owner.run(argparse.Namespace(config=config)) == 0
        said = capsys.readouterr().out
        assert said.startswith("The first owner signs in at https://house.example/door/owner")
        codes.append(code_in(said))
    records = open_records(load_settings(config))
    opens = [records.passes.look(digest(code), "owner", now_ms()) is not None for code in codes]
    records.close()
    assert opens == [False, True]


def test_the_console_says_it_until_there_is_an_owner(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(config)
    records = open_records(settings)
    say_code_where_nobody_can_begin(records, settings, now_ms())
    assert "/door/owner" in capsys.readouterr().err
    records.accounts.add(Account("fenglin", "wang", "Wang", "wang", None, frozenset({"owner"}), None))
    say_code_where_nobody_can_begin(records, settings, now_ms())
    assert capsys.readouterr().err == ""
    records.close()


def test_what_the_settings_say_of_doors(config: Path) -> None:
    options = web_options(load_settings(config))
    assert options.secure_cookies
    assert options.mail is not None
    assert (options.mail.port, options.mail.tls) == (587, True)
    (provider,) = options.providers
    assert (provider.client_secret, provider.firm) == ("s3cret", "fenglin")
    assert provider.roles == {"site-lead": "foreman"}
    assert "s3cret" not in repr(provider)
