"""What is typed about people."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel, StringConstraints

from web.access.invitations import LONGEST_NAME
from web.kit.form import FormOf
from web.kit.look import Looks
from web.people.words import WORDS

#: One address and nothing a header could be made of; the server of mail judges the rest.
_Email = Annotated[
    str, StringConstraints(pattern=r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$", max_length=200), Looks("email")
]
_Roles = Annotated[list[str], MinLen(1), Looks("checkboxes")]
_Sites = Annotated[list[str], Looks("checkboxes")]


class Invite(BaseModel):
    """Somebody who is to become a member. `everywhere`: on every site, also those to come."""

    name: Annotated[str, MaxLen(LONGEST_NAME), Looks("text", autocomplete="off")]
    email: _Email | None = None
    roles: _Roles
    everywhere: bool = False
    sites: _Sites = []
    language: Annotated[Literal["zh", "en"], Looks("radio")]


class Assign(BaseModel):
    """What somebody does here and where."""

    roles: _Roles
    everywhere: bool = False
    sites: _Sites = []


class End(BaseModel):
    """That somebody really goes."""

    sure: Annotated[bool, Looks("checkbox")] = False


INVITE: Final = FormOf("invite", Invite, WORDS)
ASSIGN: Final = FormOf("assign", Assign, WORDS)
END: Final = FormOf("end", End, WORDS)
