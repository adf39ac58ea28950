"""A page from its view: the template beside the dataclass's module sees its fields and nothing else.

The template of `web/firm/view.py` is `web/firm/page.html`; that of any other module has the module's stem. A
room with several pages gives each its own module (`web/door/sign_in.py`, `web/door/sign_in.html`).
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

#: Templates are named from here: `{% extends "kit/frame.html" %}`.
ROOT: Final = Path(__file__).parent.parent

#: Marks that turn the order of reading (Unicode Standard Annex #9 §2): what stands beside a name that has one
#: would be turned with it.
_TURNING: Final = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


def in_order(value: object) -> object:
    """A text that is shown, without marks that turn it; Markup is of such texts already."""
    return value.translate(_TURNING) if type(value) is str and not value.isascii() else value


environment: Final = Environment(
    loader=FileSystemLoader(ROOT),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=in_order,
)


def template_of(view: type) -> str:
    """The name of the template that shows `view`, from ROOT."""
    *folders, stem = view.__module__.split(".")[1:]
    return "/".join((*folders, "page.html" if stem == "view" else f"{stem}.html"))


def prepare() -> None:
    """Compile every template now, rather than while the first visitor waits."""
    for path in sorted(ROOT.rglob("*.html")):
        environment.get_template(path.relative_to(ROOT).as_posix())


def render(view: DataclassInstance) -> str:
    """The HTML of a page."""
    context = {field.name: getattr(view, field.name) for field in dataclasses.fields(view)}
    return environment.get_template(template_of(type(view))).render(context)
