"""The number of a card, as every reader says it."""

from __future__ import annotations


def card_of_uid(uid: bytes) -> str:
    """A card's number from its UID, the same whichever reader has read it.

    Four bytes are ten digits, as RDM6300 and 34-bit Wiegand readers say them; longer ones are hex.
    """
    return f"{int.from_bytes(uid, 'big'):010d}" if len(uid) == 4 else uid.hex().upper()
