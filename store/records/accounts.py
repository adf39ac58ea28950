"""How members sign in: what is asked before anybody's access is known, and so takes none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, Select, func, insert, true

from store.records.access import ROLES, Role
from store.records.schema import FIRM, MEMBER, MEMBER_ROLE, PROJECT, SITE
from store.records.schema_access import ACCOUNT, EXTERNAL_IDENTITY, MEMBER_SITE, RECOVERY_CODE
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, delete_of, rows_of

#: Of a firm without a site.
USUAL_ZONE: Final = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Account:
    """A member as they sign in. `sites`: those they are on, None: every one. `password`: an encoded argon2
    hash, None while there is none. `totp_secret`: sealed (`web.access.seal`); `totp_step`: the last one used.
    Times are UTC ms."""

    firm: str
    member: str
    name: str
    login: str
    email: str | None
    roles: frozenset[Role]
    sites: frozenset[str] | None
    password: str | None = None
    totp_secret: bytes | None = None
    totp_confirmed: int | None = None
    totp_step: int = 0
    created: int = 0
    ended: int | None = None


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """What is kept of a member's authenticator."""

    firm: str
    member: str
    secret: bytes = field(repr=False)


class LastOwnerError(ValueError):
    """A firm would be without anybody who may everything."""


class LoginTakenError(ValueError):
    """Somebody signs in by this name already, in this firm or in another."""


class Accounts:
    """Safe to call from several threads; blocking. Raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def by_login(self, login: str) -> Account | None:
        """Who signs in by this name, also one whose account has ended."""
        with self._session.read() as connection:
            row = connection.execute(across_firms(ACCOUNT).where(ACCOUNT.c.login == login)).mappings().first()
            return None if row is None else accounts_of(connection, row["firm"], [row])[0]

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Who another provider says it is."""
        theirs = EXTERNAL_IDENTITY.c
        query = across_firms(EXTERNAL_IDENTITY).where(theirs.issuer == issuer, theirs.subject == subject)
        with self._session.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else self.get(row["firm"], row["member"])

    def get(self, firm: str, member: str) -> Account | None:
        """One account, also one that has ended."""
        with self._session.read() as connection:
            query = rows_of(ACCOUNT, firm).where(ACCOUNT.c.member == member)
            rows = connection.execute(query).mappings().all()
            return accounts_of(connection, firm, rows)[0] if rows else None

    def has_owner(self) -> bool:
        """Whether some owner can sign in."""
        owners = across_firms(MEMBER_ROLE).where(MEMBER_ROLE.c.role == "owner")
        with self._session.read() as connection:
            found = connection.execute(owners).mappings().all()
        accounts = (self.get(row["firm"], row["member"]) for row in found)
        return any(account is not None and account.ended is None for account in accounts)

    def projects_at(self, firm: str, sites: frozenset[str] | None) -> frozenset[str] | None:
        """The projects of these sites, also those that are over; None: of every one."""
        if sites is None:
            return None
        query = rows_of(PROJECT, firm, retired=True).where(PROJECT.c.site.in_(sites))
        with self._session.read() as connection:
            return frozenset(row["id"] for row in connection.execute(query).mappings())

    def sites_of(self, firm: str) -> frozenset[str]:
        """Every site of the firm: those somebody may be put on."""
        with self._session.read() as connection:
            return frozenset(row["id"] for row in connection.execute(rows_of(SITE, firm)).mappings())

    def firm_name(self, firm: str) -> str:
        """What a firm is called, its id where it is not known."""
        with self._session.read() as connection:
            row = connection.execute(across_firms(FIRM).where(FIRM.c.id == firm)).mappings().first()
        return firm if row is None else str(row["name"])

    def firm_zone(self, firm: str) -> ZoneInfo:
        """The time zone of most of its sites."""
        counted = rows_of(SITE, firm).with_only_columns(SITE.c.timezone).group_by(SITE.c.timezone)
        query = counted.order_by(func.count().desc(), SITE.c.timezone).limit(1)
        with self._session.read() as connection:
            found = connection.execute(query).scalar()
        return ZoneInfo(found) if found else USUAL_ZONE

    def add_firm(self, firm: str, name: str) -> str:
        """A new firm; its id, which is `firm` or, where another has that, one that begins so."""
        with self._session.write() as connection:
            taken = {row["id"] for row in connection.execute(across_firms(FIRM)).mappings()}
            ids = chain([firm], (f"{firm[:26]}-{n}" for n in count(2)))
            free = next(one for one in ids if one not in taken)
            connection.execute(insert(FIRM), [{"id": free, "name": name}])
        return free

    def add(self, account: Account) -> None:
        """A member and how they sign in; a member keeps their id. Raises LoginTakenError."""
        if self.by_login(account.login) is not None:
            raise LoginTakenError(account.login)
        with self._session.write() as connection:
            _add_member(connection, account)
            row = {column.name: getattr(account, column.name, None) for column in ACCOUNT.c}
            connection.execute(insert(ACCOUNT), [{**row, "every_site": account.sites is None}])
            put_roles(connection, account.firm, account.member, account.roles)
            put_sites(connection, account.firm, account.member, account.sites)

    def put_roles(self, firm: str, member: str, roles: frozenset[Role]) -> None:
        """Where another provider says them. Raises LastOwnerError."""
        with self._session.write() as connection, keeps_an_owner(connection, firm):
            put_roles(connection, firm, member, roles)

    def add_identity(self, firm: str, member: str, issuer: str, subject: str) -> None:
        """From now on this person of that provider is this member."""
        row = {"issuer": issuer, "subject": subject, "firm": firm, "member": member}
        with self._session.write() as connection:
            connection.execute(insert(EXTERNAL_IDENTITY), [row])

    def issuers_of(self, firm: str, member: str) -> frozenset[str]:
        """The other providers by which this member signs in."""
        query = rows_of(EXTERNAL_IDENTITY, firm).where(EXTERNAL_IDENTITY.c.member == member)
        with self._session.read() as connection:
            return frozenset(row["issuer"] for row in connection.execute(query).mappings())

    def remove_identity(self, firm: str, member: str, issuer: str) -> bool:
        """This provider lets nobody in as this member any more; whether it did."""
        theirs = EXTERNAL_IDENTITY.c
        statement = delete_of(EXTERNAL_IDENTITY, firm).where(theirs.member == member, theirs.issuer == issuer)
        with self._session.write() as connection:
            return connection.execute(statement).rowcount > 0

    def change(self, firm: str, member: str, **values: object) -> None:
        """Columns of the account: `password`, `totp_secret`, `totp_confirmed`, `email`, `ended`."""
        with self._session.write() as connection:
            statement = change_of(ACCOUNT, firm).where(ACCOUNT.c.member == member)
            connection.execute(statement.values(**values))

    def totp_secrets(self) -> list[TotpSecret]:
        """As they are kept, of all firms: for what seals them."""
        query = across_firms(ACCOUNT).where(ACCOUNT.c.totp_secret.is_not(None))
        with self._session.read() as connection:
            rows = connection.execute(query).mappings()
            return [TotpSecret(row["firm"], row["member"], bytes(row["totp_secret"])) for row in rows]

    def reseal(self, held: TotpSecret, sealed: bytes) -> bool:
        """Keep a secret in another form; False where it has changed meanwhile."""
        mine = ACCOUNT.c
        statement = change_of(ACCOUNT, held.firm).where(
            mine.member == held.member, mine.totp_secret == held.secret
        )
        with self._session.write() as connection:
            return connection.execute(statement.values(totp_secret=sealed)).rowcount == 1

    def take_step(self, firm: str, member: str, step: int) -> bool:
        """Use a time step of TOTP. False where it, or a later one, was used before (RFC 6238 §5.2)."""
        statement = change_of(ACCOUNT, firm).where(ACCOUNT.c.member == member, ACCOUNT.c.totp_step < step)
        with self._session.write() as connection:
            return connection.execute(statement.values(totp_step=step)).rowcount == 1

    def put_recovery_codes(self, firm: str, member: str, digests: Sequence[bytes]) -> None:
        """Instead of those there were."""
        with self._session.write() as connection:
            connection.execute(delete_of(RECOVERY_CODE, firm).where(RECOVERY_CODE.c.member == member))
            rows = [{"digest": digest, "firm": firm, "member": member} for digest in digests]
            if rows:
                connection.execute(insert(RECOVERY_CODE), rows)

    def take_recovery_code(self, firm: str, member: str, digest: bytes, at: int) -> bool:
        """Use one up. False where there is no such one, or none any more."""
        codes = RECOVERY_CODE.c
        statement = change_of(RECOVERY_CODE, firm).where(
            codes.member == member, codes.digest == digest, codes.used.is_(None)
        )
        with self._session.write() as connection:
            return connection.execute(statement.values(used=at)).rowcount == 1

    def recovery_codes_left(self, firm: str, member: str) -> int:
        """How many are not used up."""
        codes = RECOVERY_CODE.c
        query = rows_of(RECOVERY_CODE, firm).where(codes.member == member, codes.used.is_(None))
        with self._session.read() as connection:
            return len(connection.execute(query).all())


@contextmanager
def keeps_an_owner(connection: Connection, firm: str) -> Iterator[None]:
    """Whatever is changed within, somebody is left who signs in as an owner, also when two change each other
    at once. Raises LastOwnerError, by which all of it is undone."""
    locked = across_firms(FIRM).where(FIRM.c.id == firm).with_for_update()
    connection.execute(locked)
    before = _owners(connection, firm)
    yield
    if before and not _owners(connection, firm):
        raise LastOwnerError(firm)


def _owners(connection: Connection, firm: str) -> set[str]:
    owners = connection.execute(rows_of(MEMBER_ROLE, firm).where(MEMBER_ROLE.c.role == "owner")).mappings()
    held = connection.execute(rows_of(ACCOUNT, firm).where(ACCOUNT.c.ended.is_(None))).mappings()
    return {row["member"] for row in owners} & {row["member"] for row in held}


def accounts_of(connection: Connection, firm: str, rows: Sequence[RowMapping]) -> list[Account]:
    """Rows of the table with what belongs to them. A role of a newer version grants nothing."""
    if len(rows) == 1:
        member = rows[0]["member"]
        of_them = (MEMBER.c.id == member, MEMBER_ROLE.c.member == member, MEMBER_SITE.c.member == member)
    else:
        of_them = (true(), true(), true())
    names = _pairs(connection, rows_of(MEMBER, firm).where(of_them[0]), "id", "name")
    roles = _pairs(connection, rows_of(MEMBER_ROLE, firm).where(of_them[1]), "member", "role")
    sites = _pairs(connection, rows_of(MEMBER_SITE, firm).where(of_them[2]), "member", "site")
    return [
        Account(
            **{column: value for column, value in row.items() if column != "every_site"},
            name=next(iter(names[row["member"]])),
            roles=frozenset(role for role in ROLES if role in roles[row["member"]]),
            sites=None if row["every_site"] else frozenset(sites[row["member"]]),
        )
        for row in rows
    ]


def _pairs(connection: Connection, query: Select[Any], key: str, value: str) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(query).mappings():
        found[row[key]].add(row[value])
    return found


def put_roles(connection: Connection, firm: str, member: str, roles: frozenset[Role]) -> None:
    """Instead of those there were."""
    connection.execute(delete_of(MEMBER_ROLE, firm).where(MEMBER_ROLE.c.member == member))
    rows = [{"firm": firm, "member": member, "role": role} for role in sorted(roles)]
    if rows:
        connection.execute(insert(MEMBER_ROLE), rows)


def put_sites(connection: Connection, firm: str, member: str, sites: frozenset[str] | None) -> None:
    """Instead of those there were; None: every one."""
    connection.execute(delete_of(MEMBER_SITE, firm).where(MEMBER_SITE.c.member == member))
    rows = [{"firm": firm, "member": member, "site": site} for site in sorted(sites or ())]
    if rows:
        connection.execute(insert(MEMBER_SITE), rows)
    statement = change_of(ACCOUNT, firm).where(ACCOUNT.c.member == member)
    connection.execute(statement.values(every_site=sites is None))


def _add_member(connection: Connection, account: Account) -> None:
    known = connection.execute(rows_of(MEMBER, account.firm).where(MEMBER.c.id == account.member)).first()
    if known is None:
        row = {"firm": account.firm, "id": account.member, "name": account.name}
        connection.execute(insert(MEMBER), [row])
