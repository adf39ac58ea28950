"""What the agent shows the broker, watched while a connection lasts: renewed, ending, or another agent's."""

from __future__ import annotations

import logging
from typing import Final

from edge_agent.broker import Broker, Stamp
from edge_agent.certificate import Certificate, read_certificate
from edge_agent.clock import Clock

_log = logging.getLogger(__name__)

DAY_MS: Final = 86_400_000
#: A certificate that ends within this is warned of, once a day.
WARN_BEFORE_MS: Final = 30 * DAY_MS


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
        broker = self._broker
        for path in (broker.key_file, broker.password_file):
            if path is not None and path.is_file() and path.stat().st_mode & 0o077:
                _log.warning("%s can be read by others: chmod 600", path)
        certificate = self._certificate()
        self.expires_ms = certificate.expires_ms if certificate else None
        if certificate and certificate.common_name != self._who:
            # A broker that takes the name from the certificate acknowledges what it drops.
            _log.warning(
                "%s is of %r and this agent is %r: the broker will pass on nothing; "
                "`plumbline provision agent` makes the right one",
                broker.cert_file,
                certificate.common_name,
                self._who,
            )

    def _warn(self) -> None:
        if self.expires_ms is None:
            return
        now = self._clock()
        left_ms = self.expires_ms - now
        if left_ms > WARN_BEFORE_MS or (self._warned_ms is not None and now - self._warned_ms < DAY_MS):
            return
        self._warned_ms = now
        _log.warning(
            "%s ends in %d days; `plumbline provision rotate` makes a new one",
            self._broker.cert_file,
            left_ms // DAY_MS,
        )

    def _certificate(self) -> Certificate | None:
        if self._broker.cert_file is None:
            return None
        try:
            return read_certificate(self._broker.cert_file)
        except (OSError, ValueError) as error:
            _log.warning("%s", error)
            return None
