"""What is typed at the doors."""

from __future__ import annotations

from typing import Annotated, Final

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel, SecretStr

from web.access.invitations import LONGEST_NAME
from web.access.passwords import LONGEST, SHORTEST
from web.door.words import WORDS
from web.kit.form import FormOf
from web.kit.look import Looks

_Login = Annotated[str, MinLen(2), MaxLen(200), Looks("text", autocomplete="username")]
_Name = Annotated[str, MaxLen(LONGEST_NAME), Looks("text", autocomplete="name")]
_New = Annotated[SecretStr, MinLen(SHORTEST), MaxLen(LONGEST), Looks("password", autocomplete="new-password")]
LONGEST_CODE: Final = 100
_Code = Annotated[str, MaxLen(LONGEST_CODE), Looks("text", autocomplete="off")]
_Email = Annotated[str | None, MaxLen(200), Looks("email", autocomplete="email")]


class SignIn(BaseModel):
    """A login and its password."""

    login: _Login
    password: Annotated[SecretStr, MaxLen(1_000), Looks("password", autocomplete="current-password")]


class Second(BaseModel):
    """A one-time password or a recovery code."""

    code: Annotated[str, MaxLen(40), Looks("text", autocomplete="one-time-code", inputmode="text")]


class Join(BaseModel):
    """Somebody who was invited."""

    name: _Name
    login: _Login
    email: _Email = None
    password: _New


class Owner(BaseModel):
    """The first owner."""

    code: _Code
    firm: Annotated[str, MaxLen(LONGEST_NAME), Looks("text", autocomplete="organization")]
    name: _Name
    login: _Login
    password: _New


class Reset(BaseModel):
    """A code and a new password."""

    code: _Code
    password: _New


class Forgot(BaseModel):
    """Who wants a code by mail."""

    login: _Login


SIGN_IN: Final = FormOf("sign_in", SignIn, WORDS)
SECOND: Final = FormOf("second", Second, WORDS)
JOIN: Final = FormOf("join", Join, WORDS)
OWNER: Final = FormOf("owner", Owner, WORDS)
RESET: Final = FormOf("reset", Reset, WORDS)
FORGOT: Final = FormOf("forgot", Forgot, WORDS)
