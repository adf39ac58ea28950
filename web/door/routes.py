"""The doors of the house's own people."""

from __future__ import annotations

import math

from fastapi import Request
from starlette.responses import Response

from store.records.access import operator
from store.records.accounts import LoginTakenError
from store.records.passes import OneTimePass
from store.threads import PAGES
from web.access import passwords, resets, sign_in
from web.access.form import Sent
from web.access.invitations import Joining, accept, claim, look
from web.access.page import go, hidden, out, page
from web.access.principal import Member
from web.access.redirect import ours, with_next
from web.access.rights import OPEN, SIGNED_IN
from web.access.room import Room
from web.door import forms, view
from web.door.words import WORDS, say
from web.http.addresses import visitor
from web.http.languages import language_of
from web.kit.form import Form
from web.kit.language import Language
from web.kit.link import Link
from web.kit.notice import Notice
from web.people.named import roles_said, site_names, sites_said
from web.services import Here, Services

room = Room("/door")
routes = room.routes
SIGN_IN = "/door/sign-in"


@room.get("/sign-in", right=OPEN)
async def sign_in_page(request: Request, here: Here) -> Response:
    """Login and password."""
    language = language_of(request)
    form = forms.SIGN_IN.blank(language, _here(request))
    said = request.query_params.get("said")
    notice = Notice(say(language, said), "done") if said in {"reset.done", "sign_in.signed_out"} else None
    return await _sign_in(request, here, form, 200, notice)


@room.post("/sign-in", right=OPEN)
async def try_sign_in(request: Request, here: Here, sent: Sent) -> Response:
    """On to `next`, or to the second factor."""
    language = language_of(request)
    read = forms.SIGN_IN.read(language, _here(request), sent.typed)
    if isinstance(read, Form):
        return await _sign_in(request, here, read, 422)
    found = await sign_in.with_password(here.gate, request, read.login, read.password.get_secret_value())
    if isinstance(found, sign_in.In):
        return go(request, _next(request) if found.stage == "whole" else _to_second(request), found)
    form = forms.SIGN_IN.blank(language, _here(request), {"login": read.login})
    refused = form.with_errors({}, "", _refusal(language, found, "sign_in.wrong"))
    return _later(await _sign_in(request, here, refused, _status(found)), found)


@room.get("/second", right=OPEN)
async def second_page(request: Request, here: Here, member: Member | None) -> Response:
    """What somebody has, after what they know."""
    if member is None or member.session.stage != "password":
        return go(request, SIGN_IN)
    return await _second(request, here, forms.SECOND.blank(language_of(request), _here(request)), 200)


@room.post("/second", right=OPEN)
async def try_second(request: Request, here: Here, sent: Sent, member: Member | None) -> Response:
    """On to `next`."""
    if member is None or member.session.stage != "password":
        return go(request, SIGN_IN)
    language = language_of(request)
    read = forms.SECOND.read(language, _here(request), sent.typed)
    if isinstance(read, Form):
        return await _second(request, here, read, 422)
    found = await sign_in.with_code(here.gate, request, member, read.code)
    if isinstance(found, sign_in.In):
        return go(request, _next(request), found)
    form = forms.SECOND.blank(language, _here(request))
    refused = form.with_errors({}, "", _refusal(language, found, "second.wrong"))
    return _later(await _second(request, here, refused, _status(found)), found)


@room.post("/sign-out", right=SIGNED_IN)
async def sign_out(request: Request, here: Here, member: Member | None) -> Response:
    """This browser alone."""
    if member is not None:
        await sign_in.leave(here.gate, request, member)
    return out(request, f"{SIGN_IN}?said=sign_in.signed_out")


@room.get("/owner", right=OPEN)
async def owner_page(request: Request, here: Here) -> Response:
    """With the code from the console."""
    return await _owner(request, here, forms.OWNER.blank(language_of(request), "/door/owner"), 200)


@room.post("/owner", right=OPEN)
async def become_owner(request: Request, here: Here, sent: Sent) -> Response:
    """The first owner of a firm."""
    language = language_of(request)
    read = forms.OWNER.read(language, "/door/owner", sent.typed)
    if isinstance(read, Form):
        return await _owner(request, here, read, 422)
    joining = Joining(read.login, read.name, read.password.get_secret_value())
    errors = _weakness(language, joining)
    if not errors and not (wait_s := here.gate.throttle.take("owner", visitor(request))):
        try:
            account = await claim(here.gate, read.code.strip(), read.firm, joining)
        except LoginTakenError:
            errors = {"login": say(language, "join.taken")}
        else:
            if account is not None:
                here.gate.throttle.succeeded("owner", visitor(request))
                return go(request, "/", await sign_in.enter(here.gate, request, account, "whole"))
            errors = {"code": say(language, "owner.wrong")}
    elif not errors:
        errors = {"code": say(language, "later", wait_s=math.ceil(wait_s))}
    form = forms.OWNER.blank(language, "/door/owner", read.model_dump(exclude={"password"}))
    return await _owner(request, here, form.with_errors(errors, _wrong(language)), 422)


@room.get("/invitation/{secret}", right=OPEN)
async def invitation_page(request: Request, here: Here, secret: str) -> Response:
    """Who invites to what; nothing is used up by looking."""
    one = await PAGES.run(look, here.gate, secret)
    form = forms.JOIN.blank(
        language_of(request), request.url.path, {"name": one.body["name"]} if one else None
    )
    return await _invitation(request, here, one, form, 200)


@room.post("/invitation/{secret}", right=OPEN)
async def join(request: Request, here: Here, secret: str, sent: Sent) -> Response:
    """Become a member, in the roles and on the sites of the invitation and no others."""
    language = language_of(request)
    one = await PAGES.run(look, here.gate, secret)
    read = forms.JOIN.read(language, request.url.path, sent.typed)
    if one is None:
        return await _invitation(request, here, None, None, 410)
    if isinstance(read, Form):
        return await _invitation(request, here, one, read, 422)
    joining = Joining(read.login, read.name, read.password.get_secret_value(), read.email or "")
    errors = _weakness(language, joining)
    if not errors:
        try:
            account = await accept(here.gate, secret, joining)
        except LoginTakenError:
            errors = {"login": say(language, "join.taken")}
        else:
            if account is None:
                return await _invitation(request, here, None, None, 410)
            return go(request, "/", await sign_in.enter(here.gate, request, account, "whole"))
    form = forms.JOIN.blank(language, request.url.path, read.model_dump(exclude={"password"}))
    return await _invitation(request, here, one, form.with_errors(errors, _wrong(language)), 422)


@room.get("/reset", right=OPEN)
async def reset_page(request: Request, here: Here) -> Response:
    """With a code from an owner, or from a mail."""
    return await _reset(request, here, forms.RESET.blank(language_of(request), "/door/reset"), 200)


@room.get("/reset/{secret}", right=OPEN)
async def reset_by_link(request: Request, here: Here, secret: str) -> Response:
    """The code is filled in; nothing is used up by looking."""
    filled = {"code": secret[: forms.LONGEST_CODE]}
    return await _reset(request, here, forms.RESET.blank(language_of(request), "/door/reset", filled), 200)


@room.post("/reset", right=OPEN)
async def reset_password(request: Request, here: Here, sent: Sent) -> Response:
    """A new password; then sign in with it."""
    language = language_of(request)
    read = forms.RESET.read(language, "/door/reset", sent.typed)
    if isinstance(read, Form):
        return await _reset(request, here, read, 422)
    password = read.password.get_secret_value()
    errors = _weakness(language, Joining("", "", password))
    if not errors and not (wait_s := here.gate.throttle.take("reset", visitor(request))):
        if await resets.reset(here.gate, request, read.code, password) is not None:
            here.gate.throttle.succeeded("reset", visitor(request))
            return go(request, f"{SIGN_IN}?said=reset.done")
        errors = {"code": say(language, "reset.wrong")}
    elif not errors:
        errors = {"code": say(language, "later", wait_s=math.ceil(wait_s))}
    form = forms.RESET.blank(language, "/door/reset", {"code": read.code})
    return await _reset(request, here, form.with_errors(errors, _wrong(language)), 422)


@room.get("/forgot", right=OPEN)
async def forgot_page(request: Request, here: Here) -> Response:
    """For a code by mail, where mail is set up."""
    if here.settings.mail is None:
        return go(request, "/door/reset")
    return await _forgot(request, here, forms.FORGOT.blank(language_of(request), "/door/forgot"), 200)


@room.post("/forgot", right=OPEN)
async def mail_code(request: Request, here: Here, sent: Sent) -> Response:
    """The same answer for every login."""
    language = language_of(request)
    read = forms.FORGOT.read(language, "/door/forgot", sent.typed)
    if isinstance(read, Form):
        return await _forgot(request, here, read, 422)
    form = forms.FORGOT.blank(language, "/door/forgot")
    if wait_s := await resets.ask_by_mail(here.gate, request, read.login, language):
        later = form.with_errors({}, "", say(language, "later", wait_s=math.ceil(wait_s)))
        return await _forgot(request, here, later, 429)
    return await _forgot(request, here, form, 200, Notice(say(language, "forgot.sent"), "done"))


async def _sign_in(
    request: Request, here: Services, form: Form, status: int, notice: Notice | None = None
) -> Response:
    language = language_of(request)
    others = [
        Link(
            say(language, "sign_in.with", label=one.label), with_next(f"/door/with/{one.id}", _next(request))
        )
        for one in here.settings.providers
    ]
    forgot = Link(say(language, "sign_in.forgot"), "/door/forgot" if here.settings.mail else "/door/reset")
    return await _door(request, here, "sign_in", form, status, notice, (*others, forgot))


async def _second(request: Request, here: Services, form: Form, status: int) -> Response:
    back = Link(say(language_of(request), "back"), SIGN_IN)
    return await _door(request, here, "second", form, status, None, (back,))


async def _owner(request: Request, here: Services, form: Form, status: int) -> Response:
    return await _door(request, here, "owner", form, status)


async def _reset(request: Request, here: Services, form: Form, status: int) -> Response:
    return await _door(request, here, "reset", form, status)


async def _forgot(
    request: Request, here: Services, form: Form, status: int, notice: Notice | None = None
) -> Response:
    with_code = Link(say(language_of(request), "reset.title"), "/door/reset")
    return await _door(request, here, "forgot", form, status, notice, (with_code,))


async def _door(
    request: Request,
    here: Services,
    name: str,
    form: Form,
    status: int,
    notice: Notice | None = None,
    ways: tuple[Link, ...] = (),
) -> Response:
    language = language_of(request)
    title, lead = say(language, f"{name}.title"), say(language, f"{name}.lead")
    guarded = form.guarded(await hidden(request))
    return await page(request, view.build(language, here.assets, title, lead, guarded, notice, ways), status)


async def _invitation(
    request: Request, here: Services, one: OneTimePass | None, form: Form | None, status: int
) -> Response:
    language = language_of(request)
    if one is None or form is None:
        over = view.build(language, here.assets, say(language, "sign_in.title"), say(language, "join.over"))
        return await page(request, over, 404 if status == 200 else status)
    firm = await PAGES.run(here.gate.store.accounts.firm_name, one.firm or "")
    names = await PAGES.run(site_names, here.records, operator(one.firm or ""), language)
    sites = sites_said(one.body["sites"] or None, names, language)
    lead = say(language, "join.lead", roles=roles_said(one.body["roles"], language), sites=sites)
    title = say(language, "join.title", firm=firm)
    guarded = form.guarded(await hidden(request))
    ways = tuple(
        Link(
            say(language, "sign_in.with", label=provider.label),
            f"/door/with/{provider.id}?invitation={request.path_params['secret']}",
        )
        for provider in here.settings.providers
    )
    return await page(request, view.build(language, here.assets, title, lead, guarded, None, ways), status)


def _refusal(language: Language, found: sign_in.Later | sign_in.Wrong, wrong: str) -> str:
    if isinstance(found, sign_in.Later):
        return say(language, "later", wait_s=math.ceil(found.wait_s))
    return say(language, wrong)


def _status(found: sign_in.Later | sign_in.Wrong) -> int:
    return 429 if isinstance(found, sign_in.Later) else 422


def _later(response: Response, found: sign_in.Later | sign_in.Wrong) -> Response:
    if isinstance(found, sign_in.Later):
        response.headers["Retry-After"] = str(math.ceil(found.wait_s))
    return response


def _weakness(language: Language, joining: Joining) -> dict[str, str]:
    found = passwords.weakness(joining.password, joining.login, joining.name)
    return {"password": say(language, found)} if found else {}


def _wrong(language: Language) -> str:
    return WORDS.count(language, "form.wrong", 1)


def _here(request: Request) -> str:
    """The same door, with where one goes on to afterwards."""
    return with_next(request.url.path, _next(request))


def _to_second(request: Request) -> str:
    return with_next("/door/second", _next(request))


def _next(request: Request) -> str:
    return ours(request.query_params.get("next", "/"))
