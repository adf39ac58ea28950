"""Bytes on the wire: JSON, zstd-compressed above 1 KiB, told apart by zstd's magic number."""

from __future__ import annotations

import hashlib
from typing import Final

import zstandard

from wire.errors import WireError

#: DESIGN.md §5 says 8 KiB; measured, a site's one-second batch (2–6 KB of JSON) shrinks five to seven times
#: for 15–20 µs: docs/decisions/0006-compress-early.md.
COMPRESS_ABOVE_BYTES: Final = 1024
#: The most a payload may unpack to: a small message must not be able to fill the memory of the cloud.
LARGEST_UNPACKED_BYTES: Final = 4 * 1024 * 1024
#: RFC 8878 §3.1.1: 0xFD2FB528, little endian. No JSON text begins so.
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
#: Level 3 is zstd's own default: on telemetry, higher levels cost a Pi more than they save.
_LEVEL: Final = 3


def pack(text: bytes, above_bytes: int = COMPRESS_ABOVE_BYTES) -> bytes:
    """`text` as it goes on the wire: as it is up to `above_bytes`, else as one zstd frame with checksum."""
    if len(text) <= above_bytes:
        return text
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(text)


def unpack(payload: bytes, largest_bytes: int = LARGEST_UNPACKED_BYTES) -> bytes:
    """The JSON text in `payload`. Raises WireError where it is broken or larger than `largest_bytes`."""
    if not payload.startswith(_ZSTD_MAGIC):
        if len(payload) > largest_bytes:
            raise _too_large(f"{len(payload)} bytes", largest_bytes)
        return payload
    try:
        size = zstandard.frame_content_size(payload)
        if size < 0:
            raise WireError("unreadable", "payload", "zstd frame that does not say how large it unpacks")
        if size > largest_bytes:
            raise _too_large(f"unpacks to {size} bytes", largest_bytes)
        return zstandard.ZstdDecompressor().decompress(payload, max_output_size=largest_bytes)
    except zstandard.ZstdError as error:
        raise WireError("unreadable", "payload", f"broken zstd frame: {error}") from error


def unpacked_size(payload: bytes) -> int:
    """How many bytes a payload says it unpacks to; its own length where it is not packed or does not say."""
    if not payload.startswith(_ZSTD_MAGIC):
        return len(payload)
    try:
        return max(zstandard.frame_content_size(payload), len(payload))
    except zstandard.ZstdError:
        return len(payload)


def _too_large(what: str, largest_bytes: int) -> WireError:
    return WireError("too_large", "payload", f"too large: {what}, at most {largest_bytes}")


def digest(payload: bytes) -> str:
    """16 hex digits that name a payload whose content cannot be read (BLAKE2b)."""
    return hashlib.blake2b(payload, digest_size=8).hexdigest()
