"""What is typed about a token."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel

from web.kit.form import FormOf
from web.kit.look import Looks
from web.tokens.words import WORDS

LONGEST_NAME: Final = 100


class Make(BaseModel):
    """One for a program. It ends; a quarter unless somebody says otherwise."""

    name: Annotated[str, MaxLen(LONGEST_NAME), Looks("text", autocomplete="off")]
    scopes: Annotated[list[str], MinLen(1), Looks("checkboxes")]
    days: Annotated[Literal["30", "90", "366"], Looks("radio")] = "90"


MAKE: Final = FormOf("make", Make, WORDS)
