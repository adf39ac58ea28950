"""The installation's certificate authority: a folder with its key, all it has signed, and what it took back.

`ca.key` (0600), `ca.crt`, `ca.crl` and `issued/{serial}.crt`. There is no other ledger: what is signed is in
`issued` before it is handed out, and what is revoked stands in the list that brokers read.
"""

from __future__ import annotations

import datetime as dt
import fcntl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from plumbline.provision import certificates
from plumbline.provision.certificates import Credentials, Holder, Signer
from plumbline.provision.files import PRIVATE, PUBLIC, readable_by_others, write

#: So long before its end a certificate should be renewed.
RENEW_BEFORE: Final = dt.timedelta(days=30)


class ProvisionError(Exception):
    """What was asked for is not done; one line with the remedy."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate that was signed. `who` is `{site}/{agent}`, `cloud`, or the broker's hosts."""

    serial: int
    kind: Holder
    who: str
    since: dt.datetime
    until: dt.datetime
    revoked: dt.datetime | None

    def holds(self, now: dt.datetime) -> bool:
        """Whether a broker with the newest list of revoked ones takes it."""
        return self.revoked is None and now < self.until

    @property
    def name(self) -> str:
        """The serial number as it is typed: 16 hex digits."""
        return f"{self.serial:016x}"


class Authority:
    """Of one folder; see `opened`."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        self._folder = folder
        self._signer = signer

    @property
    def certificate_pem(self) -> bytes:
        """Whom agents and brokers trust."""
        return certificates.pem(self._signer.certificate)

    @property
    def revocations_pem(self) -> bytes:
        """The list for a broker's `crlfile`."""
        return _list_file(self._folder).read_bytes()

    def issue_client(self, common_name: str, now: dt.datetime) -> Credentials:
        """For an agent or the cloud. The key is in what is returned and nowhere else."""
        if len(common_name) > certificates.LONGEST_COMMON_NAME:
            raise ProvisionError(
                f"{common_name}: {len(common_name)} characters; a certificate's name ends at "
                f"{certificates.LONGEST_COMMON_NAME}: site and agent have at most 63 together"
            )
        return self._noted(certificates.client(self._signer, self._new_serial(now), common_name, now))

    def issue_server(self, hosts: Sequence[str], now: dt.datetime) -> Credentials:
        """For the broker at these hosts."""
        return self._noted(certificates.server(self._signer, self._new_serial(now), hosts, now))

    def revoke(self, serials: Iterable[int], now: dt.datetime) -> None:
        """Put them on the list; one that is on it stays as it is."""
        revoked = dict.fromkeys(serials, now) | _revoked(self._folder)
        _write_list(self._folder, self._signer, revoked, now)

    def _new_serial(self, now: dt.datetime) -> int:
        numbers = (int(path.stem, 16) for path in _issued_folder(self._folder).glob("*.crt"))
        return certificates.new_serial(max(numbers, default=0), now)

    def _noted(self, credentials: Credentials) -> Credentials:
        name = f"{credentials.certificate.serial_number:016x}.crt"
        write(_issued_folder(self._folder) / name, credentials.certificate_pem, PUBLIC)
        return credentials


@contextmanager
def opened(folder: Path, name: str, now: dt.datetime) -> Iterator[Authority]:
    """The authority in `folder`, made there under `name` where there is none; one process has it at a time.
    Raises ProvisionError."""
    with ExitStack() as stack:
        with _said(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            stack.enter_context(_alone(folder))
            signer = _signer(folder, name, now)
            _issued_folder(folder).mkdir(exist_ok=True)
            if not _list_file(folder).exists():
                _write_list(folder, signer, {}, now)
        yield Authority(folder, signer)


def ledger(folder: Path) -> list[Issued]:
    """All that the authority in `folder` has signed, the oldest first; its key is not needed. Empty where
    there is no authority. Raises ProvisionError."""
    with _said(folder):
        revoked = _revoked(folder)
        files = _issued_folder(folder).glob("*.crt")
        found = [x509.load_pem_x509_certificate(path.read_bytes()) for path in files]
    rows = [_row(one, revoked.get(one.serial_number)) for one in found]
    return sorted(rows, key=lambda row: row.serial)


@contextmanager
def _said(folder: Path) -> Iterator[None]:
    """What goes wrong with a file there as a ProvisionError."""
    try:
        yield
    except OSError as error:
        raise ProvisionError(f"{error.filename or folder}: {error.strerror or error}") from error
    except ValueError as error:
        raise ProvisionError(f"{folder}: a file there is damaged; restore it from its backup") from error


@contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


def _signer(folder: Path, name: str, now: dt.datetime) -> Signer:
    """The key comes first: a certificate that a crash left out is made again from it."""
    key_file, certificate_file = folder / "ca.key", folder / "ca.crt"
    if not key_file.exists():
        if certificate_file.exists():
            raise ProvisionError(f"{key_file} is missing beside its certificate: restore it from its backup")
        write(key_file, certificates.key_pem(certificates.new_key()), PRIVATE)
    if readable_by_others(key_file):
        raise ProvisionError(f"{key_file}: others may read it; chmod 600 {key_file}")
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProvisionError(f"{key_file}: not a key on an elliptic curve")
    if not certificate_file.exists():
        write(certificate_file, certificates.pem(certificates.self_signed(key, name, now)), PUBLIC)
    return Signer(key, x509.load_pem_x509_certificate(certificate_file.read_bytes()))


def _row(certificate: x509.Certificate, revoked: dt.datetime | None) -> Issued:
    kind = certificates.kind(certificate)
    return Issued(
        serial=certificate.serial_number,
        kind=kind,
        who=" ".join(certificates.hosts(certificate))
        if kind == "broker"
        else certificates.common_name(certificate),
        since=certificate.not_valid_before_utc,
        until=certificate.not_valid_after_utc,
        revoked=revoked,
    )


def _revoked(folder: Path) -> dict[int, dt.datetime]:
    path = _list_file(folder)
    if not path.exists():
        return {}
    rows = x509.load_pem_x509_crl(path.read_bytes())
    return {row.serial_number: row.revocation_date_utc for row in rows}


def _write_list(folder: Path, signer: Signer, revoked: Mapping[int, dt.datetime], now: dt.datetime) -> None:
    made = certificates.revocations(signer, revoked, now)
    write(_list_file(folder), certificates.pem(made), PUBLIC)


def _list_file(folder: Path) -> Path:
    return folder / "ca.crl"


def _issued_folder(folder: Path) -> Path:
    return folder / "issued"
