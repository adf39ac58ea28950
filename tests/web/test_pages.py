"""One page is one module, one template of its stem, one line in the table."""

from __future__ import annotations

import dataclasses

from jinja2 import Environment, FileSystemLoader, meta, nodes

from web.pages import PAGES, TEMPLATES

NOT_PAGES = {"__init__", "frame"}


def test_the_table_is_the_folder() -> None:
    modules = {path.stem for path in (TEMPLATES.parent / "pages").glob("*.py")} - NOT_PAGES
    templates = {path.stem for path in TEMPLATES.glob("*.html")} - NOT_PAGES
    assert modules == templates == set(PAGES)


def test_a_templates_context_is_its_view_model() -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    for stem, model in PAGES.items():
        used: set[str] = set()
        for name in (f"{stem}.html", "frame.html"):
            source = (TEMPLATES / name).read_text("utf-8")
            tree = environment.parse(source)
            macros = {macro.name for macro in tree.find_all(nodes.Macro)}
            used |= meta.find_undeclared_variables(tree) - macros
        assert used == {field.name for field in dataclasses.fields(model)}, stem


def test_nothing_is_passed_around_the_escaping() -> None:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    for path in TEMPLATES.glob("*.html"):
        tree = environment.parse(path.read_text("utf-8"))
        assert [f.name for f in tree.find_all(nodes.Filter) if f.name == "safe"] == [], path.name
