"""The agent's certificate while it is in use: renewed without a restart, warned of before it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge_agent.broker import Broker
from edge_agent.cli import main
from edge_agent.link.credentials import Credentials, shortcomings
from plumbline.provision.authority import opened
from wire.durations import DAY_MS
from wire.status import UplinkStatus

ISSUED = dt.datetime.now(dt.UTC).replace(microsecond=0)
ISSUED_MS = round(ISSUED.timestamp() * 1000)
WHO = "fenglin-18/pi-1"


class Pi:
    """The files of an agent, and its clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ms = ISSUED_MS
        self.issue()
        password = folder / "password"
        password.write_text("hunter2")
        password.chmod(0o600)
        self.broker = Broker(
            "127.0.0.1", 8883, password_file=password, tls=True, ca_file=folder / "ca/ca.crt",
            cert_file=folder / "agent.crt", key_file=folder / "agent.key",
        )  # fmt: skip
        self.credentials = Credentials(self.broker, WHO, lambda: self.now_ms)
        self.credentials.taken()

    def issue(self, who: str = WHO, *, key: bool = True, certificate: bool = True) -> None:
        with opened(self.folder / "ca", "Plumbline firm", ISSUED) as authority:
            made = authority.issue_client(who, ISSUED)
        if key:
            (self.folder / "agent.key").write_bytes(made.key_pem)
            (self.folder / "agent.key").chmod(0o600)
        if certificate:
            (self.folder / "agent.crt").write_bytes(made.certificate_pem)


@pytest.fixture
def pi(tmp_path: Path) -> Pi:
    return Pi(tmp_path)


def test_the_end_of_the_certificate_is_known(pi: Pi) -> None:
    assert pi.credentials.expires_ms == ISSUED_MS + 365 * DAY_MS


def test_a_certificate_for_ever_can_be_said_in_a_status() -> None:
    """9999-12-31 stands for one that does not end (RFC 5280, 4.1.2.5)."""
    assert UplinkStatus(certificate_expires=253_402_300_799_000).certificate_expires


def test_nothing_is_renewed_while_the_files_stay(pi: Pi, caplog: pytest.LogCaptureFixture) -> None:
    assert not pi.credentials.renewed()
    assert caplog.records == []


def test_a_new_certificate_is_found_once(pi: Pi) -> None:
    pi.issue()
    assert pi.credentials.renewed()
    pi.credentials.taken()
    assert not pi.credentials.renewed()


def test_a_new_password_is_found_too(pi: Pi) -> None:
    (pi.folder / "password").write_text("another")
    assert pi.credentials.renewed()


def test_half_a_renewal_costs_no_connection(pi: Pi, caplog: pytest.LogCaptureFixture) -> None:
    pi.issue(certificate=False)
    assert not pi.credentials.renewed()
    assert not pi.credentials.renewed()
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "a new certificate or password is not used"
    ]
    pi.issue()
    assert pi.credentials.renewed()


def test_a_file_that_is_gone_costs_no_connection(pi: Pi) -> None:
    (pi.folder / "agent.crt").unlink()
    assert not pi.credentials.renewed()


def test_its_end_is_warned_of_from_30_days_before_once_a_day(
    pi: Pi, caplog: pytest.LogCaptureFixture
) -> None:
    def warned_at(day: float) -> bool:
        pi.now_ms = ISSUED_MS + round(day * DAY_MS)
        caplog.clear()
        pi.credentials.renewed()
        return bool(caplog.records)

    assert [warned_at(day) for day in (1, 334, 335, 335.5, 336, 336.5)] == [
        False, False, True, False, True, False,
    ]  # fmt: skip
    assert warned_at(370)
    assert "has ended" in caplog.text


def test_a_certificate_of_another_agent_is_told_at_once(pi: Pi, caplog: pytest.LogCaptureFixture) -> None:
    """The broker acknowledges what it drops: without this the spool would only fill."""
    pi.issue("fenglin-18/pi-2")
    pi.credentials.taken()
    pi.credentials.taken()
    (record,) = caplog.records
    assert '"fenglin-18/pi-2"' in record.message
    assert '"fenglin-18/pi-1"' in record.message


def test_secrets_that_others_can_read_are_told_and_their_content_is_not(
    pi: Pi, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("agent.key", "password"):
        (pi.folder / name).chmod(0o644)
    (pi.folder / "agent.crt").touch()
    pi.credentials.taken()
    assert caplog.text.count("chmod 600") == 2
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda pi: pi.issue("fenglin-18/pi-2"), ["is of"]),
        (lambda pi: pi.issue(certificate=False), ["cannot be used"]),
        (lambda pi: (pi.folder / "agent.crt").write_text("hunter2"), ["cannot be used"]),
        (lambda pi: (pi.folder / "agent.crt").unlink(), []),
        (lambda pi: (pi.folder / "password").unlink(), []),
        (lambda pi: (pi.folder / "agent.key").chmod(0o640), ["chmod 600"]),
    ],
)
def test_a_check_offline_finds_what_the_broker_would_not_say(
    pi: Pi, damage: Callable[[Pi], object], said: list[str]
) -> None:
    """What is not there at all is found elsewhere (`missing_files`)."""
    damage(pi)
    found = shortcomings(pi.broker, WHO, pi.now_ms)
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))
    assert "hunter2" not in "".join(found)


def test_a_certificate_without_its_key_file_is_told(pi: Pi) -> None:
    (line,) = shortcomings(replace(pi.broker, key_file=None), WHO, pi.now_ms)
    assert "go together" in line


def test_the_check_of_a_site_file_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pi = Pi(tmp_path)
    pi.issue("fenglin-18/pi-2")
    (tmp_path / "site.yaml").write_text(f"""\
site: fenglin-18
agent: pi-1
timezone: Asia/Shanghai
broker: {{host: b, tls: {{ca_file: ca/ca.crt, cert_file: agent.crt, key_file: agent.key}}}}
spool: {{path: spool.db}}
badge_pepper_file: pepper
lines: [{{port: {tmp_path}/x, protocol: rdm6300, devices: [{{id: gate-in, direction: in}}]}}]
""")
    assert main(["check", str(tmp_path / "site.yaml")]) == 0
    assert "is of" in capsys.readouterr().err


def test_without_a_certificate_there_is_nothing_to_end(caplog: pytest.LogCaptureFixture) -> None:
    plain = Credentials(Broker("127.0.0.1", 1883), WHO, lambda: ISSUED_MS)
    plain.taken()
    assert not plain.renewed()
    assert (plain.expires_ms, caplog.records) == (None, [])
