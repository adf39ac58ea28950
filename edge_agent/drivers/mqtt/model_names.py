"""Models by the names they are sold under: `EM300-TH`, `em300 th` and `EM300TH (868)` are one."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PIECES = re.compile(r"[a-z]+|[0-9]+")


def named(text: str, models: Iterable[str]) -> str | None:
    """The one of `models` that `text` names, the longest first; None where it names none.

    Case, blanks and dashes do not count; a further letter or digit makes it another model.
    """
    low = text.lower()
    for model in sorted(models, key=len, reverse=True):
        pattern = r"[\W_]*".join(_PIECES.findall(model.lower()))
        if re.search(rf"(?<![a-z0-9]){pattern}(?![a-z0-9])", low):
            return model
    return None
