"""What is carried to a Pi: one archive with its key, certificate and site file. Values in, bytes out."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import segno

from plumbline.provision import certificates
from plumbline.provision.certificates import Credentials
from plumbline.provision.files import PRIVATE, PUBLIC

#: MQTT over TLS (IANA: secure-mqtt).
TLS_PORT: Final = 8883
_SECRET: Final = frozenset({"agent.key"})


@dataclass(frozen=True, slots=True)
class Place:
    """Whose bundle it is and the broker as the Pi reaches it. `timezone`: IANA."""

    site: str
    agent: str
    timezone: str
    host: str
    port: int = TLS_PORT

    @property
    def who(self) -> str:
        """Its name at the broker, and in its certificate."""
        return f"{self.site}/{self.agent}"

    @property
    def file_name(self) -> str:
        return f"plumbline-{self.site}-{self.agent}.tar.gz"


def first(place: Place, credentials: Credentials, authority_pem: bytes) -> bytes:
    """For a new Pi: everything but the badge pepper, which the Pi makes itself."""
    skeleton = _text("site.yaml.txt").format(
        site=place.site, agent=place.agent, timezone=place.timezone, host=place.host, port=place.port
    )
    return _archive(
        {"site.yaml": skeleton.encode()} | _renewal(place, credentials, authority_pem), credentials
    )


def renewal(place: Place, credentials: Credentials, authority_pem: bytes) -> bytes:
    """For a Pi that is at work: a new key and certificate, its site file untouched."""
    return _archive(_renewal(place, credentials, authority_pem), credentials)


def label(place: Place, credentials: Credentials) -> str:
    """What the QR code on the Pi's case says to any telephone: which certificate is in it. No secret."""
    certificate = credentials.certificate
    return "\n".join(
        (
            f"PLUMBLINE {place.site}/{place.agent}",
            f"broker {place.host}:{place.port}",
            f"serial {certificate.serial_number:016x}",
            f"until {_day(certificate.not_valid_after_utc)}",
            f"sha256 {certificates.fingerprint(certificate)}",
        )
    )


def qr_png(text: str) -> bytes:
    """A QR code with error correction M (15 %): a label on a building site gets dirty."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8)
    return out.getvalue()


def _renewal(place: Place, credentials: Credentials, authority_pem: bytes) -> dict[str, bytes]:
    """The key before the certificate: an agent that looks between the two finds that they do not match, and
    keeps its connection."""
    readme = _text("readme.txt").format(
        site=place.site,
        agent=place.agent,
        bundle=place.file_name,
        until=_day(credentials.certificate.not_valid_after_utc),
        serial=f"{credentials.certificate.serial_number:016x}",
    )
    return {
        "ca.crt": authority_pem,
        "agent.key": credentials.key_pem,
        "agent.crt": credentials.certificate_pem,
        "README.txt": readme.encode(),
    }


def _archive(members: Mapping[str, bytes], credentials: Credentials) -> bytes:
    """Files without a folder, owned by whoever unpacks, dated as the certificate."""
    moment = round(credentials.certificate.not_valid_before_utc.timestamp())
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=moment) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), moment
            info.mode = PRIVATE if name in _SECRET else PUBLIC
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def _text(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _day(moment: dt.datetime) -> str:
    return moment.date().isoformat()
