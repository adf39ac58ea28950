"""Tokens: long enough that nobody guesses one, and known by their digest alone."""

from __future__ import annotations

import pytest

from store.records.tokens import make_token, token_digest

#: `printf %s pl_AAA… | b2sum -l 256`
EXPECTED = "68d0e9b9ae49aca269b6213992a3e23be5bf109830bd7e6d71cce4dfdc659dee"


def test_a_token_is_known_at_sight_and_never_comes_twice() -> None:
    tokens = {make_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(token.startswith("pl_") and len(token) == 46 for token in tokens)


def test_the_digest_is_blake2b_of_256_bits() -> None:
    token = "pl_" + "A" * 43
    assert token_digest(token).hex() == EXPECTED
    assert token_digest(make_token()) != token_digest(make_token())


@pytest.mark.parametrize(
    "text", ["", "pl_", "pl_" + "A" * 42, "pl_" + "A" * 44, "xx_" + "A" * 43, "pl_" + "é" * 43]
)
def test_what_cannot_be_a_token_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a token"):
        token_digest(text)
