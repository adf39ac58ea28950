"""What an operator asks for: an agent's bundle, the broker's and the cloud's certificates, and their end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from plumbline.provision import bundle, certificates
from plumbline.provision.authority import Authority, Issued, ProvisionError, ledger, opened
from plumbline.provision.bundle import Place
from plumbline.provision.certificates import Credentials
from plumbline.provision.files import PRIVATE, PUBLIC, write
from plumbline.provision.passwords import mosquitto_line, new_password
from plumbline.provision.registering import register, retire, timezone_of
from plumbline.settings import Settings

Clock = Callable[[], dt.datetime]
#: host and port
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Delivered:
    """The files that were written, and what the operator should know besides."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


class Issuing:
    """For one installation. Everything raises ProvisionError, SettingsError or StoreError."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.folder = settings.data / "ca"

    def issued(self) -> list[Issued]:
        """All certificates, the oldest first."""
        return ledger(self.folder)

    def agent(self, site: str, agent: str, out: Path, broker: Address | None, *, qr: bool) -> Delivered:
        """Register an agent and write the bundle of a new Pi."""
        place = self._place(site, agent, out, broker)
        with self._authority() as authority:
            if held := [one for one in self._of(place.who) if one.holds(self._clock())]:
                raise ProvisionError(
                    f"{place.who} has a certificate ({held[-1].name}, until {held[-1].until:%Y-%m-%d}): "
                    "`plumbline provision rotate` makes another, `revoke` ends this one first"
                )
            registered = register(self._settings, site, agent)
            credentials = authority.issue_client(place.who, self._clock())
            packed = bundle.first(place, credentials, authority.certificate_pem)
            files = _deliver(out, place, credentials, packed, qr=qr)
        return Delivered(files, tuple(_shut_out(site, one) for one in registered.shut_out))

    def rotate(self, site: str, agent: str, out: Path, broker: Address | None, *, qr: bool) -> Delivered:
        """Write a bundle with a new key and certificate; those before hold until they are revoked."""
        place = self._place(site, agent, out, broker)
        if not self._of(place.who):
            raise ProvisionError(
                f"{place.who} never had a certificate; `plumbline provision agent` makes one"
            )
        with self._authority() as authority:
            credentials = authority.issue_client(place.who, self._clock())
            packed = bundle.renewal(place, credentials, authority.certificate_pem)
            files = _deliver(out, place, credentials, packed, qr=qr)
        old = f"once it is in use: `plumbline provision revoke {site} {agent} --older`"
        return Delivered(files, (old,))

    def revoke_agent(self, site: str, agent: str, *, older: bool = False) -> list[Issued]:
        """All of the agent's certificates that are not revoked yet, and with them its place in the registry;
        `older`: but for the newest of them."""
        found = [one for one in self._of(f"{site}/{agent}") if one.revoked is None]
        revoked = self._revoke(found[:-1] if older else found, f"{site}/{agent}")
        if not older:
            retire(self._settings, site, agent, round(self._clock().timestamp() * 1000))
        return revoked

    def revoke_one(self, serial: int) -> list[Issued]:
        """The certificate with this number, whosever it is."""
        found = [one for one in self.issued() if one.serial == serial and one.revoked is None]
        return self._revoke(found, f"{serial:016x}")

    def server(self, hosts: Sequence[str], out: Path) -> Delivered:
        """What a broker needs: broker.key, broker.crt, ca.crt and ca.crl."""
        with self._authority() as authority:
            made = authority.issue_server(hosts, self._clock())
            return Delivered(_write_all(out, _pair("broker", made) | _trust(authority)))

    def cloud(self, out: Path) -> Delivered:
        """What ingest needs: cloud.key, cloud.crt, cloud-password and ca.crt; and for the broker
        plumbline-cloud.passwd, by which it knows that password."""
        password = new_password()
        known = mosquitto_line(certificates.CLOUD, password).encode()
        words = {"cloud-password": (password.encode(), PRIVATE), "plumbline-cloud.passwd": (known, PRIVATE)}
        with self._authority() as authority:
            made = authority.issue_client(certificates.CLOUD, self._clock())
            trust = {"ca.crt": _trust(authority)["ca.crt"]}
            return Delivered(_write_all(out, _pair("cloud", made) | trust | words))

    def _authority(self) -> AbstractContextManager[Authority]:
        return opened(self.folder, f"Plumbline {self._settings.firm.id}", self._clock())

    def _of(self, who: str) -> list[Issued]:
        return [one for one in self.issued() if one.kind == "agent" and one.who == who]

    def _revoke(self, found: list[Issued], what: str) -> list[Issued]:
        if not found:
            raise ProvisionError(
                f"{what}: nothing to revoke; `plumbline provision list` has all certificates"
            )
        with self._authority() as authority:
            authority.revoke([one.serial for one in found], self._clock())
        return found

    def _place(self, site: str, agent: str, out: Path, broker: Address | None) -> Place:
        timezone = timezone_of(self._settings, site)
        host, port = broker or self._usual_broker()
        place = Place(site, agent, timezone, host, port)
        if (out / place.file_name).exists():
            raise ProvisionError(f"{out / place.file_name} exists and holds a key: move or delete it first")
        return place

    def _usual_broker(self) -> Address:
        brokers = [one for one in self.issued() if one.kind == "broker" and one.revoked is None]
        if not brokers:
            raise ProvisionError(
                "where is the broker? Make its certificate first (`plumbline provision server HOST`) or name "
                "it as the site reaches it: --broker HOST[:PORT]"
            )
        return brokers[-1].who.split()[0], bundle.TLS_PORT


def _deliver(
    out: Path, place: Place, credentials: Credentials, packed: bytes, *, qr: bool
) -> tuple[Path, ...]:
    files = {place.file_name: (packed, PRIVATE)}
    if qr:
        label = bundle.qr_png(bundle.label(place, credentials))
        files[place.file_name.replace(".tar.gz", ".png")] = (label, PUBLIC)
    return _write_all(out, files)


def _shut_out(site: str, agent: str) -> str:
    return (
        f"{site} took any agent until now; {agent} was heard and is not listed: provision it, too, or what "
        "it sends goes to quarantine"
    )


def _pair(name: str, made: Credentials) -> dict[str, tuple[bytes, int]]:
    return {f"{name}.key": (made.key_pem, PRIVATE), f"{name}.crt": (made.certificate_pem, PUBLIC)}


def _trust(authority: Authority) -> dict[str, tuple[bytes, int]]:
    return {
        "ca.crt": (authority.certificate_pem, PUBLIC),
        "ca.crl": (authority.revocations_pem, PUBLIC),
    }


def _write_all(out: Path, files: dict[str, tuple[bytes, int]]) -> tuple[Path, ...]:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, (content, mode) in files.items():
            write(out / name, content, mode)
    except OSError as error:
        raise ProvisionError(f"{error.filename or out}: {error.strerror or error}") from error
    return tuple(out / name for name in files)
