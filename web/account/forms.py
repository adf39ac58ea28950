"""What is typed on one's own account. What opens doors is asked for the password again."""

from __future__ import annotations

from typing import Annotated, Any, Final

from annotated_types import MaxLen, MinLen
from pydantic import BaseModel, SecretStr

from web.access.passwords import LONGEST, SHORTEST
from web.account.words import WORDS
from web.kit.form import FormOf
from web.kit.look import Looks

_Now = Annotated[SecretStr, MaxLen(1_000), Looks("password", autocomplete="current-password")]
_New = Annotated[SecretStr, MinLen(SHORTEST), MaxLen(LONGEST), Looks("password", autocomplete="new-password")]
_Code = Annotated[str, MaxLen(40), Looks("text", autocomplete="one-time-code")]


class Password(BaseModel):
    """The one of now and a new one."""

    now: _Now
    new: Annotated[
        SecretStr, MinLen(SHORTEST), MaxLen(LONGEST), Looks("password", autocomplete="new-password")
    ]


class Begin(BaseModel):
    """To turn the second factor on."""

    now: _Now


class Untie(BaseModel):
    """To sign in with another provider no more."""

    now: _Now


class Confirm(BaseModel):
    """That the authenticator has the secret."""

    code: _Code


class Both(BaseModel):
    """What one knows and what one has."""

    now: _Now
    code: _Code


PASSWORD: Final = FormOf("password", Password, WORDS)
BEGIN: Final = FormOf("begin", Begin, WORDS)
CONFIRM: Final = FormOf("confirm", Confirm, WORDS)
REMOVE: Final = FormOf("remove", Both, WORDS)
RENEW: Final = FormOf("renew", Both, WORDS)
UNTIE: Final = FormOf("untie", Untie, WORDS)
#: By the last part of the address they are sent to.
BY_NAME: Final[dict[str, FormOf[Any]]] = {
    "password": PASSWORD, "begin": BEGIN, "confirm": CONFIRM, "remove": REMOVE, "renew": RENEW,
}  # fmt: skip
