"""What a certificate says of itself: whose it is and how long. Read without a library that a Pi would need.

DER is tag, length, content (ITU-T X.690, 8.1); a certificate's parts are those of RFC 5280, 4.1.
"""

from __future__ import annotations

import binascii
import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_COMMON_NAME: Final = bytes((0x55, 0x04, 0x03))
_VERSION, _UTC_TIME = 0xA0, 0x17


@dataclass(frozen=True, slots=True)
class Certificate:
    """`common_name` is empty where it has none. `expires_ms`: UTC, at least 0."""

    common_name: str
    expires_ms: int


def read_certificate(path: Path) -> Certificate:
    """The first one in a PEM file. Raises OSError, and ValueError where it holds none."""
    found = _PEM.search(path.read_bytes())
    if found is None:
        raise ValueError(f"{path}: no certificate in PEM")
    try:
        return _parsed(binascii.a2b_base64(found[1]))
    except (ValueError, IndexError) as error:
        raise ValueError(f"{path}: not a certificate") from error


def _parsed(der: bytes) -> Certificate:
    ((_, certificate),) = _parts(der)
    fields = _parts(_parts(certificate)[0][1])
    if fields[0][0] == _VERSION:
        del fields[0]
    _serial, _algorithm, _issuer, (_, validity), (_, subject) = fields[:5]
    return Certificate(_common_name(subject), _moment_ms(*_parts(validity)[1]))


def _common_name(subject: bytes) -> str:
    for _, names in _parts(subject):
        for _, pair in _parts(names):
            (_, kind), (_, value) = _parts(pair)
            if kind == _COMMON_NAME:
                return value.decode()
    return ""


def _moment_ms(tag: int, content: bytes) -> int:
    """UTCTime has two digits of the year, 50 to 99 being of the last century (RFC 5280, 4.1.2.5.1)."""
    text = content.decode("ascii")
    if tag == _UTC_TIME:
        text = ("19" if text >= "50" else "20") + text
    moment = dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    return max(round(moment.timestamp() * 1000), 0)


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """(tag, content) of each element in a row. Raises ValueError, IndexError where they are cut."""
    found = []
    while content:
        tag, length, at = content[0], content[1], 2
        if length & 0x80:
            at += length & 0x7F
            length = int.from_bytes(content[2:at], "big")
        if at + length > len(content):
            raise ValueError("cut")
        found.append((tag, content[at : at + length]))
        content = content[at + length :]
    return found
