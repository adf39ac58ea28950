"""The tables of the records. `migrations/` makes them; a test compares the two.

What belongs to a firm carries `firm`, and foreign keys are composite, so that no row can point into another
firm's site. What a site *sends* (events, agent states, quarantine) carries the site as it was said and no
foreign key: it may come from a site nobody has registered, above all into quarantine, and ingest shall not
look anything up. A site's id is unique over all firms, so whose rows these are is known by the site's row,
also when that is entered later.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from store.records.utc import UtcTime

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
#: Compared byte by byte on every database: a page that begins after an id means the same everywhere.
_WORD: Final = Text().with_variant(Text(collation="C"), "postgresql")
#: SQLite numbers rows by itself only where the type is exactly INTEGER.
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str) -> Column[str]:
    return Column(name, _WORD, primary_key=True)


def _word(name: str, *, optional: bool = False) -> Column[str]:
    return Column(name, _WORD, nullable=optional)


def _number(name: str, *, optional: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=optional)


def _retired() -> Column[int]:
    """UTC ms since when it is no more; null while it is there. Its past stays under its name."""
    return _number("retired", optional=True)


def _listed() -> Column[int]:
    """Where it stands among its like: of several meters the first is the one the house hangs on."""
    return Column("listed", BigInteger, nullable=False, server_default="0")


def _version() -> Column[int]:
    """Counts the changes of the row (`registry_change` has each); 0: entered before they were counted."""
    return Column("version", BigInteger, nullable=False, server_default="0")


def _row_id() -> Column[int]:
    return Column("id", _ROW_ID, primary_key=True)


def _refers(columns: tuple[str, ...], table: str, to: tuple[str, ...]) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(columns, [f"{table}.{column}" for column in to])


def _of_firm() -> ForeignKeyConstraint:
    return _refers(("firm",), "firm", ("id",))


def _of_site() -> ForeignKeyConstraint:
    return _refers(("firm", "site"), "site", ("firm", "id"))


FIRM: Final = Table("firm", METADATA, _key("id"), _word("name"), _version())
MEMBER: Final = Table("member", METADATA, _key("firm"), _key("id"), _word("name"), _of_firm())
MEMBER_ROLE: Final = Table("member_role", METADATA,
    _key("firm"), _key("member"), _key("role"),
    _refers(("firm", "member"), "member", ("firm", "id")),
)  # fmt: skip
SITE: Final = Table(
    "site",
    METADATA,
    _key("id"),
    _word("firm"),
    _word("timezone"),
    _retired(),
    _version(),
    _of_firm(),
    UniqueConstraint("firm", "id"),
)
#: Who a project is for, as the firm calls them.
CUSTOMER: Final = Table("customer", METADATA,
    _key("firm"), _key("id"), _word("name_zh"), _word("name_en"), _retired(), _version(), _of_firm(),
)  # fmt: skip
#: `started`, `handover`: ISO dates; `closes`: the end of the working day, HH:MM, local
#: time; `part`: which rooms and devices it shows (JSON), where others share its site.
PROJECT: Final = Table("project", METADATA,
    _key("firm"), _key("id"), _word("site"), _word("name_zh"), _word("name_en"), _word("started"),
    _word("customer", optional=True), _word("handover", optional=True),
    Column("closes", _WORD, nullable=False, server_default="20:00"), _word("part", optional=True),
    _retired(), _version(), _of_site(), _refers(("firm", "customer"), "customer", ("firm", "id")),
)  # fmt: skip
#: What opens a customer's page without a login. Of its token only the digest is here.
LINK: Final = Table("link", METADATA,
    _row_id(), _word("firm"), _word("project"), _word("whom"),
    Column("digest", LargeBinary, nullable=False), _word("author"),
    Column("created", UtcTime, nullable=False), Column("expires", UtcTime), Column("revoked", UtcTime),
    Column("openings", BigInteger, nullable=False, server_default="0"), _version(),
    _refers(("firm", "project"), "project", ("firm", "id")),
    UniqueConstraint("digest"), Index(None, "firm", "id", unique=True), Index(None, "firm", "project"),
    sqlite_autoincrement=True,
)  # fmt: skip
ROOM: Final = Table(
    "room",
    METADATA,
    _key("firm"),
    _key("site"),
    _key("id"),
    _word("name_zh"),
    _word("name_en"),
    _listed(),
    _retired(),
    _version(),
    _of_site(),
)
#: `provisioned`: entered by `plumbline provision`, and taken out by its `revoke` alone.
AGENT: Final = Table("agent", METADATA,
    _key("firm"), _key("site"), _key("id"), Column("provisioned", Boolean, nullable=False), _retired(),
    _version(), _of_site(),
)  # fmt: skip
DEVICE: Final = Table("device", METADATA,
    _key("firm"), _key("site"), _key("id"), _word("kind"), _word("room", optional=True),
    Column("interval_s", Float(53)), _listed(), _retired(), _version(),
    _of_site(), _refers(("firm", "site", "room"), "room", ("firm", "site", "id")),
)  # fmt: skip
#: `scopes` between blanks, as OAuth writes them (RFC 6749 §3.3). Of the secret only its digest is here. A
#: token may never do more than its `author`, the member who made it; one from the console has none.
TOKEN: Final = Table("token", METADATA,
    _row_id(), _word("firm"), _word("name"), _word("scopes"), Column("digest", LargeBinary, nullable=False),
    Column("created", UtcTime, nullable=False), Column("expires", UtcTime), Column("revoked", UtcTime),
    _word("author", optional=True), Column("used", UtcTime),
    _of_firm(), _refers(("firm", "author"), "member", ("firm", "id")),
    UniqueConstraint("digest"), Index(None, "firm"), sqlite_autoincrement=True,
)  # fmt: skip
#: Every change of a row of the registry: what it was from then on (`body`, JSON; of one retired what it was
#: last), by whom and when. `key` is its id, `site` where it belongs to one.
REGISTRY_CHANGE: Final = Table("registry_change", METADATA,
    _row_id(), _word("firm"), _word("noun"), _word("site", optional=True), _word("key"), _number("version"),
    _word("what"), _word("body"), _word("author"), Column("at", UtcTime, nullable=False),
    _of_firm(), Index(None, "firm", "noun", "key"), Index(None, "firm", "site"), sqlite_autoincrement=True,
)  # fmt: skip
#: The projects file that was imported last: its digest, and the last change of that import.
REGISTRY_IMPORT: Final = Table("registry_import", METADATA,
    _key("firm"), Column("digest", LargeBinary, nullable=False), _word("author"),
    Column("at", UtcTime, nullable=False), _number("change"), _of_firm(),
)  # fmt: skip
#: What has changed in shared records: read as the log is read. `topic` is whose (`site:…`, `project:…`,
#: `firm:…`), `key` what of it.
FEED: Final = Table("feed", METADATA,
    _row_id(), _word("firm"), _word("topic"), _word("key"), Column("at", UtcTime, nullable=False),
    _of_firm(), Index(None, "at"), sqlite_autoincrement=True,
)  # fmt: skip

#: An event has no number of its own: what happened is its identity (`digest`, see `wire.batch.identity_of`),
#: whoever tells it in whatever batch. So adding it again, or replaying an export, changes nothing. `agent` is
#: who told it first.
EVENT: Final = Table("event", METADATA,
    _key("site"), Column("time", BigInteger, primary_key=True), _key("kind"),
    Column("digest", LargeBinary, primary_key=True), _word("agent"), _word("body"),
    Index(None, "time"), sqlite_with_rowid=False,
)  # fmt: skip
AGENT_STATE: Final = Table(
    "agent_state",
    METADATA,
    _key("site"),
    _key("agent"),
    _number("received"),
    _word("status"),
    sqlite_with_rowid=False,
)
#: What is known of a site now, folded from the log by one reader: see `store.records.site_now`. `moved` is
#: the offset of the entry that changed it last.
SITE_NOW: Final = Table(
    "site_now", METADATA, _key("site"), _number("moved"), _word("body"), sqlite_with_rowid=False
)
#: `digest` of topic and payload: the same from the same topic is kept once.
QUARANTINE: Final = Table("quarantine", METADATA,
    _row_id(), _number("received"), _word("topic"), Column("payload", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False), _word("reason"), _word("detail"),
    _word("site", optional=True), _word("agent", optional=True), _word("stream", optional=True),
    _number("seq", optional=True), _number("replayed", optional=True),
    UniqueConstraint("digest"), Index(None, "site", "id"), Index(None, "received"), sqlite_autoincrement=True,
)  # fmt: skip
#: What people say of a site's meters; never deleted but with the site. Site and device as they were said.
METER_EXCHANGE: Final = Table("meter_exchange", METADATA,
    _row_id(), _word("site"), _word("device"), _word("quantity"), _number("at"),
    Column("old_last", Float(53)), Column("new_first", Float(53)),
    _word("author"), _number("entered"), _number("undone", optional=True), _word("undone_by", optional=True),
    Index(None, "site"), sqlite_autoincrement=True,
)  # fmt: skip
#: How many bytes of the quarantine each site uses; `site` is empty for what names none.
QUARANTINE_USE: Final = Table(
    "quarantine_use", METADATA, _key("site"), _number("bytes"), sqlite_with_rowid=False
)
#: What came beyond a site's quota is counted, so that nothing goes unseen.
QUARANTINE_BEYOND: Final = Table("quarantine_beyond", METADATA,
    _key("site"), _key("agent"), _key("reason"),
    _number("count"), _number("bytes"), _number("first"), _number("last"),
    Column("digest", LargeBinary, nullable=False), sqlite_with_rowid=False,
)  # fmt: skip
#: How far each reader of the log has come.
READER: Final = Table("reader", METADATA, _key("name"), _number("position"), sqlite_with_rowid=False)
