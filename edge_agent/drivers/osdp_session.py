"""Session keys of OSDP's secure channel, for reading captures (SIA OSDP 2.2, annex D).

The live channel is libosdp's. This is AES-128 in one direction (FIPS 197 §5.1), slow and small, so that a
capture can be read on a machine without any crypto library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_ROUNDS: Final = 10


def _double(byte: int) -> int:
    """Times x in GF(2^8) modulo x^8+x^4+x^3+x+1 (FIPS 197 §4.2)."""
    return ((byte << 1) ^ 0x1B) & 0xFF if byte & 0x80 else byte << 1


def _make_sbox() -> bytes:
    """FIPS 197 §5.1.1: the inverse in GF(2^8), then an affine map. 3 generates the field's units."""
    powers = [1]
    for _ in range(254):
        powers.append(powers[-1] ^ _double(powers[-1]))
    logarithm = {power: place for place, power in enumerate(powers)}
    box = bytearray(256)
    for byte in range(256):
        inverse = powers[-logarithm[byte] % 255] if byte else 0
        mixed = inverse
        for turn in range(1, 5):
            mixed ^= (inverse << turn | inverse >> (8 - turn)) & 0xFF
        box[byte] = mixed ^ 0x63
    return bytes(box)


_SBOX: Final = _make_sbox()


def aes128(key: bytes, block: bytes) -> bytes:
    """One block encrypted. Raises ValueError unless both are 16 bytes."""
    if len(key) != 16 or len(block) != 16:
        raise ValueError(f"AES-128 takes 16 bytes each, not {len(key)} and {len(block)}")
    keys = _round_keys(key)
    state = _xor(block, keys[0])
    for number in range(1, _ROUNDS + 1):
        # SubBytes and ShiftRows in one: byte i comes from column (i // 4 + i % 4), row i % 4.
        state = bytes(_SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16))
        if number < _ROUNDS:
            state = b"".join(_mix(state[i : i + 4]) for i in range(0, 16, 4))
        state = _xor(state, keys[number])
    return state


def _round_keys(key: bytes) -> list[bytes]:
    words = [key[i : i + 4] for i in range(0, 16, 4)]
    constant = 1
    for number in range(4, 4 * (_ROUNDS + 1)):
        word = words[-1]
        if number % 4 == 0:
            word = bytes(_SBOX[byte] for byte in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _double(constant)
        words.append(_xor(word, words[-4]))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


def _mix(column: bytes) -> bytes:
    every = column[0] ^ column[1] ^ column[2] ^ column[3]
    return bytes(column[i] ^ every ^ _double(column[i] ^ column[(i + 1) % 4]) for i in range(4))


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


@dataclass(frozen=True, slots=True)
class Session:
    """The keys and cryptograms of one secure channel, 16 bytes each."""

    s_mac1: bytes
    s_mac2: bytes
    s_enc: bytes
    cp_cryptogram: bytes
    pd_cryptogram: bytes
    r_mac_i: bytes


def session(scbk: bytes, cp_random: bytes, pd_random: bytes) -> Session:
    """Annex D.4. `scbk` is the base key (16 bytes), the randoms are 8 bytes each. Raises ValueError."""
    if len(cp_random) != 8 or len(pd_random) != 8:
        raise ValueError(f"the randoms are 8 bytes each, not {len(cp_random)} and {len(pd_random)}")
    s_enc, s_mac1, s_mac2 = (
        aes128(scbk, bytes([1, kind]) + cp_random[:6] + bytes(8)) for kind in (0x82, 0x01, 0x02)
    )
    cp_cryptogram = aes128(s_enc, pd_random + cp_random)
    return Session(
        s_mac1,
        s_mac2,
        s_enc,
        cp_cryptogram,
        aes128(s_enc, cp_random + pd_random),
        aes128(s_mac2, aes128(s_mac1, cp_cryptogram)),
    )
