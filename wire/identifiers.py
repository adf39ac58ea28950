"""Names on the wire: sites, agents, devices, streams."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from wire.printable import printable

#: Sites and agents. No dots: a NATS broker maps `/` to `.`, so a dot would split a level (DESIGN.md §5).
ID_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,31}$"
#: Devices may be named more freely, as people name things in a room; never `/`, blanks or control marks.
DEVICE_PATTERN: Final = r"^[\w][\w.-]{0,63}$"
#: A ULID: 48 bits of time, 80 bits of chance, Crockford base 32 (github.com/ulid/spec).
STREAM_PATTERN: Final = r"^[0-7][0-9A-HJKMNP-TV-Z]{25}$"
#: A keyed pseudonym of a badge number (HMAC-SHA-256, first 16 bytes, hex).
BADGE_PATTERN: Final = r"^b:[0-9a-f]{32}$"

#: What somebody works as, in a word: a role, never who it is. No digits, so that the number of a card or of a
#: phone cannot stand here.
TRADE_PATTERN: Final = "^[A-Za-z\u4e00-\u9fff][A-Za-z\u4e00-\u9fff _-]{0,31}$"


def device_name(text: str) -> str:
    """The one spelling of a device's name (NFC). Raises ValueError for a mark in it that nobody sees."""
    if text.isascii():
        return text
    if (shown := printable(text)) != text:
        raise ValueError(f"has a mark that nobody sees ({shown}): leave it out")
    return unicodedata.normalize("NFC", text)


SiteId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
AgentId = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
DeviceId = Annotated[str, StringConstraints(pattern=DEVICE_PATTERN), AfterValidator(device_name)]
StreamId = Annotated[str, StringConstraints(pattern=STREAM_PATTERN)]
Trade = Annotated[str, StringConstraints(pattern=TRADE_PATTERN)]
BadgePseudonym = Annotated[str, StringConstraints(pattern=BADGE_PATTERN)]

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID = re.compile(ID_PATTERN)


def is_id(text: str) -> bool:
    """Whether `text` may name a site or an agent."""
    return _ID.match(text) is not None and not text.endswith("\n")


def make_stream_id(now_ms: int, chance: bytes) -> str:
    """A ULID from UTC milliseconds and 10 random bytes.

    Raises ValueError when either does not fit its bits.
    """
    if not 0 <= now_ms < 1 << 48:
        raise ValueError(f"now_ms {now_ms} does not fit 48 bits")
    if len(chance) != 10:
        raise ValueError(f"chance must be 10 bytes, not {len(chance)}")
    number = now_ms << 80 | int.from_bytes(chance, "big")
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))
