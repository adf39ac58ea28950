"""A device has one spelling, and nothing in it hides."""

from __future__ import annotations

import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from wire.identifiers import DeviceId

DEVICE: TypeAdapter[str] = TypeAdapter(DeviceId)


@pytest.mark.parametrize("name", ["meter-main", "zähler-küche", "湿度-主卫", "é.1"])
def test_both_spellings_of_a_name_are_one(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert DEVICE.validate_python(unicodedata.normalize(form, name)) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "mark", ["\u200d", "\u200c", "\u200b", "\u3164", "\ufe0f", "\u034f", "\u202e", "\U000e0100"]
)
def test_what_nobody_sees_is_refused(mark: str) -> None:
    for name in (f"meter{mark}", f"{mark}meter", f"me{mark}ter"):
        with pytest.raises(ValidationError):
            DEVICE.validate_python(name)
