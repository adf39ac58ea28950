"""What a person calls something: one line that can be read."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator

#: A title, a home, a room, a firm: whoever needs more describes it.
LONGEST: Final = 200
#: Controls, line and paragraph separators (Unicode Standard, table 4-4).
_NO_LETTERS: Final = frozenset({"Cc", "Zl", "Zp"})
#: What shows: letters, marks, numbers, punctuation and symbols, by the first letter of their category.
_SHOWN: Final = frozenset("LMNPS")


def _one_line(text: str) -> str:
    """`text` on one line, without blanks around it. Raises ValueError where it is none that can be read."""
    name = " ".join(line.strip() for line in text.strip().splitlines())
    kinds = {unicodedata.category(letter) for letter in name}
    if kinds & _NO_LETTERS:
        raise ValueError("holds a control character: leave it out")
    if not {kind[0] for kind in kinds} & _SHOWN:
        raise ValueError("is blank: write what people call it")
    if len(name) > LONGEST:
        raise ValueError(f"is too long: at most {LONGEST} characters")
    return name


Name = Annotated[str, AfterValidator(_one_line)]
