"""Mosquitto as firmware_configs has it for certificates, with those that `plumbline provision` makes."""

from __future__ import annotations

import datetime as dt
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ingest.receive import BrokerAddress
from plumbline.provision.authority import ledger, opened
from plumbline.provision.certificates import Credentials
from tests.servers import Mosquitto

CONFIGS: Final = Path(__file__).parents[2] / "firmware_configs" / "mosquitto"
HOST: Final = "127.0.0.1"


def configured(name: str, folder: Path) -> str:
    """A configuration of ours with its files in `folder`; the listener is the test server's."""
    text = (CONFIGS / name).read_text().replace("/etc/mosquitto/", f"{folder}/")
    text = text.replace("/var/lib/mosquitto/", f"{folder}/")
    return "\n".join(line for line in text.splitlines() if not line.startswith("listener "))


class Office:
    """The authority in `folder` and what it has handed out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handed_out = folder.with_name(folder.name + "-handed-out")
        self.handed_out.mkdir(parents=True, exist_ok=True)

    def server(self, hosts: Sequence[str] = (HOST,)) -> tuple[Path, Path]:
        """(certificate, key) of the broker."""
        now = dt.datetime.now(dt.UTC)
        with opened(self.folder, "test authority", now) as authority:
            return self._written("broker", authority.issue_server(hosts, now))

    def client(self, common_name: str) -> tuple[Path, Path]:
        """(certificate, key) of somebody who connects."""
        now = dt.datetime.now(dt.UTC)
        with opened(self.folder, "test authority", now) as authority:
            return self._written(common_name.replace("/", "."), authority.issue_client(common_name, now))

    def revoke(self, who: str) -> None:
        now = dt.datetime.now(dt.UTC)
        serials = [one.serial for one in ledger(self.folder) if one.who == who]
        with opened(self.folder, "test authority", now) as authority:
            authority.revoke(serials, now)

    def mosquitto(self, folder: Path, hosts: Sequence[str] = (HOST,)) -> Mosquitto:
        """A broker that trusts this office, not started yet."""
        certs = folder / "certs"
        certs.mkdir(parents=True)
        for path in (*self.server(hosts), self.folder / "ca.crt", self.folder / "ca.crl"):
            shutil.copy(path, certs)
        shutil.copy(CONFIGS / "plumbline-patterns.acl", folder)
        return Mosquitto(folder, configured("plumbline-tls.conf", folder))

    def address(self, server: Mosquitto, common_name: str, trust: Path | None = None) -> BrokerAddress:
        """How somebody with a certificate of ours reaches the broker."""
        certificate, key = self.client(common_name)
        return self.with_certificate(server, certificate, key, trust)

    def with_certificate(
        self, server: Mosquitto, certificate: Path, key: Path, trust: Path | None = None
    ) -> BrokerAddress:
        return BrokerAddress(
            HOST,
            server.port,
            ca_file=trust or self.folder / "ca.crt",
            certificate_file=certificate,
            key_file=key,
            protocol=5,
        )

    def _written(self, name: str, made: Credentials) -> tuple[Path, Path]:
        certificate, key = self.handed_out / f"{name}.crt", self.handed_out / f"{name}.key"
        certificate.write_bytes(made.certificate_pem)
        key.write_bytes(made.key_pem)
        return certificate, key


def reload_list(server: Mosquitto, authority: Path) -> None:
    """What the operator does after a revocation: copy the list, `systemctl reload`."""
    shutil.copy(authority / "ca.crl", server.folder / "certs")
    assert server.process is not None
    server.process.send_signal(signal.SIGHUP)
