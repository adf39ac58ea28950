"""Certificates and the list of revoked ones, by X.509 (RFC 5280): values in, values out."""

from __future__ import annotations

import datetime as dt
import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Holder = Literal["agent", "cloud", "broker"]

#: ub-common-name (RFC 5280, appendix A.1).
LONGEST_COMMON_NAME: Final = 64
#: What ingest is called at the broker (firmware_configs/mosquitto/plumbline-patterns.acl).
CLOUD: Final = "cloud"
#: What the broker's own certificate is called. Nobody looks at it (RFC 9525): its hosts stand beside it. So
#: no host's name becomes the name of somebody who may speak.
BROKER: Final = "plumbline broker"

_VALID: Final = dt.timedelta(days=365)
_AUTHORITY_VALID: Final = dt.timedelta(days=3650)
#: A clock of a Pi that is a little behind must not refuse a certificate of now.
_BACKDATED: Final = dt.timedelta(hours=1)
#: A serial number is the milliseconds of its signing and so many random bits: 63 bits.
_RANDOM_BITS: Final = 22


@dataclass(frozen=True, slots=True)
class Signer:
    """An authority's key and certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class Credentials:
    """A certificate and its key, both PEM."""

    certificate: x509.Certificate
    key_pem: bytes = field(repr=False)

    @property
    def certificate_pem(self) -> bytes:
        return pem(self.certificate)


def new_key() -> ec.EllipticCurvePrivateKey:
    """On P-256, which every TLS library of the last ten years has."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, not encrypted: whoever could type a password could read it from the same disk."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def pem(what: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    return what.public_bytes(serialization.Encoding.PEM)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of its DER in hex, as `openssl x509 -fingerprint -sha256` but without colons."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def self_signed(key: ec.EllipticCurvePrivateKey, name: str, now: dt.datetime) -> x509.Certificate:
    """An authority's certificate: it signs certificates and their revocation, and no other authority."""
    subject = _name(name)
    usage = _key_usage(key_cert_sign=True, crl_sign=True)
    return (
        _builder(new_serial(0, now), subject, subject, key.public_key(), now, now + _AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def new_serial(newest: int, now: dt.datetime) -> int:
    """Larger than `newest`, also where the clock went back: the latest certificate has the largest."""
    chance = secrets.randbits(_RANDOM_BITS)
    return max(round(now.timestamp() * 1000) << _RANDOM_BITS | chance, newest + 1 + chance)


def client(signer: Signer, serial: int, common_name: str, now: dt.datetime) -> Credentials:
    """For somebody who connects to the broker; `common_name` is the user name there."""
    return _signed(signer, serial, common_name, ExtendedKeyUsageOID.CLIENT_AUTH, (), now)


def server(signer: Signer, serial: int, hosts: Sequence[str], now: dt.datetime) -> Credentials:
    """For the broker, reached by these names and addresses. It opens no door as a client's."""
    return _signed(signer, serial, BROKER, ExtendedKeyUsageOID.SERVER_AUTH, hosts, now)


def revocations(
    signer: Signer, revoked: Mapping[int, dt.datetime], now: dt.datetime
) -> x509.CertificateRevocationList:
    """The list (serial -> since when). It is as long-lived as its authority: a broker whose list has run out
    refuses everybody, and this one is replaced whenever there is something to say."""
    certificate = signer.certificate
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - _BACKDATED)
        .next_update(certificate.not_valid_after_utc)
        .add_extension(_issuer_key(signer), critical=False)
    )
    for serial, since in sorted(revoked.items()):
        row = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(row)
    return builder.sign(signer.key, hashes.SHA256())


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def kind(certificate: x509.Certificate) -> Holder:
    """By its name; the broker's stands for no client."""
    name = common_name(certificate)
    if name == BROKER:
        return "broker"
    return "cloud" if name == CLOUD else "agent"


def hosts(certificate: x509.Certificate) -> list[str]:
    """The names and addresses of a broker's certificate."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(one.value) for one in names]


def _signed(
    signer: Signer,
    serial: int,
    common_name: str,
    purpose: x509.ObjectIdentifier,
    hosts: Sequence[str],
    now: dt.datetime,
) -> Credentials:
    key = new_key()
    until = min(now + _VALID, signer.certificate.not_valid_after_utc)
    builder = (
        _builder(serial, _name(common_name), signer.certificate.subject, key.public_key(), now, until)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(_issuer_key(signer), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return Credentials(builder.sign(signer.key, hashes.SHA256()), key_pem(key))


def _builder(
    serial: int,
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: dt.datetime,
    until: dt.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial)
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(until)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _issuer_key(signer: Signer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.key.public_key())


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
