"""The people of a firm, for whoever may see and change them."""

from __future__ import annotations

from sqlalchemy import Connection

from store.records.access import Access, Denied, Role, Verb
from store.records.accounts import Account, accounts_of, keeps_an_owner, put_roles, put_sites
from store.records.schema import MEMBER
from store.records.schema_access import ACCOUNT
from store.records.session import Session
from store.records.tenancy import change_of, rows_of


class Members:
    """Safe to call from several threads; blocking. Raises Denied where the access does not reach, StoreError
    where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def all(self, access: Access) -> list[Account]:
        """Those the access reaches, by name; also those whose account has ended."""
        if access.scope("member", "see") is None:
            raise Denied("member", "see", held=False)
        with self._session.read() as connection:
            rows = connection.execute(rows_of(ACCOUNT, access.firm)).mappings().all()
            accounts = accounts_of(connection, access.firm, rows)
        seen = [account for account in accounts if reaches(access, "see", account)]
        return sorted(seen, key=lambda account: (account.name, account.member))

    def get(self, access: Access, member: str) -> Account | None:
        """None also for one the access does not reach."""
        with self._session.read() as connection:
            account = _one(connection, access, member)
        return account if account is not None and reaches(access, "see", account) else None

    def rename(self, access: Access, member: str, name: str) -> None:
        """What they are called."""
        with self._session.write() as connection:
            _changeable(connection, access, member)
            statement = change_of(MEMBER, access.firm).where(MEMBER.c.id == member)
            connection.execute(statement.values(name=name))

    def assign(
        self, access: Access, member: str, roles: frozenset[Role], sites: frozenset[str] | None
    ) -> Account:
        """Change roles and sites; as it was before. Nobody changes their own. That the roles grant no more
        than the access holds is for the caller to see to, who knows what roles grant. Raises
        LastOwnerError."""
        if member == access.member:
            raise Denied("member", "change", held=True)
        with self._session.write() as connection, keeps_an_owner(connection, access.firm):
            before = _changeable(connection, access, member)
            put_roles(connection, access.firm, member, roles)
            put_sites(connection, access.firm, member, sites)
        return before

    def end(self, access: Access, member: str, at: int) -> bool:
        """They sign in no more; whether they did. Nobody ends their own account. Raises
        LastOwnerError."""
        access.need("member", "remove")
        if member == access.member:
            raise Denied("member", "remove", held=True)
        statement = change_of(ACCOUNT, access.firm).where(
            ACCOUNT.c.member == member, ACCOUNT.c.ended.is_(None)
        )
        with self._session.write() as connection, keeps_an_owner(connection, access.firm):
            return connection.execute(statement.values(ended=at)).rowcount == 1


def reaches(access: Access, verb: Verb, account: Account) -> bool:
    """Whether a right over members reaches this one: themselves, somebody on one of the same sites, all."""
    own = account.member == access.member
    if access.may("member", verb, own=own):
        return True
    return any(access.may("member", verb, site=site) for site in account.sites or ())


def _one(connection: Connection, access: Access, member: str) -> Account | None:
    query = rows_of(ACCOUNT, access.firm).where(ACCOUNT.c.member == member)
    rows = connection.execute(query).mappings().all()
    return accounts_of(connection, access.firm, rows)[0] if rows else None


def _changeable(connection: Connection, access: Access, member: str) -> Account:
    account = _one(connection, access, member)
    if account is None or not reaches(access, "change", account):
        raise Denied("member", "change", held=access.scope("member", "change") is not None)
    return account
