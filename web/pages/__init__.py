"""The pages: one module with a view model, one template of the same stem, one line here."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from web.pages.customer import CustomerPage
from web.pages.not_found import NotFoundPage

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
#: Stem of module and template -> view model. Checked against the folders by a test.
PAGES: Final[dict[str, type[CustomerPage | NotFoundPage]]] = {
    "customer": CustomerPage,
    "not_found": NotFoundPage,
}

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def prepare() -> None:
    """Compile every template now, rather than while the first visitor waits."""
    for stem in PAGES:
        _environment.get_template(f"{stem}.html")


def render(page: CustomerPage | NotFoundPage) -> str:
    """The HTML of a page. Its template sees the fields of the view model and nothing else."""
    stem = next(stem for stem, model in PAGES.items() if isinstance(page, model))
    context: dict[str, Any] = {f.name: getattr(page, f.name) for f in dataclasses.fields(page)}
    return _environment.get_template(f"{stem}.html").render(context)
