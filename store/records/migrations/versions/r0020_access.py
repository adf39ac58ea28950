"""Who may enter: accounts, sessions, one-time passes, authors of tokens, the log of access."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0020"
down_revision: Final = "0005"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """New tables. Members that were in the settings have no account until somebody invites them."""
    _create_accounts()
    _create_sessions()
    _create_log()


def _create_accounts() -> None:
    op.create_table(
        "account",
        *_words("firm", "member", "login"),
        _word("email", optional=True),
        sa.Column("every_site", sa.Boolean, nullable=False),
        _word("password", optional=True),
        sa.Column("totp_secret", sa.LargeBinary),
        _number("totp_confirmed", optional=True),
        *_numbers("totp_step", "created"),
        _number("ended", optional=True),
        sa.PrimaryKeyConstraint("firm", "member", name="pk_account"),
        _of_member("account"),
        sa.UniqueConstraint("login", name="uq_account_login"),
    )
    op.create_table(
        "member_site",
        *_words("firm", "member", "site"),
        sa.PrimaryKeyConstraint("firm", "member", "site", name="pk_member_site"),
        _of_member("member_site"),
        sa.ForeignKeyConstraint(
            ["firm", "site"], ["site.firm", "site.id"], name="fk_member_site_site", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "external_identity",
        *_words("issuer", "subject", "firm", "member"),
        sa.PrimaryKeyConstraint("issuer", "subject", name="pk_external_identity"),
        _of_member("external_identity"),
    )
    op.create_table(
        "recovery_code",
        _digest(),
        *_words("firm", "member"),
        _number("used", optional=True),
        sa.PrimaryKeyConstraint("digest", name="pk_recovery_code"),
        _of_member("recovery_code"),
    )
    op.create_index("ix_recovery_code_firm_member", "recovery_code", ["firm", "member"])


def _create_sessions() -> None:
    op.create_table(
        "member_session",
        _digest(),
        *_words("id", "firm", "member", "stage", "device", "address"),
        *_numbers("created", "seen", "ends"),
        sa.PrimaryKeyConstraint("digest", name="pk_member_session"),
        _of_member("member_session"),
        sa.UniqueConstraint("firm", "id", name="uq_member_session_firm_id"),
    )
    op.create_index("ix_member_session_firm_member", "member_session", ["firm", "member"])
    op.create_index("ix_member_session_ends", "member_session", ["ends"])
    op.create_table(
        "one_time_pass",
        _digest(),
        *_words("id", "purpose"),
        *(_word(name, optional=True) for name in ("firm", "member")),
        *_words("body", "author"),
        *_numbers("created", "ends"),
        _number("used", optional=True),
        sa.PrimaryKeyConstraint("digest", name="pk_one_time_pass"),
    )
    op.create_index("ix_one_time_pass_firm_purpose", "one_time_pass", ["firm", "purpose"])
    op.create_index("ix_one_time_pass_ends", "one_time_pass", ["ends"])


def _create_log() -> None:
    op.create_table(
        "token_author",
        sa.Column("token", sa.BigInteger, autoincrement=False, nullable=False),
        *_words("firm", "member"),
        sa.PrimaryKeyConstraint("token", name="pk_token_author"),
        _of_member("token_author"),
    )
    op.create_index("ix_token_author_firm_member", "token_author", ["firm", "member"])
    op.create_table(
        "access_log",
        _word("firm"),
        sa.Column("number", sa.BigInteger, autoincrement=False, nullable=False),
        *_numbers("time"),
        *_words("who", "address", "act", "what", "detail"),
        sa.Column("previous", sa.LargeBinary, nullable=False),
        _digest(),
        sa.PrimaryKeyConstraint("firm", "number", name="pk_access_log"),
        sa.ForeignKeyConstraint(["firm"], ["firm.id"], name="fk_access_log_firm"),
    )
    op.create_index("ix_access_log_firm_time", "access_log", ["firm", "time"])
    op.create_table(
        "access_log_head",
        _word("firm"),
        *_numbers("number"),
        _digest(),
        sa.PrimaryKeyConstraint("firm", name="pk_access_log_head"),
        sa.ForeignKeyConstraint(["firm"], ["firm.id"], name="fk_access_log_head_firm"),
    )


def _word(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, _WORD, nullable=optional)


def _words(*names: str) -> list[sa.Column[str]]:
    return [_word(name) for name in names]


def _number(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [_number(name) for name in names]


def _digest() -> sa.Column[bytes]:
    return sa.Column("digest", sa.LargeBinary, nullable=False)


def _of_member(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["firm", "member"], ["member.firm", "member.id"], name=f"fk_{table}_member"
    )
