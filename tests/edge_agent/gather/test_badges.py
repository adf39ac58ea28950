"""Badge numbers leave the site only as keyed pseudonyms."""

from __future__ import annotations

import hashlib
import hmac
import re
import stat
from pathlib import Path

import pytest

from edge_agent.gather.badges import PepperError, load_pepper, pseudonym
from wire.identifiers import BADGE_PATTERN


def test_a_pseudonym_is_the_wires_and_depends_on_card_and_pepper() -> None:
    one = pseudonym(b"p" * 32, "0012345678")
    assert re.match(BADGE_PATTERN, one)
    assert one == "b:" + hmac.digest(b"p" * 32, b"0012345678", hashlib.sha256)[:16].hex()
    assert one != pseudonym(b"p" * 32, "0012345679")
    assert one != pseudonym(b"q" * 32, "0012345678")


def test_a_missing_pepper_is_made_once_and_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secret" / "badge-pepper"
    pepper = load_pepper(path)
    assert len(pepper) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_pepper(path) == pepper


def test_a_pepper_too_short_to_protect_anything_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "badge-pepper"
    path.write_bytes(b"short")
    with pytest.raises(PepperError, match="5 bytes, needs 32"):
        load_pepper(path)


def test_a_pepper_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PepperError, match="file"):
        load_pepper(tmp_path / "file" / "badge-pepper")


def test_a_pepper_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    pepper = load_pepper(tmp_path / "pepper")
    (tmp_path / "pepper").chmod(0o644)
    assert load_pepper(tmp_path / "pepper") == pepper
    assert (tmp_path / "pepper").stat().st_mode & 0o777 == 0o600
