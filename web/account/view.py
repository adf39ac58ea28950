"""One's own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import segno
from markupsafe import Markup

from store.records.sessions import SignedIn
from web.access import csrf, totp
from web.access.principal import Member
from web.account import forms
from web.account.words import WORDS, say
from web.http.assets import Assets
from web.kit.act import Act, Hidden, Look
from web.kit.form import Form
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.notice import Notice
from web.kit.numbers import age
from web.kit.places import masthead
from web.settings import Provider

#: Of the QR code: modules of 5 px, within the four that scanners want around it (ISO/IEC 18004).
_SCALE = 5


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that is signed in; `end` is how to end it, None for this one."""

    name: str
    under: str
    end: Act | None


@dataclass(frozen=True, slots=True)
class Tied:
    """A provider by which they sign in; `untie` is how to end that, None for who has no password."""

    said: str
    untie: Form | None


@dataclass(frozen=True, slots=True)
class AccountPage:
    frame: Frame
    name: str
    under: str
    text: dict[str, str]
    notice: Notice | None
    sign_out: Act
    password: Form | None
    totp_state: str
    totp_forms: tuple[Form, ...]
    qr: Markup
    secret: str
    codes: tuple[str, ...]
    devices: tuple[Device, ...]
    end_others: Act | None
    #: Providers to sign in with as well.
    ties: tuple[Link, ...]
    tied: tuple[Tied, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What the page is to show beside what is always there: forms with errors by their path, new codes."""

    forms: dict[str, Form] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    said: str = ""
    #: What an authenticator is to take over, while that is under way.
    secret: bytes | None = None
    providers: tuple[Provider, ...] = ()
    #: Of the providers by which they sign in already.
    issuers: frozenset[str] = frozenset()


def build(
    member: Member,
    sessions: Sequence[SignedIn],
    codes_left: int,
    now: int,
    language: Language,
    assets: Assets,
    hidden: Hidden,
    told: Told,
) -> AccountPage:
    """The page of who is signed in."""
    account = member.account
    texts = WORDS.raw(language, _TEXTS)
    roles = ("、" if language == "zh" else ", ").join(
        say(language, f"role.{role}") for role in sorted(account.roles)
    )
    confirming = account.totp_secret is not None and account.totp_confirmed is None
    return AccountPage(
        frame=frame(
            language,
            texts["account.title"],
            assets,
            room="account",
            masthead=masthead(member, "account", language),
        ),
        name=account.name,
        under=say(language, "account.roles", roles=roles),
        text=texts,
        notice=Notice(say(language, told.said), "done") if told.said else None,
        sign_out=Act(say(language, "sign_out"), "/door/sign-out", hidden),
        password=_form("password", member, language, hidden, told) if account.password else None,
        totp_state=say(
            language, "totp.off" if account.totp_confirmed is None else "totp.on", left=codes_left
        ),
        totp_forms=tuple(_form(name, member, language, hidden, told) for name in _of_totp(member)),
        qr=_qr(told.secret, account.login) if confirming and told.secret else Markup(),
        secret=totp.base32(told.secret) if confirming and told.secret else "",
        codes=told.codes,
        devices=tuple(_device(one, member, now, language, hidden) for one in sessions),
        end_others=_end_others(language, hidden) if len(sessions) > 1 else None,
        ties=tuple(_tie(one, member, language) for one in told.providers if one.issuer not in told.issuers),
        tied=tuple(
            _tied(one, member, language, hidden, told) for one in told.providers if one.issuer in told.issuers
        ),
    )


def _of_totp(member: Member) -> tuple[str, ...]:
    account = member.account
    if account.totp_confirmed is not None:
        return ("renew", "remove")
    if account.password is None:
        return ()
    return ("confirm", "begin") if account.totp_secret is not None else ("begin",)


def _form(name: str, member: Member, language: Language, hidden: Hidden, told: Told) -> Form:
    blank = forms.BY_NAME[name].blank(language, f"/account/{name}")
    look: Look = "ink" if name == "password" else "pill"  # one filled button a page
    return replace(
        told.forms.get(name, blank).guarded(hidden), id=name, look=look, login=member.account.login
    )


def _device(one: SignedIn, member: Member, now: int, language: Language, hidden: Hidden) -> Device:
    here = one.id == member.session.id
    used = age(max(0, now - one.seen), language)
    under = say(language, "sessions.seen", age=used, address=one.address)
    end = Act(say(language, "sessions.end"), f"/account/sessions/{one.id}/end", hidden, look="text")
    name = f"{one.device} · {say(language, 'sessions.this')}" if here else one.device
    return Device(name, under, None if here else end)


def _end_others(language: Language, hidden: Hidden) -> Act:
    return Act(say(language, "sessions.end_others"), "/account/sessions/end-others", hidden)


def _tie(provider: Provider, member: Member, language: Language) -> Link:
    address = f"/door/with/{provider.id}?next=%2Faccount&tie={csrf.tie_token_of(member.secret)}"
    return Link(say(language, "account.tie", label=provider.label), address)


def _tied(provider: Provider, member: Member, language: Language, hidden: Hidden, told: Told) -> Tied:
    said = say(language, "account.tied", label=provider.label)
    if member.account.password is None:  # nobody locks themselves out
        return Tied(said, None)
    name = f"untie/{provider.id}"
    form = told.forms.get(name, forms.UNTIE.blank(language, f"/account/{name}")).guarded(hidden)
    form = replace(form, id=f"untie-{provider.id}", look="pill", login=member.account.login)
    return Tied(said, form)


def _qr(secret: bytes, login: str) -> Markup:
    """Inline, for no picture of a secret is to be fetched or kept; black on white also in the dark."""
    code = segno.make(totp.address(secret, login, "Plumbline"), error="m")
    return Markup(code.svg_inline(scale=_SCALE, dark="#000", light="#fff", svgclass="qr"))  # noqa: S704 - segno's


_TEXTS = (
    *("account.title", "password.title", "password.lead", "password.none", "totp.title", "totp.scan"),
    *("totp.picture", "codes.title", "codes.lead", "codes.done", "sessions.title"),
)
