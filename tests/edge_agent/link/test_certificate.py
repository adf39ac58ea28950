"""Whose a certificate is and when it ends, against OpenSSL's own reading and cryptography's writing."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.link.certificate import _parsed, read_certificate
from plumbline.provision.authority import opened

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)


def written(folder: Path, now: dt.datetime = NOW) -> Path:
    with opened(folder / "ca", "Plumbline firm", now) as authority:
        (folder / "agent.crt").write_bytes(authority.issue_client("fenglin-18/pi-1", now).certificate_pem)
    return folder / "agent.crt"


def test_our_own_certificates_are_read(tmp_path: Path) -> None:
    found = read_certificate(written(tmp_path))
    assert found.common_name == "fenglin-18/pi-1"
    assert found.expires_ms == round((NOW + dt.timedelta(days=365)).timestamp() * 1000)


@pytest.mark.parametrize("key", ["rsa:2048", "ec -pkeyopt ec_paramgen_curve:P-384"])
@pytest.mark.parametrize("days", [30, 36_500])
def test_openssl_s_certificates_are_read(tmp_path: Path, key: str, days: int) -> None:
    """RSA has lengths of two bytes; a hundred years from now the time is written in another form."""
    subprocess.run(
        [
            "openssl", "req", "-x509", "-nodes", "-newkey", *key.split(), "-days", str(days),
            "-subj", "/C=CN/O=装饰/CN=another", "-utf8",
            "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    found = read_certificate(tmp_path / "c")
    words = ["openssl", "x509", "-in", str(tmp_path / "c"), "-noout", "-enddate"]
    end = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    said = dt.datetime.strptime(end, "notAfter=%b %d %H:%M:%S %Y GMT").replace(tzinfo=dt.UTC)
    assert (found.common_name, found.expires_ms) == ("another", round(said.timestamp() * 1000))


def test_of_a_chain_the_first_counts(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(b"# agent\n" + path.read_bytes() + (tmp_path / "ca/ca.crt").read_bytes())
    assert read_certificate(path).common_name == "fenglin-18/pi-1"


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_none_is_said_with_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "c").write_text(text)
    with pytest.raises(ValueError, match=str(tmp_path / "c")):
        read_certificate(tmp_path / "c")


@given(st.binary(max_size=200))
def test_nonsense_is_refused_and_nothing_else_happens(content: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        _parsed(content)
