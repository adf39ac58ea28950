"""A certificate authority for one test: for the broker and for everybody who speaks to it."""

from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


class Authority:
    """Writes PEM files into `folder`: `ca.crt`, and `{name}.crt` with `{name}.key` for each it issues."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        builder = self._builder("test authority", self._key.public_key())
        self._write(
            "ca.crt",
            self._signed(builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)),
        )

    @property
    def ca_file(self) -> Path:
        """Whom to trust."""
        return self.folder / "ca.crt"

    def issue(self, name: str, common_name: str) -> tuple[Path, Path]:
        """(certificate, key) for `common_name`, good for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        self._write(
            f"{name}.crt",
            self._signed(self._builder(common_name, key.public_key()).add_extension(local, False)),
        )
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        self._write(f"{name}.key", pem)
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def _builder(self, common_name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = dt.datetime.now(dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
        )

    def _signed(self, builder: x509.CertificateBuilder) -> bytes:
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _write(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)
