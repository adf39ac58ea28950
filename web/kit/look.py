"""How a field of a form looks, where its type does not say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FieldKind = Literal[
    "text", "textarea", "password", "email", "tel", "url", "number", "date", "time", "datetime-local",
    "select", "radio", "checkbox", "checkboxes", "switch", "file", "hidden",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looks:
    """Beside a type: `Annotated[str, Looks("email", autocomplete="username")]`. `kind` None: by the type."""

    kind: FieldKind | None = None
    autocomplete: str = ""
    inputmode: str = ""
