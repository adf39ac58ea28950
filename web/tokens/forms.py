"""What is typed about a token."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel

from web.kit.form import FormOf
from web.kit.look import Looks
from web.tokens.words import WORDS

LONGEST_NAME: Final = 100
#: A quarter unless somebody says otherwise.
USUAL_DAYS: Final = "90"


class Make(BaseModel):
    """One for a program. It ends."""

    name: Annotated[str, MaxLen(LONGEST_NAME), Looks("text", autocomplete="off")]
    scopes: Annotated[list[str], MinLen(1), Looks("checkboxes")]
    days: Annotated[Literal["30", "90", "366"], Looks("radio")]


MAKE: Final = FormOf("make", Make, WORDS)
