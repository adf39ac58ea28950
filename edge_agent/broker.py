"""How a broker is reached: the cloud's, and one on site that devices publish to."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: A client id that every broker takes has 1 to 23 letters and digits (MQTT 3.1.1, MQTT-3.1.3-5): so 88 bits.
_ID_BYTES: Final = 11
#: Of each file what tells it from another one in its place.
Stamp = tuple[tuple[int, int, int] | None, ...]


def client_id() -> str:
    """A new MQTT client id. Who knows another's can take its connection over, so none can be guessed; a
    broker that puts the user name in its place (firmware_configs/mosquitto) binds it besides."""
    return f"p{secrets.token_hex(_ID_BYTES)}"


@dataclass(frozen=True, slots=True)
class Broker:
    """How to reach the broker. Files are read at each connection, so a new password needs no restart."""

    host: str
    port: int
    username: str | None = None
    password_file: Path | None = None
    tls: bool = False
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def password(self) -> str | None:
        """What stands in the password file. Raises OSError."""
        return self.password_file.read_text(encoding="utf-8").strip() if self.password_file else None

    def tls_context(self) -> ssl.SSLContext | None:
        """None without TLS. Raises OSError for what cannot be read, and for a key of another certificate."""
        if not self.tls:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.cert_file is not None:
            context.load_cert_chain(self.cert_file, self.key_file)
        return context

    def stamp(self) -> Stamp:
        """Another one once a file that a connection is made with was replaced."""
        files = (self.password_file, self.ca_file, self.cert_file, self.key_file)
        return tuple(_stamp(path) for path in files if path is not None)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
