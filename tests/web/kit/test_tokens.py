"""The colours can be read: contrast as WCAG 2.2 asks for (1.4.3: text 4.5; 1.4.11: what is pressed 3)."""

from __future__ import annotations

import re

import pytest

from web.http.assets import FOLDER, KIT_STYLES

TOKENS = (FOLDER / "kit" / "css" / "tokens.css").read_text("utf-8")
LIGHT, DARK = TOKENS.split("prefers-color-scheme: dark", 1)


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css))


SCHEMES = {"light": colours(LIGHT), "dark": colours(LIGHT) | colours(DARK)}
every_scheme = pytest.mark.parametrize("scheme", SCHEMES)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@every_scheme
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("text", ["ink", "grey", "alarm", "pine"])
def test_text_can_be_read(scheme: str, ground: str, text: str) -> None:
    assert contrast(SCHEMES[scheme][text], SCHEMES[scheme][ground]) >= 4.5


@every_scheme
@pytest.mark.parametrize(("text", "ground"), [("on-ink", "ink"), ("on-vermilion", "vermilion")])
def test_what_stands_on_a_button_can_be_read(scheme: str, text: str, ground: str) -> None:
    assert contrast(SCHEMES[scheme][text], SCHEMES[scheme][ground]) >= 4.5


@every_scheme
@pytest.mark.parametrize("shape", ["line", "pine", "vermilion"])
def test_lines_to_write_on_and_what_carries_meaning_can_be_seen(scheme: str, shape: str) -> None:
    assert contrast(SCHEMES[scheme][shape], SCHEMES[scheme]["paper"]) >= 3


@every_scheme
def test_amber_is_for_shapes_and_never_for_text(scheme: str) -> None:
    css = "".join((FOLDER / "kit" / "css" / f"{name}.css").read_text("utf-8") for name in KIT_STYLES)
    assert re.findall(r"[{;\s]color: var\(--amber\)", css) == []
    assert contrast(SCHEMES[scheme]["amber"], SCHEMES[scheme]["paper"]) >= 2.5


def test_every_colour_has_a_dark_one() -> None:
    assert set(colours(DARK)) == set(colours(LIGHT))


def test_no_style_names_a_colour_of_its_own() -> None:
    """The line of the bob alone is always the same red."""
    for name in KIT_STYLES[1:]:
        css = (FOLDER / "kit" / "css" / f"{name}.css").read_text("utf-8").split("@media print")[0]
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", css)) <= {"#c8452d"}, name


def test_every_name_that_is_used_is_a_token() -> None:
    known = set(re.findall(r"--([a-z-]+):", TOKENS))
    used = {
        name
        for path in FOLDER.rglob("*.css")
        for name in re.findall(r"var\(--([a-z-]+)\)", path.read_text("utf-8"))
    }
    assert used - known == set()


def test_the_kits_styles_are_the_folder() -> None:
    assert {path.stem for path in (FOLDER / "kit" / "css").glob("*.css")} == set(KIT_STYLES)
