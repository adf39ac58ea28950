"""The tables of who may enter: accounts, sessions, one-time passes, the log of access."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from store.records.schema import METADATA

#: METADATA from here has all tables of the records, from `schema` only those of that module.
__all__ = [
    "ACCESS_LOG",
    "ACCESS_LOG_HEAD",
    "ACCOUNT",
    "EXTERNAL_IDENTITY",
    "FORM_DONE",
    "LINK_OPENING",
    "MEMBER_SESSION",
    "MEMBER_SITE",
    "METADATA",
    "ONE_TIME_PASS",
    "RECOVERY_CODE",
]
_WORD: Final = Text().with_variant(Text(collation="C"), "postgresql")


def _key(name: str) -> Column[str]:
    return Column(name, _WORD, primary_key=True)


def _word(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, _WORD, nullable=optional)


def _number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _digest() -> Column[bytes]:
    return Column("digest", LargeBinary, primary_key=True)


def _of_member() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["firm", "member"], ["member.firm", "member.id"])


#: How a member signs in. `login` is one for all firms, `password` an encoded argon2 hash, `totp_step` the
#: last one that was used. Times are UTC ms.
ACCOUNT: Final = Table("account", METADATA,
    _key("firm"), _key("member"), _word("login"), _word("email", optional=True),
    Column("every_site", Boolean, nullable=False), _word("password", optional=True),
    Column("totp_secret", LargeBinary), _number("totp_confirmed", optional=True), _number("totp_step"),
    _number("created"), _number("ended", optional=True),
    _of_member(), UniqueConstraint("login"),
)  # fmt: skip
#: The sites a member is on, where it is not every one.
MEMBER_SITE: Final = Table("member_site", METADATA,
    _key("firm"), _key("member"), _key("site"), _of_member(),
    ForeignKeyConstraint(["firm", "site"], ["site.firm", "site.id"], ondelete="CASCADE"),
)  # fmt: skip
#: Who a member is at another provider (OpenID Connect Core §2: `iss` and `sub`).
EXTERNAL_IDENTITY: Final = Table("external_identity", METADATA,
    _key("issuer"), _key("subject"), _word("firm"), _word("member"), _of_member(),
)  # fmt: skip
RECOVERY_CODE: Final = Table("recovery_code", METADATA,
    _digest(), _word("firm"), _word("member"), _number("used", optional=True), _of_member(),
    Index(None, "firm", "member"),
)  # fmt: skip
#: A browser that is signed in. `id` names it in lists; of its secret only the digest is here. `stage`:
#: `password` while the second factor is awaited, then `whole`.
MEMBER_SESSION: Final = Table("member_session", METADATA,
    _digest(), _word("id"), _word("firm"), _word("member"), _word("stage"), _word("device"), _word("address"),
    _number("created"), _number("seen"), _number("ends"),
    _of_member(), UniqueConstraint("firm", "id"), Index(None, "firm", "member"), Index(None, "ends"),
)  # fmt: skip
#: What opens a door once: an invitation, a first owner's code, a reset, a sign-in under way elsewhere. `body`
#: is JSON; `firm` is null while there is none.
ONE_TIME_PASS: Final = Table("one_time_pass", METADATA,
    _digest(), _word("id"), _word("purpose"), _word("firm", optional=True), _word("member", optional=True),
    _word("body"), _word("author"), _number("created"), _number("ends"), _number("used", optional=True),
    Index(None, "firm", "purpose"), Index(None, "ends"),
)  # fmt: skip
#: Forms that were sent: `digest` of key and browser, `location` where the answer led, null while it is being
#: done. Kept for a day.
FORM_DONE: Final = Table("form_done", METADATA,
    _digest(), _word("firm"), _number("at"), _word("location", optional=True),
    ForeignKeyConstraint(["firm"], ["firm.id"]), Index(None, "at"),
)  # fmt: skip
#: Who saw and changed what. Each entry's digest is over itself and the digest before it, firm by firm.
ACCESS_LOG: Final = Table("access_log", METADATA,
    _key("firm"), Column("number", BigInteger, primary_key=True, autoincrement=False),
    _number("time"), _word("who"), _word("address"), _word("act"), _word("what"), _word("detail"),
    Column("previous", LargeBinary, nullable=False), Column("digest", LargeBinary, nullable=False),
    ForeignKeyConstraint(["firm"], ["firm.id"]), Index(None, "firm", "time"),
)  # fmt: skip
#: The last entry of each firm's log: what is cut off at its end is missed.
ACCESS_LOG_HEAD: Final = Table("access_log_head", METADATA,
    _key("firm"), _number("number"), Column("digest", LargeBinary, nullable=False),
    ForeignKeyConstraint(["firm"], ["firm.id"]),
)  # fmt: skip
#: A browser in which a customer's link was opened: of the secret in its cookie the digest. `network` and
#: `device` are no closer than a person may see. Times are UTC ms.
LINK_OPENING: Final = Table("link_opening", METADATA,
    _digest(), _word("firm"), Column("link", BigInteger, nullable=False), _word("device"), _word("network"),
    _number("opened"), _number("seen"),
    ForeignKeyConstraint(["firm", "link"], ["link.firm", "link.id"]),
    Index(None, "firm", "link"), Index(None, "seen"),
)  # fmt: skip
