"""Who may speak, from the office's side: what is made, for whom, how long, and how it ends."""

from __future__ import annotations

import datetime as dt
import re
import ssl
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edge_agent.cli import main as edge
from plumbline.cli import _parser, main
from plumbline.provision import bundle, certificates
from plumbline.provision.address import host, host_and_port
from plumbline.provision.authority import ProvisionError, opened
from plumbline.stores import open_records
from store.records.contract import AgentState
from tests.plumbline.installation import SITE
from tests.plumbline.provision.desk import BROKER, NOON, Desk, unpacked
from wire.status import Status


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "office")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def openssl(*words: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_a_bundle_is_all_a_new_pi_needs_and_its_owner_s_alone(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = desk.agent()
    pi = unpacked(made, tmp_path / "pi")
    assert mode(made) == 0o600
    assert sorted(path.name for path in pi.iterdir()) == [
        "README.txt", "agent.crt", "agent.key", "ca.crt", "site.yaml",
    ]  # fmt: skip
    assert mode(pi / "agent.key") == 0o600
    assert edge(["check", str(pi / "site.yaml")]) == 0
    assert "not there" not in capsys.readouterr().err
    ssl.create_default_context(cafile=pi / "ca.crt").load_cert_chain(pi / "agent.crt", pi / "agent.key")


def test_a_certificate_names_the_agent_s_place_for_a_year_and_opens_no_server(
    desk: Desk, tmp_path: Path
) -> None:
    pi = unpacked(desk.agent(), tmp_path / "pi")
    found = certificate(pi / "agent.crt")
    assert certificates.common_name(found) == f"{SITE}/pi-1"
    assert found.not_valid_after_utc == NOON + dt.timedelta(days=365)
    assert found.not_valid_before_utc < NOON, "a Pi's clock may be behind"
    usage = found.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    at = str(round(NOON.timestamp()))
    for purpose, verdict in (("sslclient", ": OK"), ("sslserver", "certificate purpose")):
        words = ("verify", "-attime", at, "-purpose", purpose, "-CAfile", pi / "ca.crt", pi / "agent.crt")
        assert verdict in openssl(*words)


def test_the_authority_is_made_once_and_its_key_leaves_its_folder_never(desk: Desk, tmp_path: Path) -> None:
    first, second = desk.agent("pi-1"), desk.agent("pi-2")
    ca = desk.issuing.folder
    assert (mode(ca), mode(ca / "ca.key")) == (0o700, 0o600)
    one, two = unpacked(first, tmp_path / "1"), unpacked(second, tmp_path / "2")
    assert (one / "ca.crt").read_bytes() == (two / "ca.crt").read_bytes() == (ca / "ca.crt").read_bytes()
    key = (ca / "ca.key").read_bytes()
    others = [path for path in desk.folder.rglob("*") if path.is_file() and path != ca / "ca.key"]
    assert all(key not in path.read_bytes() for path in [*others, *one.iterdir()])


def test_an_agent_s_key_stays_in_its_bundle_alone(desk: Desk, tmp_path: Path) -> None:
    made = desk.agent()
    key = (unpacked(made, tmp_path / "pi") / "agent.key").read_bytes()
    others = [path for path in desk.folder.rglob("*") if path.is_file() and path != made]
    assert all(key not in path.read_bytes() for path in others)


def test_a_provisioned_agent_is_registered_and_an_unknown_site_is_told_with_the_remedy(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.agent("pi-7")
    records = open_records(desk.settings)
    assert [one.id for one in records.agents.of("firm", SITE)] == ["pi-7"]
    records.close()
    words = ["provision", "agent", "fengling-18", "pi-1", "--out", str(desk.folder), "--broker", "b"]
    assert main([*words, *desk.config]) == 1
    said = capsys.readouterr().err
    assert f'did you mean "{SITE}"' in said
    assert "projects.yaml" in said


def test_who_is_shut_out_by_the_first_listed_agent_is_said(desk: Desk) -> None:
    desk.settings.data.mkdir()
    records = open_records(desk.settings)
    for name in ("pi-0", "pi-1"):
        status = Status(online=True, sent=1, stream="01K" + "A" * 23)
        records.agent_states.put(AgentState(SITE, name, 1, status))
    records.close()
    (note,) = desk.issuing.agent(SITE, "pi-1", desk.folder, BROKER, qr=False).notes
    assert "pi-0" in note
    assert desk.issuing.agent(SITE, "pi-2", desk.folder, BROKER, qr=False).notes == ()


def test_a_second_bundle_is_a_rotation_and_the_first_holds_until_it_is_revoked(
    desk: Desk, tmp_path: Path
) -> None:
    first = desk.agent()
    with pytest.raises(ProvisionError, match="rotate"):
        desk.agent(out="again")
    with pytest.raises(ProvisionError, match="holds a key"):
        desk.issuing.rotate(SITE, "pi-1", desk.folder / "out", BROKER, qr=False)
    (renewed,) = desk.issuing.rotate(SITE, "pi-1", tmp_path / "renewed", BROKER, qr=False).files
    old, new = unpacked(first, tmp_path / "old"), unpacked(renewed, tmp_path / "new")
    assert not (new / "site.yaml").exists(), "the site's own file is not touched"
    assert (old / "agent.key").read_bytes() != (new / "agent.key").read_bytes()
    assert all(one.holds(desk.now) for one in desk.issuing.issued())
    (revoked,) = desk.issuing.revoke_agent(SITE, "pi-1", older=True)
    assert revoked.serial == certificate(old / "agent.crt").serial_number
    with pytest.raises(ProvisionError, match="nothing to revoke"):
        desk.issuing.revoke_agent(SITE, "pi-1", older=True)


def test_every_command_of_the_manual_is_one(desk: Desk) -> None:
    text = (Path(__file__).parents[3] / "docs/security.md").read_text(encoding="utf-8")
    lines = re.findall(r"^plumbline (provision .+?)\s*(?:#.*)?$", text, re.MULTILINE)
    verbs = {_parser(words).parse_args(words).verb for words in map(str.split, lines)}
    assert len(verbs) == 6


def test_what_is_revoked_stays_on_the_list_with_its_first_date(desk: Desk) -> None:
    desk.agent("pi-1")
    desk.agent("pi-2")
    desk.issuing.revoke_agent(SITE, "pi-1")
    desk.later(days=1)
    (two,) = desk.issuing.revoke_agent(SITE, "pi-2")
    with pytest.raises(ProvisionError):
        desk.issuing.revoke_one(two.serial)
    first, second = desk.issuing.issued()
    assert (first.revoked, second.revoked) == (NOON, NOON + dt.timedelta(days=1))
    listed = x509.load_pem_x509_crl((desk.issuing.folder / "ca.crl").read_bytes())
    authority = certificate(desk.issuing.folder / "ca.crt")
    assert {row.serial_number for row in listed} == {first.serial, second.serial}
    assert listed.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    assert listed.next_update_utc == authority.not_valid_after_utc, "a list that runs out refuses everybody"


def test_a_revoked_agent_may_be_provisioned_anew(desk: Desk) -> None:
    desk.agent()
    desk.issuing.revoke_agent(SITE, "pi-1")
    desk.agent(out="second")
    assert [one.holds(desk.now) for one in desk.issuing.issued()] == [False, True]


def test_the_broker_of_a_bundle_is_the_one_certified_last(desk: Desk, tmp_path: Path) -> None:
    words = ["provision", "agent", SITE, "pi-1", "--out", str(tmp_path)]
    assert main([*words, *desk.config]) == 1
    desk.issuing.server(["old.example.cn"], tmp_path)
    desk.issuing.server(["mqtt.example.cn", "10.0.0.7"], tmp_path)
    assert main([*words, *desk.config]) == 0
    text = (unpacked(tmp_path / f"plumbline-{SITE}-pi-1.tar.gz", tmp_path) / "site.yaml").read_text()
    assert 'host: "mqtt.example.cn"' in text
    assert "port: 8883" in text


def test_a_broker_s_certificate_holds_for_its_hosts_and_for_no_client(desk: Desk, tmp_path: Path) -> None:
    desk.issuing.server(["mqtt.example.cn", "10.0.0.7"], tmp_path)
    assert mode(tmp_path / "broker.key") == 0o600
    for check in (("-verify_hostname", "mqtt.example.cn"), ("-verify_ip", "10.0.0.7")):
        words = ("verify", "-attime", str(round(NOON.timestamp())), *check)
        assert ": OK" in openssl(*words, "-CAfile", tmp_path / "ca.crt", tmp_path / "broker.crt")
    purpose = ("verify", "-purpose", "sslclient", "-CAfile", tmp_path / "ca.crt", tmp_path / "broker.crt")
    assert "certificate purpose" in openssl(*purpose)


def test_the_list_says_whose_until_when_and_what_to_renew(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.now = dt.datetime.now(dt.UTC) - dt.timedelta(days=340)
    desk.agent("pi-1")
    desk.now += dt.timedelta(days=340)
    desk.agent("pi-2")
    desk.issuing.revoke_agent(SITE, "pi-2")
    assert main(["provision", "list", *desk.config]) == 0
    soon, gone = capsys.readouterr().out.splitlines()
    assert f"{SITE}/pi-1" in soon
    assert soon.endswith("days left: renew it")
    assert "revoked" in gone


def test_the_label_on_the_case_names_the_certificate_and_holds_no_secret(desk: Desk, tmp_path: Path) -> None:
    archive, label = desk.issuing.agent(SITE, "pi-1", tmp_path, BROKER, qr=True).files
    assert label.read_bytes().startswith(b"\x89PNG")
    pi = unpacked(archive, tmp_path / "pi")
    made = certificates.Credentials(certificate(pi / "agent.crt"), (pi / "agent.key").read_bytes())
    text = bundle.label(bundle.Place(SITE, "pi-1", "Asia/Shanghai", *BROKER), made)
    assert f"{made.certificate.serial_number:016x}" in text
    printed = openssl("x509", "-in", pi / "agent.crt", "-noout", "-fingerprint", "-sha256")
    assert (
        text.splitlines()[-1].removeprefix("sha256 ")
        == printed.split("=")[1].strip().replace(":", "").lower()
    )
    assert not set(made.key_pem.decode().split()) & set(text.split())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda ca: (ca / "ca.key").chmod(0o640), "chmod 600"),
        (lambda ca: (ca / "ca.key").unlink(), "restore it"),
        (lambda ca: (ca / "ca.crl").write_text("nonsense"), "damaged"),
    ],
)
def test_a_damaged_authority_signs_nothing_and_says_why(desk: Desk, damage: object, said: str) -> None:
    desk.agent("pi-1")
    damage(desk.issuing.folder)  # type: ignore[operator]
    with pytest.raises(ProvisionError, match=said):
        desk.agent("pi-2")


def test_an_authority_of_which_a_crash_left_only_the_key_is_completed(tmp_path: Path) -> None:
    with opened(tmp_path / "ca", "Plumbline firm", NOON):
        pass
    key = (tmp_path / "ca/ca.key").read_bytes()
    for name in ("ca.crt", "ca.crl"):
        (tmp_path / "ca" / name).unlink()
    with opened(tmp_path / "ca", "Plumbline firm", NOON) as again:
        again.issue_client("s/a", NOON)
    assert (tmp_path / "ca/ca.key").read_bytes() == key


def test_a_name_longer_than_a_certificate_s_is_refused(tmp_path: Path) -> None:
    with (
        opened(tmp_path / "ca", "Plumbline firm", NOON) as authority,
        pytest.raises(ProvisionError, match="at most 63 together"),
    ):
        authority.issue_client("s" * 32 + "/" + "a" * 32, NOON)


@pytest.mark.parametrize("text", ["", "a b", "-x", "x/y", "a..b", "host_name", 'x"y', "1.2.3.4.5:x"])
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        host(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mqtt.example.cn", ("mqtt.example.cn", 8883)),
        ("10.0.0.7:1883", ("10.0.0.7", 1883)),
        ("[fd00::1]:99", ("fd00::1", 99)),
        ("fd00::1", ("fd00::1", 8883)),
    ],
)
def test_a_broker_is_a_host_with_or_without_a_port(text: str, address: tuple[str, int]) -> None:
    assert host_and_port(text, 8883) == address


def test_a_port_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        host_and_port("b:65536", 8883)
