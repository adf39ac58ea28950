"""People, and asking somebody in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fastapi import HTTPException, Request
from starlette.responses import Response

from store.records.access import ROLES, Access
from store.records.records import Records
from store.threads import PAGES
from web.access import invitations
from web.access.form import Sent
from web.access.mail import send_soon
from web.access.page import go, hidden, page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.kit.form import Form
from web.kit.language import Language, as_language
from web.kit.link import Link
from web.kit.numbers import moment
from web.people import invite, shown, view
from web.people.named import site_names
from web.people.words import WORDS, say
from web.services import Here, Services

room = Room("/people")
routes = room.routes
_SAID = frozenset({"withdrawn", "ended"})


@room.get("", right=Right("member", "see"))
async def people(request: Request, here: Here, access: Access, me: Member) -> Response:
    """Those one may see."""
    language = language_of(request)
    known = await PAGES.run(_known, here.records, access, here.clock(), me.zone, language)
    said = request.query_params.get("said", "")
    told = f"said.{said}" if said in _SAID else ""
    built = view.build(me, access, known, language, here.assets, await hidden(request), told)
    return await page(request, built)


@room.get("/invite", right=Right("invitation", "add"))
async def invite_page(request: Request, here: Here, access: Access, me: Member) -> Response:
    """Name, roles, sites."""
    language = language_of(request)
    sites = await PAGES.run(site_names, here.records, access, language)
    given = {"language": language}
    form = invite.form_of(access, sites, language).blank(language, invite.PATH, given)
    return await _asking(request, here, access, me, form, 200)


@room.post("/invite", right=Right("invitation", "add"))
async def ask_in(request: Request, here: Here, access: Access, me: Member, sent: Sent) -> Response:
    """The link, shown once, and mailed where there is a server for that."""
    language = language_of(request)
    sites = await PAGES.run(site_names, here.records, access, language)
    made = invite.form_of(access, sites, language)
    read = made.read(language, invite.PATH, sent.typed)
    if not isinstance(read, Form) and not (read.everywhere or read.sites):
        given = read.model_dump()
        read = with_error(made.blank(language, invite.PATH, given), "sites", "invite.sites.needed", language)
    if isinstance(read, Form):
        return await _asking(request, here, access, me, read, 422)
    roles = frozenset(role for role in ROLES if role in read.roles)
    on = None if read.everywhere else frozenset(read.sites)
    asked_in = as_language(read.language) or language
    gate = here.gate
    secret, one = await invitations.invite(gate, request, access, read.name, roles, on, asked_in)
    address = f"{base_of(request, here)}/door/invitation/{secret}?lang={asked_in}"
    also = ""
    if read.email and can_mail(here):
        _mail(here, me, read.email, address, asked_in)
        also = say(language, "shown.invitation.mailed", email=read.email)
    until = moment(one.ends, here.clock(), me.zone, language)
    title = say(language, "shown.invitation.title", name=read.name)
    lead = say(language, "shown.invitation.lead", until=until)
    done = Link(say(language, "shown.done"), "/people")
    return await page(request, shown.build(me, title, lead, address, also, done, language, here.assets))


@room.post("/invitations/{invitation}/withdraw", right=Right("invitation", "remove"))
async def withdraw(request: Request, here: Here, access: Access, invitation: str) -> Response:
    """It opens no more."""
    if not await invitations.withdraw(here.gate, request, access, invitation):
        raise HTTPException(404)
    return go(request, "/people?said=withdrawn")


def base_of(request: Request, here: Services) -> str:
    """What stands before a path of ours: as the settings say, else as whoever asks has found us."""
    said = here.settings.base_url
    return said or f"{request.url.scheme}://{request.headers.get('host', '')}"


def can_mail(here: Services) -> bool:
    """A link in a mail names our own address, never one that somebody has put into a header."""
    return here.settings.mail is not None and here.settings.base_url is not None


def with_error(form: Form, field: str, key: str, language: Language) -> Form:
    """With what was typed, and what is wrong at one field."""
    return form.with_errors({field: say(language, key)}, WORDS.count(language, "form.wrong", 1))


async def _asking(
    request: Request, here: Services, access: Access, me: Member, form: Form, status: int
) -> Response:
    language, guarded = language_of(request), await hidden(request)
    mailed = can_mail(here)
    built = invite.build(
        me, access, form, mailed=mailed, language=language, assets=here.assets, hidden=guarded
    )
    return await page(request, built, status)


def _mail(here: Services, me: Member, to: str, address: str, language: Language) -> None:
    words = {"firm": me.firm_name, "by": me.account.name, "address": address}
    texts = (say(language, f"invite.mail.{part}", **words) for part in ("subject", "text"))
    if here.settings.mail is not None:
        send_soon(here.settings.mail, to, *texts)


def _known(records: Records, access: Access, now: int, zone: ZoneInfo, language: Language) -> view.Known:
    may = access.scope("invitation", "see") is not None
    waiting = records.passes.invitations(access, now) if may else None
    return view.Known(
        records.members.all(access),
        records.sessions.last_seen(access),
        waiting,
        site_names(records, access, language),
        now,
        zone,
        invitations.given_no_more(records, waiting or ()),
    )
