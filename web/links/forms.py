"""What staff type of links."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Final

from annotated_types import MaxLen
from pydantic import BaseModel

from web.kit.form import FormOf
from web.links.words import WORDS

LONGEST_NAME: Final = 60


class NewLink(BaseModel):
    """Without `last` it ends as links do: some weeks after the handover."""

    project: str
    whom: Annotated[str, MaxLen(LONGEST_NAME)]
    last: dt.date | None = None


class NewEnd(BaseModel):
    """Another last day."""

    last: dt.date


NEW: Final = FormOf("new", NewLink, WORDS)
END: Final = FormOf("end", NewEnd, WORDS)
