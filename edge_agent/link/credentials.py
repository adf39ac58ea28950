"""What the agent shows the broker, watched while a connection lasts: renewed, ending, or another agent's."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Final

from edge_agent.broker import Broker, Stamp
from edge_agent.clock.clock import Clock
from edge_agent.language import said
from edge_agent.link.certificate import read_certificate
from wire.durations import DAY_MS

_log = logging.getLogger(__name__)

#: A certificate that ends within this is warned of, once a day.
WARN_BEFORE_MS: Final = 30 * DAY_MS


def shortcomings(broker: Broker, who: str, now_ms: int) -> list[str]:
    """What is wrong with the files that are there, one line each; `who` is `{site}/{agent}`, which the
    certificate should name. Nothing of what is in them is repeated."""
    secret = (path for path in (broker.key_file, broker.password_file) if path and path.is_file())
    found = [said("readable_by_others", path=path) for path in secret if path.stat().st_mode & 0o077]
    if (broker.cert_file is None) != (broker.key_file is None):
        return [*found, said("certificate_without_key")]
    if broker.cert_file is None or not broker.cert_file.is_file():
        return found
    try:
        certificate = read_certificate(broker.cert_file)
        broker.tls_context()
    except (OSError, ValueError) as error:
        return [*found, said("certificate_unusable", path=broker.cert_file, why=error)]
    if certificate.common_name != who:
        # A broker that takes the name from the certificate acknowledges what it drops.
        named = certificate.common_name
        found.append(said("certificate_of_another", path=broker.cert_file, named=named, who=who))
    return found + _ending(broker, certificate.expires_ms - now_ms)


def _ending(broker: Broker, left_ms: int) -> list[str]:
    if left_ms > WARN_BEFORE_MS:
        return []
    if left_ms <= 0:
        return [said("certificate_ended", path=broker.cert_file)]
    return [said("certificate_ends", path=broker.cert_file, days=left_ms // DAY_MS)]


class Credentials:
    """Files of one broker. `who` is `{site}/{agent}`, which the certificate should name."""

    def __init__(self, broker: Broker, who: str, clock: Clock) -> None:
        self._broker = broker
        self._who = who
        self._clock = clock
        self._used: Stamp | None = None
        self._refused: Stamp | None = None
        self._warned_ms: int | None = None
        #: When the certificate that is shown ends, UTC ms; None without one.
        self.expires_ms: int | None = None

    def taken(self) -> None:
        """A connection is about to be made with the files as they are."""
        now = self._broker.stamp()
        if now != self._used:
            self._used = now
            self._judge()
        self._warn()

    def renewed(self) -> bool:
        """Whether there are other files by now, with which a connection can be made."""
        self._warn()
        now = self._broker.stamp()
        if now in (self._used, self._refused):
            return False
        try:
            self._broker.password()
            self._broker.tls_context()
        except OSError as error:
            self._refused = now
            _log.warning("a new certificate or password is not used: %s", error)
            return False
        return True

    def _judge(self) -> None:
        self._warned_ms = self._clock()
        for line in shortcomings(self._broker, self._who, self._warned_ms):
            _log.warning("%s", line)
        self.expires_ms = None
        if self._broker.cert_file is not None:
            with suppress(OSError, ValueError):
                self.expires_ms = read_certificate(self._broker.cert_file).expires_ms

    def _warn(self) -> None:
        """Once a day, also where the connection lasts for months."""
        now = self._clock()
        if self.expires_ms is None or (self._warned_ms is not None and now - self._warned_ms < DAY_MS):
            return
        self._warned_ms = now
        for line in _ending(self._broker, self.expires_ms - now):
            _log.warning("%s", line)
