"""The living page shows the whole kit: every macro, in both languages."""

from __future__ import annotations

import re

import pytest
from jinja2 import nodes

from web.http.assets import Assets
from web.kit.frame import Masthead
from web.kit.language import LANGUAGES, Language
from web.kit.render import ROOT, environment, render
from web.living.view import build

AROUND = Masthead("Fenglin")

#: Macros that only other macros call.
INNER = {
    "attributes", "value", "hidden_fields", "keys_of", "cell_of", "before_of", "part_of", "label_of",
    "help_of", "error_of", "described", "common", "way_link", "field", "choices_of",
}  # fmt: skip
KIT = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "kit").glob("*.html"))


def macros(template: str) -> set[str]:
    tree = environment.parse((ROOT / template).read_text("utf-8"))
    return {macro.name for macro in tree.find_all(nodes.Macro)}


def test_every_macro_of_the_kit_is_on_the_page() -> None:
    page = (ROOT / "living" / "page.html").read_text("utf-8")
    inner_parts = (ROOT / "kit" / "table.html").read_text("utf-8")
    shown = set(re.findall(r"\w+\.(\w+)\(", page)) | set(re.findall(r"(\w+)\(", inner_parts))
    known = {name for template in KIT for name in macros(template)}
    assert known - INNER - shown == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_the_same_in_both_languages_but_for_its_words(language: Language) -> None:
    page = render(build(language, Assets(), AROUND))
    tags = re.findall(r"<(\w+)", page)
    assert tags == re.findall(r"<(\w+)", render(build("zh", Assets(), AROUND)))


def test_what_was_typed_is_on_the_page_as_text() -> None:
    page = render(build("en", Assets(), AROUND))
    assert "&lt;b&gt;“&amp;”&lt;/b&gt;" in page
    assert "twelve or more" not in page
