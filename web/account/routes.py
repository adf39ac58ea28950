"""One's own account. What opens doors is changed with the password alone, and signs other browsers out."""

from __future__ import annotations

from dataclasses import replace

from fastapi import HTTPException, Request
from starlette.responses import Response

from store.threads import PAGES
from web.access import passwords, recovery, sign_in, totp
from web.access.form import Sent
from web.access.gate import Gate
from web.access.page import go, hidden, keep_in, page
from web.access.principal import Member, access_of
from web.access.rights import SIGNED_IN
from web.access.room import NotSignedIn, Room
from web.account import forms, view
from web.account.words import WORDS, say
from web.http.addresses import visitor
from web.http.languages import language_of
from web.kit.form import Form
from web.kit.language import Language
from web.services import Here, Services

room = Room("/account")
routes = room.routes
_SAID = frozenset({"password", "totp_off", "ended", "untied"})


@room.get("", right=SIGNED_IN)
async def account(request: Request, here: Here, member: Member | None) -> Response:
    """The page."""
    said = request.query_params.get("said", "")
    return await _page(request, here, _me(member), view.Told(said=f"said.{said}" if said in _SAID else ""))


@room.post("/password", right=SIGNED_IN)
async def change_password(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """A new password, with the one of now."""
    me, language = _me(member), language_of(request)
    read = forms.PASSWORD.read(language, "/account/password", sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, "password", read)
    new = read.new.get_secret_value()
    weak = passwords.weakness(new, me.account.login, me.account.name)
    if weak is not None:
        return await _refused(request, here, me, "password", {"new": say(language, weak)})
    if not await _knows(here.gate, request, me, read.now.get_secret_value()):
        return await _refused(request, here, me, "password", {"now": say(language, "password.wrong")})
    encoded = await passwords.encode(new)
    entered = await _change(here.gate, request, me, "password", password=encoded)
    return go(request, "/account?said=password", entered)


@room.post("/begin", right=SIGNED_IN)
async def begin_totp(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """A secret for the authenticator; it counts once it was confirmed."""
    me, language = _me(member), language_of(request)
    read = forms.BEGIN.read(language, "/account/begin", sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, "begin", read)
    if me.account.totp_confirmed is not None:
        return go(request, "/account")
    if not await _knows(here.gate, request, me, read.now.get_secret_value()):
        return await _refused(request, here, me, "begin", {"now": say(language, "password.wrong")})
    whose = (me.account.firm, me.account.member)
    secret = here.gate.seal.close(totp.make_secret(), *whose)
    await PAGES.run(here.records.accounts.change, *whose, totp_secret=secret)
    return go(request, "/account")


@room.post("/confirm", right=SIGNED_IN)
async def confirm_totp(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """The authenticator has it: from now on it is asked for. Shows recovery codes, once."""
    me, language, gate = _me(member), language_of(request), here.gate
    read = forms.CONFIRM.read(language, "/account/confirm", sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, "confirm", read)
    secret = gate.totp_secret(me.account)
    if secret is None or me.account.totp_confirmed is not None:
        return go(request, "/account")
    wait_s = gate.throttle.take(f"code of {me.account.login}", visitor(request))
    step = None if wait_s else totp.step_of(secret, read.code, gate.clock())
    if step is None:
        return await _refused(request, here, me, "confirm", {"code": say(language, "confirm.wrong")})
    gate.throttle.succeeded(f"code of {me.account.login}", visitor(request))
    entered = await _change(gate, request, me, "totp on", totp_confirmed=gate.clock(), totp_step=step)
    return await _show_codes(request, here, entered)


@room.post("/renew", right=SIGNED_IN)
async def renew_codes(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """New recovery codes; those before are worth nothing."""
    me, language = _me(member), language_of(request)
    read = forms.RENEW.read(language, "/account/renew", sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, "renew", read)
    if not await _proves(here.gate, request, me, read):
        return await _refused(request, here, me, "renew", {"code": say(language, "remove.wrong")})
    return await _show_codes(request, here, await _change(here.gate, request, me, "recovery codes"))


@room.post("/remove", right=SIGNED_IN)
async def remove_totp(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """Without the second factor, with both for the last time."""
    me, language = _me(member), language_of(request)
    read = forms.REMOVE.read(language, "/account/remove", sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, "remove", read)
    if not await _proves(here.gate, request, me, read):
        return await _refused(request, here, me, "remove", {"code": say(language, "remove.wrong")})
    none = {"totp_secret": None, "totp_confirmed": None}
    return go(request, "/account?said=totp_off", await _change(here.gate, request, me, "totp off", **none))


@room.post("/untie/{provider}", right=SIGNED_IN)
async def untie(request: Request, here: Here, provider: str, sent: Sent, member: Member | None) -> Response:
    """That provider lets nobody in as them any more, and who came by it is out."""
    me, language, path = _me(member), language_of(request), f"/account/untie/{provider}"
    known = next((one for one in here.settings.providers if one.id == provider), None)
    if known is None:
        raise HTTPException(404)
    read = forms.UNTIE.read(language, path, sent.typed)
    if isinstance(read, Form):
        return await _wrong(request, here, me, f"untie/{provider}", read)
    if not await _knows(here.gate, request, me, read.now.get_secret_value()):
        form = forms.UNTIE.blank(language, path)
        errors = {"now": say(language, "password.wrong")}
        form = form.with_errors(errors, WORDS.count(language, "form.wrong", 1))
        return await _wrong(request, here, me, f"untie/{provider}", form)
    whose = (me.account.firm, me.account.member)
    await PAGES.run(here.records.accounts.remove_identity, *whose, known.issuer)
    entered = await _change(here.gate, request, me, f"no longer signs in with {provider}")
    return go(request, "/account?said=untied", entered)


@room.post("/sessions/end-others", right=SIGNED_IN)
async def end_others(request: Request, here: Here, member: Member | None) -> Response:
    """Every browser but this one; this one goes on under a new secret."""
    me = _me(member)
    return go(request, "/account?said=ended", await _change(here.gate, request, me, "other sessions ended"))


@room.post("/sessions/{session}/end", right=SIGNED_IN)
async def end_session(request: Request, here: Here, session: str, member: Member | None) -> Response:
    """One of one's own; another's is none."""
    me, access = _me(member), access_of(_me(member))
    deed = here.gate.deed(access, request, "removed", f"session:{session}")

    def write() -> None:
        with here.records.begin() as done:
            if done.sessions.end(access, me.account.member, session):
                done.access_log.add([deed])

    await PAGES.run(write)
    return go(request, "/account?said=ended")


def _me(member: Member | None) -> Member:
    if member is None:
        raise NotSignedIn
    return member


async def _knows(gate: Gate, request: Request, me: Member, password: str) -> bool:
    """Whether they know the password, within the bounds of signing in."""
    if gate.throttle.take(me.account.login, visitor(request)):
        return False
    good = await passwords.verify(password, me.account.password)
    if good:
        gate.throttle.succeeded(me.account.login, visitor(request))
    return good


async def _proves(gate: Gate, request: Request, me: Member, read: forms.Both) -> bool:
    """Password and code; who signs in elsewhere has only the code."""
    known = me.account.password is None or await _knows(gate, request, me, read.now.get_secret_value())
    wait_s = gate.throttle.take(f"code of {me.account.login}", visitor(request))
    if not known or wait_s:
        return False
    taken = await PAGES.run(sign_in.take_code, gate, gate.store, me.account, read.code, gate.clock())
    if taken:
        gate.throttle.succeeded(f"code of {me.account.login}", visitor(request))
    return taken


async def _change(gate: Gate, request: Request, me: Member, what: str, **values: object) -> sign_in.In:
    """Write it, note it, and sign every other browser out; a code for a new password opens no more."""
    deed = gate.deed(access_of(me), request, "changed", f"member:{me.account.member}", what)

    def write() -> None:
        with gate.store.begin() as done:
            if values:
                done.accounts.change(me.account.firm, me.account.member, **values)
            done.passes.end_others("reset", me.account.firm, me.account.member, gate.clock())
            done.access_log.add([deed])

    await PAGES.run(write)
    return await sign_in.renew(gate, request, me)


async def _show_codes(request: Request, here: Services, entered: sign_in.In) -> Response:
    """The page under the new session, with codes that only it shows."""
    codes = recovery.make_codes()
    digests = [digest for code in codes if (digest := recovery.code_digest(code)) is not None]
    me = request.state.member = _me(await PAGES.run(here.gate.lookup, entered.secret))
    whose = (me.account.firm, me.account.member)
    await PAGES.run(here.records.accounts.put_recovery_codes, *whose, digests)
    response = await _page(request, here, me, view.Told(codes=tuple(codes)))
    return keep_in(request, response, entered)


async def _wrong(request: Request, here: Services, me: Member, name: str, form: Form) -> Response:
    return await _page(request, here, me, view.Told(forms={name: form}), 422)


async def _refused(
    request: Request, here: Services, me: Member, name: str, errors: dict[str, str]
) -> Response:
    language: Language = language_of(request)
    blank = forms.BY_NAME[name].blank(language, f"/account/{name}")
    form = blank.with_errors(errors, WORDS.count(language, "form.wrong", len(errors)))
    return await _page(request, here, me, view.Told(forms={name: form}), 422)


async def _page(request: Request, here: Services, me: Member, told: view.Told, status: int = 200) -> Response:
    access, whose = access_of(me), (me.account.firm, me.account.member)
    issuers = await PAGES.run(here.records.accounts.issuers_of, *whose)
    told = replace(
        told, secret=here.gate.totp_secret(me.account), providers=here.settings.providers, issuers=issuers
    )
    sessions = await PAGES.run(here.records.sessions.of_member, access, me.account.member)
    left = await PAGES.run(here.records.accounts.recovery_codes_left, *whose)
    built = view.build(
        me, sessions, left, here.clock(), language_of(request), here.assets, await hidden(request), told
    )
    return await page(request, built, status)
