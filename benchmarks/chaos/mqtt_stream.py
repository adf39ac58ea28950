"""PUBLISH packets in a byte stream (MQTT 3.1.1 §2, §3.3). No I/O."""

from __future__ import annotations

from typing import Final

_PUBLISH: Final = 3
#: A stream that is no MQTT, or one entered in the middle, must not be gathered for ever.
_LONGEST_PACKET: Final = 8 * 1024 * 1024


class PublishFinder:
    """Fed with one direction of one connection from its first byte; protocol 3.1.1 (no properties)."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """(topic, payload) of each PUBLISH that `data` completes."""
        self._buffer += data
        found = []
        while (size := _packet_size(self._buffer)) is not None and len(self._buffer) >= size[1]:
            head, whole = size
            packet = bytes(self._buffer[:whole])
            del self._buffer[:whole]
            if packet[0] >> 4 == _PUBLISH:
                found.append(_publish(packet[0], packet[head:]))
        if len(self._buffer) > _LONGEST_PACKET:
            self._buffer.clear()
        return found


def _packet_size(buffer: bytearray) -> tuple[int, int] | None:
    """Bytes of the fixed header, and of the whole packet; None while they cannot be told."""
    remaining, shift = 0, 0
    for at in range(1, min(len(buffer), 5)):
        remaining |= (buffer[at] & 0x7F) << shift
        if not buffer[at] & 0x80:
            return at + 1, at + 1 + remaining
        shift += 7
    return None


def _publish(first: int, body: bytes) -> tuple[str, bytes]:
    length = int.from_bytes(body[:2], "big")
    at = 2 + length + (2 if first & 0x06 else 0)
    return body[2 : 2 + length].decode("utf-8", "replace"), body[at:]
