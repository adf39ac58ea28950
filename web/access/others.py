"""What is done to somebody else's account by whoever may: browsers signed out, a second step turned off."""

from __future__ import annotations

from starlette.requests import Request

from store.records.access import Access, Denied
from store.threads import PAGES
from web.access.gate import Gate
from web.access.rights import of_roles


async def end_sessions(gate: Gate, request: Request, access: Access, member: str, session: str | None) -> int:
    """One of a member's browsers, or (None) all of them; how many. Raises Denied."""
    deed = gate.deed(access, request, "removed", f"session:{session or member}")

    def write() -> int:
        with gate.store.begin() as done:
            ids = [one.id for one in done.sessions.of_member(access, member)]
            ended = [one for one in ids if session in {None, one} and done.sessions.end(access, member, one)]
            done.access_log.add([deed] if ended else [])
            return len(ended)

    return await PAGES.run(write)


async def turn_off_second_step(gate: Gate, request: Request, access: Access, member: str) -> None:
    """For whoever has lost phone and codes: they sign in with the password alone until they turn it on anew.
    Raises Denied."""
    deed = gate.deed(access, request, "changed", f"member:{member}", "totp off, by somebody else")

    def write() -> None:
        with gate.store.begin() as done:
            account = done.members.get(access, member)
            access.need("member", "change", own=member == access.member)
            own = member == access.member
            if account is None or own or not access.covers(of_roles(account.roles)):
                raise Denied("member", "change", held=True)
            done.accounts.change(account.firm, member, totp_secret=None, totp_confirmed=None)
            done.accounts.put_recovery_codes(account.firm, member, [])
            done.sessions.end_all(account.firm, member)
            done.access_log.add([deed])

    await PAGES.run(write)
