"""What the doors of the house share: the stores of who may enter, the clock, the bounds, what is settled."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from starlette.requests import HTTPConnection, Request

from store.records.access import Access
from store.records.access_log import Act, Deed
from store.records.accounts import Account
from store.records.records import Records
from store.records.sessions import SignedIn, Stage
from store.threads import PAGES
from web.access import cookies
from web.access.device import device_of
from web.access.principal import Member
from web.access.seal import KEY_BYTES, Seal
from web.access.secret import digest, make_id, make_secret
from web.access.sights import Sights
from web.access.throttle import Throttle
from web.http.addresses import visitor
from web.settings import WebOptions

MINUTE_MS: Final = 60_000
#: A browser that was not used for so long signs in again; so does every one after the longest.
IDLE_MS: Final = 7 * 24 * 60 * MINUTE_MS
LONGEST_MS: Final = 30 * 24 * 60 * MINUTE_MS
#: How long the second factor is awaited.
SECOND_MS: Final = 10 * MINUTE_MS
#: When a session was used last is told to the minute.
_TOUCH_MS: Final = MINUTE_MS


class Gate:
    """One a process. `clock` gives UTC milliseconds."""

    def __init__(
        self,
        store: Records,
        clock: Callable[[], int],
        options: WebOptions | None = None,
        throttle: Throttle | None = None,
        seal: Seal | None = None,
    ) -> None:
        """Without a `seal` secrets are sealed with a key that is forgotten with the process."""
        self.store: Final = store
        self.clock: Final = clock
        self.options: Final = options or WebOptions()
        self.throttle: Final = throttle or Throttle()
        self.seal: Final = seal or Seal(secrets.token_bytes(KEY_BYTES))
        self.sights: Final = Sights(store.access_log.add)

    async def member(self, request: HTTPConnection) -> Member | None:
        """Who signed in with this browser, the second factor perhaps still awaited; looked up once a request.
        Raises StoreError."""
        if not hasattr(request.state, "member"):
            secret = cookies.read(request, "session", secure=self.options.secure_cookies)
            request.state.member = secret and await PAGES.run(self.lookup, secret)
        found: Member | None = request.state.member or None
        return found

    def lookup(self, secret: str) -> Member | None:
        """Who has this session, where it holds. Blocking."""
        now = self.clock()
        session = self.store.sessions.by_digest(digest(secret))
        if session is None or session.ends <= now or session.seen + IDLE_MS <= now:
            return None
        account = self.store.accounts.get(session.firm, session.member)
        if account is None or account.ended is not None:
            return None
        if now - session.seen >= _TOUCH_MS:
            self.store.sessions.touch(session, now)
        firm, accounts = account.firm, self.store.accounts
        projects = accounts.projects_at(firm, account.sites)
        return Member(account, session, secret, projects, accounts.firm_name(firm), accounts.firm_zone(firm))

    def totp_secret(self, account: Account) -> bytes | None:
        """What their authenticator has; None without one, or where it was sealed with another key."""
        if account.totp_secret is None:
            return None
        return self.seal.open(account.totp_secret, account.firm, account.member)

    def deed(self, access: Access, request: HTTPConnection, act: Act, what: str, detail: str = "") -> Deed:
        """What somebody does now."""
        told = (text[:500].replace("\0", "\N{REPLACEMENT CHARACTER}") for text in (what, detail))
        return Deed(access.firm, self.clock(), access.who, visitor(request), act, *told)

    def new_session(self, request: Request, firm: str, member: str, stage: Stage) -> tuple[str, SignedIn]:
        """The secret of a session and what is kept of it; nothing of an earlier one is in it."""
        now, secret = self.clock(), make_secret()
        ends = now + (LONGEST_MS if stage == "whole" else SECOND_MS)
        device = device_of(request.headers.get("user-agent"))
        session = SignedIn(
            digest(secret), make_id(), firm, member, stage, device, visitor(request), now, now, ends
        )
        return secret, session


def gate_of(request: HTTPConnection) -> Gate:
    """That of the application, or of the one it is mounted in."""
    found: Gate = request.app.state.gate
    return found
