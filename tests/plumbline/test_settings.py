"""Settings that cannot be used are named line by line; paths are relative to the file that names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ingest.retention import Retention
from plumbline.cli import main
from plumbline.settings import SettingsError, load_settings
from plumbline.stores import open_records
from plumbline.web_options import web_options
from store.records.contract import Quarantined


def write(folder: Path, text: str) -> Path:
    path = folder / "plumbline.yaml"
    path.write_text(text)
    return path


def test_an_empty_file_is_a_service_on_one_machine(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    assert settings.broker is None
    assert settings.data == tmp_path / "data"
    assert settings.web.host == "127.0.0.1"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    settings = load_settings(
        write(
            tmp_path,
            "broker: {host: localhost, username: cloud, password_file: secret/cloud}\n"
            "agents: [{site: fenglin-18, agent: pi-1, password_file: /etc/pi-1}]\n",
        )
    )
    assert settings.broker is not None
    assert settings.broker.password_file == tmp_path / "secret/cloud"
    assert settings.broker.ca_file is None
    assert settings.agents[0].password_file == Path("/etc/pi-1")


def test_every_mistake_is_one_line_that_names_its_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "web: {prt: 1}\nretention: {log_days: -1}\nagents: [{site: A.B, agent: x, password_file: p}]\n",
    )
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    for key in ("web.prt", "retention.log_days", "agents[0].site"):
        assert any(f": {key}: " in line for line in lines), key


def test_a_misspelt_key_is_told_with_its_line_and_the_nearest_one(tmp_path: Path) -> None:
    text = "data: data\nretention:\n  log_days: 3\n  reading_days: 10\n"
    with pytest.raises(
        SettingsError, match=r'plumbline.yaml:4: retention.reading_days: .*mean "readings_days"'
    ):
        load_settings(write(tmp_path, text))


def test_rollups_that_would_go_before_their_readings_are_refused_at_once(tmp_path: Path) -> None:
    text = "retention: {readings_days: 400, rollups_days: 30}\n"
    with pytest.raises(SettingsError, match=r"yaml:1: retention.rollups_days: must not be less"):
        load_settings(write(tmp_path, text))


def test_what_the_settings_keep_by_default_is_what_the_process_keeps(tmp_path: Path) -> None:
    kept = load_settings(write(tmp_path, "")).retention
    unsaid = Retention()
    assert (kept.log_days, kept.readings_days, kept.rollups_days, kept.events_days, kept.quarantine_days) == (
        unsaid.log_days,
        unsaid.raw_days,
        unsaid.rollup_days,
        unsaid.event_days,
        unsaid.quarantine_days,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("web: {port: true}", r"yaml:1: web.port: true: must be a number"),
        ("broker: {host: '', port: 1}", r"yaml:1: broker.host: "),
        ("web: {host: 'a b'}", r"yaml:1: web.host: "),
        ("web: {trusted_proxies: [proxy.local]}", r"yaml:1: web.trusted_proxies\[0\]: .* write 10.0.0.5 or"),
        ("web: {trusted_proxies: [10.0.0.5/24]}", r"yaml:1: web.trusted_proxies\[0\]: .* host bits"),
        ("web: {trusted_proxies: ['::/0']}", r"yaml:1: web.trusted_proxies\[0\]: .* name the proxy's own"),
        ("retention: {events_days: 1.0e+300}", r"yaml:1: retention.events_days: .* 36500"),
        (
            "stores:\n  log: {kind: postgres, dsn_file: x}",
            r'yaml:2: stores.log: its kind is none of the choices; did you mean "postgresql"',
        ),
        (
            "agents:\n- {site: a, agent: b, password_file: p}\n- {site: a, agent: b, password_file: q}",
            r"yaml:3: agents\[1\]: b of a stands twice",
        ),
    ],
)
def test_what_cannot_work_is_refused_when_it_is_read(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load_settings(write(tmp_path, text))


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").write_text("")
    (tmp_path / "projects.yaml").write_text("projects: []\n")
    assert main(["serve", "--config", str(write(tmp_path, "web: {port: 0}\n"))]) == 2
    assert "data: File exists; `data` names a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text",
    [
        "broker: {host: a, password: hunter2}",
        "broker: {host: a, port: 'mqtt://user:hunter2@host'}",
        "broker: {host: 'a', password: 'hunter2\nx: [",
        "broker: hunter2",
        "agents: [{site: a, agent: b, password: hunter2}]",
        "stores: {records: {kind: postgresql, dsn: 'postgresql://u:hunter2@h/d'}}",
        "stores: {time_series: {kind: influx, token: hunter2}}",
    ],
)
def test_a_secret_in_the_settings_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    """What a command says ends in logs and in mails to colleagues."""
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert "hunter2" not in str(caught.value)


def test_a_secret_in_the_settings_is_told_where_it_belongs(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r'broker.password: is no key; did you mean "password_file"'):
        load_settings(write(tmp_path, "broker: {host: a, password: hunter2}"))


@pytest.mark.parametrize("text", ["web: [", "- a\n- b\n"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"plumbline\.yaml"):
        load_settings(write(tmp_path, text))


def test_a_missing_file_ends_the_command_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--config", str(tmp_path / "none.yaml")]) == 2
    assert "--config" in capsys.readouterr().err


def test_health_of_nobody_is_not_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["health", "--url", "http://127.0.0.1:9/health"]) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err


def test_the_quota_of_the_quarantine_is_a_setting(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, "retention: {quarantine_mib_per_site: 1}\n"))
    records = open_records(settings)
    item = Quarantined(1, "t", bytes(600_000), "schema", "", "s", "pi-1")
    records.quarantine.add([item, replace(item, payload=b"x" * 600_000)])
    assert len(records.quarantine.items(site="s")) == 1
    assert [one.count for one in records.quarantine.beyond_quota("s")] == [1]
    records.close()


def test_a_quota_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="quarantine_mib_per_site"):
        load_settings(write(tmp_path, "retention: {quarantine_mib_per_site: 0}\n"))


def test_what_a_public_site_shows_is_taken_as_it_is_written(tmp_path: Path) -> None:
    text = "web:\n  icp_number: 京ICP备12345678号-1\n  verification_files: {MP_verify_Ab12.txt: Ab12}\n"
    options = web_options(load_settings(write(tmp_path, text)))
    assert options.icp_number == "京ICP备12345678号-1"
    assert options.verification_files == {"MP_verify_Ab12.txt": "Ab12"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("web:\n  icp_number: 12345678\n", "plumbline.yaml:2: web.icp_number"),
        ("web:\n  verification_files: {../x.txt: y}\n", "plumbline.yaml:2: web.verification_files"),
        ("web:\n  verification_files: {x.sh: y}\n", "plumbline.yaml:2: web.verification_files"),
        ("web:\n  icp_numbr: 京ICP备12345678号-1\n", "icp_number"),
    ],
)
def test_a_number_or_a_file_that_cannot_be_is_told_with_line_and_key(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text))
    assert told in str(caught.value)
