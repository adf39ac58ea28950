"""A page is a view (a dataclass), and the template beside its module, which sees the view's fields only."""

from __future__ import annotations

import dataclasses
import importlib
from pathlib import Path

import pytest
from jinja2 import meta, nodes

from web.kit.render import ROOT, environment, template_of

TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*.html"))
FRAME = "kit/frame.html"
#: What stands around nothing: macros, and parts that are put into a page that is open.
PARTS = ["customer/fragment.html", "customer/parts.html"]
PAGES = [name for name in TEMPLATES if not name.startswith("kit/") and name not in PARTS]


def view_of(template: str) -> type:
    """The dataclass of the template's module that has a frame."""
    stem = Path(template).stem
    module = Path(template).with_name("view" if stem == "page" else stem).with_suffix("")
    members = vars(importlib.import_module("web." + ".".join(module.parts))).values()
    views = [m for m in members if dataclasses.is_dataclass(m) and "frame" in names_of(m)]  # type: ignore[arg-type]
    views = [m for m in views if template_of(m) == template]  # type: ignore[arg-type]
    assert len(views) == 1, f"{template} is to show one dataclass with a frame"
    return views[0]  # type: ignore[return-value]


def names_of(view: type) -> set[str]:
    return {field.name for field in dataclasses.fields(view)}


def used_by(template: str) -> set[str]:
    """What it takes from its context: not its macros, nor what it sets and imports."""
    tree = environment.parse((ROOT / template).read_text("utf-8"))
    own = {macro.name for macro in tree.find_all(nodes.Macro)}
    own |= {imported.target for imported in tree.find_all(nodes.Import)}
    for imported in tree.find_all(nodes.FromImport):
        own |= {name[1] if isinstance(name, tuple) else name for name in imported.names}
    for node in tree.find_all(nodes.Assign):
        own |= {name.name for name in node.find_all(nodes.Name) if name.ctx == "store"}
    return meta.find_undeclared_variables(tree) - own


@pytest.mark.parametrize("template", PAGES)
def test_a_templates_context_is_its_view(template: str) -> None:
    assert used_by(template) | used_by(FRAME) == names_of(view_of(template))


@pytest.mark.parametrize(
    "template",
    [name for name in TEMPLATES if name.startswith("kit/") and name != FRAME] + ["customer/parts.html"],
)
def test_a_macro_sees_nothing_but_what_it_is_given(template: str) -> None:
    assert used_by(template) == set()


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_passed_around_the_escaping(template: str) -> None:
    tree = environment.parse((ROOT / template).read_text("utf-8"))
    assert [f.name for f in tree.find_all(nodes.Filter) if f.name == "safe"] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_is_inline_that_the_content_policy_would_refuse(template: str) -> None:
    text = (ROOT / template).read_text("utf-8")
    assert " style=" not in text
    assert "<style" not in text.replace("<style>{{ frame.sheet.text }}</style>", ""), "the policy names one"
    assert "<script>" not in text
