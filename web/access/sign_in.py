"""Signing in: a password, then what somebody has, then a session of their own.

Whoever tries is told the same, after the same time, whether the login exists or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from store.records.access_log import Act, Deed
from store.records.accounts import Account
from store.records.records import Repositories
from store.records.sessions import Stage
from store.threads import PAGES
from web.access import passwords, recovery, totp
from web.access.gate import Gate
from web.access.principal import Member
from web.http.addresses import visitor

LONGEST_LOGIN: Final = 200


@dataclass(frozen=True, slots=True)
class Later:
    """Too many tries: again after so long."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Wrong:
    """Login or password, or the code, is not right; which is not told."""


@dataclass(frozen=True, slots=True)
class In:
    """`secret` is for the cookie. Of stage `password`: a code is still wanted."""

    secret: str
    stage: Stage


def normal_login(text: str) -> str:
    """As it is kept: mail addresses and names differ by more than case and blanks."""
    return " ".join(text[: LONGEST_LOGIN + 1].split()).casefold()


async def with_password(gate: Gate, request: Request, login: str, password: str) -> Later | Wrong | In:
    """Try. Raises StoreError, of which OverloadedError where too many try at once."""
    login, address = normal_login(login), visitor(request)
    if wait_s := gate.throttle.take(login, address):
        return Later(wait_s)
    account = await PAGES.run(gate.store.accounts.by_login, login)
    good = await passwords.verify(password, account.password if account else None)
    if account is None or not good or account.ended is not None:
        _note(gate, request, account)
        return Wrong()
    gate.throttle.succeeded(login, address)
    if account.password and passwords.is_old(account.password):
        encoded = await passwords.encode(password)
        await PAGES.run(gate.store.accounts.change, account.firm, account.member, password=encoded)
    return await enter(gate, request, account, "whole" if account.totp_confirmed is None else "password")


async def with_code(gate: Gate, request: Request, member: Member, code: str) -> Later | Wrong | In:
    """The second factor of whoever gave the password: a one-time password or a recovery code."""
    account, address = member.account, visitor(request)
    if wait_s := gate.throttle.take(f"code of {account.login}", address):
        return Later(wait_s)
    if not await PAGES.run(take_code, gate, gate.store, account, code, gate.clock()):
        _note(gate, request, account)
        return Wrong()
    gate.throttle.succeeded(f"code of {account.login}", address)
    return await enter(gate, request, account, "whole", instead_of=member)


def take_code(gate: Gate, store: Repositories, account: Account, code: str, now: int) -> bool:
    """Use up a one-time password or a recovery code. Blocking."""
    if account.totp_confirmed is None:
        return False
    secret = gate.totp_secret(account)
    step = None if secret is None else totp.step_of(secret, code, now)
    if step is not None:
        return store.accounts.take_step(account.firm, account.member, step)
    digest = recovery.code_digest(code)
    return digest is not None and store.accounts.take_recovery_code(account.firm, account.member, digest, now)


async def enter(
    gate: Gate, request: Request, account: Account, stage: Stage, instead_of: Member | None = None
) -> In:
    """A new session, never one that the browser came with."""
    earlier = instead_of or await gate.member(request)
    secret, session = gate.new_session(request, account.firm, account.member, stage)

    def write() -> None:
        with gate.store.begin() as done:
            if earlier is not None:
                done.sessions.end_digest(earlier.session)
            done.sessions.add(session)
            if stage == "whole":
                done.access_log.add([_deed(gate, request, account, "signed_in", session.device)])

    await PAGES.run(write)
    return In(secret, stage)


async def leave(gate: Gate, request: Request, member: Member) -> None:
    """Sign out."""

    def write() -> None:
        with gate.store.begin() as done:
            done.sessions.end_digest(member.session)
            done.access_log.add([_deed(gate, request, member.account, "signed_out", member.session.device)])

    await PAGES.run(write)


async def renew(gate: Gate, request: Request, member: Member) -> In:
    """After password or second factor changed: every browser is out, this one goes on under a new secret."""
    await PAGES.run(gate.store.sessions.end_all, member.account.firm, member.account.member)
    return await enter(gate, request, member.account, "whole", instead_of=member)


def _note(gate: Gate, request: Request, account: Account | None) -> None:
    """A failed try, where there is a firm to note it for; written later, so that it takes no longer."""
    if account is not None:
        gate.sights.add(_deed(gate, request, account, "was_refused", ""))


def _deed(gate: Gate, request: Request, account: Account, act: Act, detail: str) -> Deed:
    who = f"member:{account.member}"
    return Deed(account.firm, gate.clock(), who, visitor(request), act, f"session:{account.member}", detail)
