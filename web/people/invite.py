"""Asking somebody in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from store.records.access import Access
from web.access.principal import Member
from web.http.assets import Assets
from web.kit.act import Hidden
from web.kit.form import Form, FormOf
from web.kit.frame import Frame, frame
from web.kit.language import Language
from web.kit.link import Link
from web.kit.places import masthead
from web.people import forms
from web.people.named import SiteNames, role_choices, role_groups, site_choices
from web.people.words import say

PATH = "/people/invite"


@dataclass(frozen=True, slots=True)
class InvitePage:
    frame: Frame
    title: str
    lead: str
    form: Form


def form_of(access: Access, sites: SiteNames, language: Language) -> FormOf[forms.Invite]:
    """The form with what whoever asks may give."""
    form = forms.INVITE.with_choices(roles=role_choices(access, language), sites=site_choices(sites))
    return form.with_groups(roles=role_groups(language))


def build(
    me: Member,
    access: Access,
    form: Form,
    *,
    mailed: bool,
    language: Language,
    assets: Assets,
    hidden: Hidden,
) -> InvitePage:
    """`mailed`: whether there is a server that takes mail."""
    title = say(language, "invite.title")
    left_out = {
        *(() if mailed else ("email",)),
        *(() if access.may("invitation", "add") else ("everywhere",)),
    }
    fields = tuple(field for field in form.fields if field.name not in left_out and not _is_empty(field))
    crumbs = (Link(say(language, "people.title"), "/people"), Link(title, PATH))
    return InvitePage(
        frame(language, title, assets, room="people", masthead=masthead(me, "people", language, crumbs)),
        title,
        say(language, "invite.lead"),
        replace(form, fields=fields).guarded(hidden),
    )


def _is_empty(field: object) -> bool:
    """Of a firm without sites."""
    return getattr(field, "name", "") == "sites" and not getattr(field, "options", ())
