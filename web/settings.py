"""What whoever runs the server settles about its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from web.http.rate import Rate


@dataclass(frozen=True, slots=True)
class MailOptions:
    """A server that takes mail (SMTP): `sender` is the address it is from. `tls`: STARTTLS is demanded."""

    host: str
    port: int
    sender: str
    tls: bool = True
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Provider:
    """Another provider of sign-in (OpenID Connect): `issuer` is where it is found. Whoever it says has
    `claim` with a value of `roles` is a member of `firm` in that role; without, it takes an invitation."""

    id: str
    label: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    firm: str | None = None
    claim: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kept:
    """For how many days things are kept, as pages tell it; None: as long as the site. Events are what people
    did; of readings there are values of minutes afterwards."""

    events_days: float | None = None
    readings_days: float | None = None
    rollups_days: float | None = None


@dataclass(frozen=True, slots=True)
class WebOptions:
    """What holds for all pages.

    `base_url` is what stands before a path, https://… without a slash at its end; None where nobody has said
    it. `icp_number` stands in the footer (mainland China asks for it); `verification_files`, name to text,
    are served at the root, as WeChat and search engines ask. `secure_cookies`: only over TLS. `api_rate` is
    how often one token may ask.
    """

    base_url: str | None = None
    icp_number: str | None = None
    verification_files: Mapping[str, str] = field(default_factory=dict)
    secure_cookies: bool = False
    mail: MailOptions | None = None
    providers: tuple[Provider, ...] = ()
    api_rate: Rate = field(default_factory=Rate)
    kept: Kept = Kept()
