"""Mosquitto as firmware_configs has it for certificates, with those that `plumbline provision` makes."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import signal
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from ingest.receive import BrokerAddress
from plumbline.provision.authority import ledger, opened
from plumbline.provision.certificates import Credentials
from plumbline.provision.passwords import mosquitto_line
from tests.servers import Mosquitto, free_port

CONFIGS: Final = Path(__file__).parents[2] / "firmware_configs" / "mosquitto"
HOST: Final = "127.0.0.1"
CLOUD_PASSWORD: Final = "of the cloud"


class TwoDoors(Mosquitto):
    """A configuration of ours with its files in `folder`: a listener for agents, and one for the cloud."""

    def __init__(self, name: str, folder: Path) -> None:
        port, self.cloud_port = free_port(), free_port()
        text = (CONFIGS / name).read_text().replace("/etc/mosquitto/", f"{folder}/")
        text = text.replace("/var/lib/mosquitto/", f"{folder}/")
        for shipped, ours in (("[18]883", port), ("[18]884", self.cloud_port)):
            text, count = re.subn(rf"^listener {shipped}\b.*$", f"listener {ours} {HOST}", text, flags=re.M)
            assert count == 1, "one door for agents, one for the cloud"
        super().__init__(folder, text, port)
        for name in ("plumbline.acl", "plumbline-patterns.acl", "plumbline-cloud.acl"):
            shutil.copy(CONFIGS / name, folder)


def write_users(folder: Path, users: Mapping[str, str], others: Sequence[str]) -> None:
    """Passwords for a broker by `plumbline.conf`, and a stanza for the agent pi-1 of each of `others`."""
    own = (CONFIGS / "plumbline.acl").read_text()
    stanza = own[own.index("user fenglin-18.pi-1") :]
    stanzas = [stanza.replace("fenglin-18", site) for site in others]
    (folder / "plumbline.acl").write_text("\n".join([own, *stanzas]))
    lines = {name: mosquitto_line(name, word) for name, word in users.items()}
    (folder / "plumbline-cloud.passwd").write_text(lines["cloud"])
    (folder / "plumbline.passwd").write_text("".join(one for name, one in lines.items() if name != "cloud"))


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

    def mosquitto(self, folder: Path, hosts: Sequence[str] = (HOST,)) -> TwoDoors:
        """A broker that trusts this office, not started yet."""
        certs = folder / "certs"
        certs.mkdir(parents=True)
        for path in (*self.server(hosts), self.folder / "ca.crt", self.folder / "ca.crl"):
            shutil.copy(path, certs)
        (folder / "plumbline-cloud.passwd").write_text(mosquitto_line("cloud", CLOUD_PASSWORD))
        return TwoDoors("plumbline-tls.conf", folder)

    def cloud(self, server: TwoDoors) -> BrokerAddress:
        """How ingest reaches the broker, by its own door."""
        address = replace(self.address(server, "cloud"), port=server.cloud_port)
        return replace(address, username="cloud", password=CLOUD_PASSWORD)

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
