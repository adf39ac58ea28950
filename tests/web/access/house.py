"""Two firms with a person of every role, behind the real application; browsers that sign in."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from httpx2 import Response
from starlette.testclient import TestClient

from store.records.access import ROLES, Access, Role
from store.records.accounts import Account
from store.records.registry import Firm, Registration, Site
from store.records.tenancy import site_ref
from tests.registered import register
from tests.web.services import services_over
from tests.web.site_day import Stand
from web.access.passwords import _HASHER
from web.access.rights import of_roles
from web.app import create_app
from web.services import Services

PASSWORD = "brass plumb bob 38"
#: Hashed once: it takes a while.
ENCODED = _HASHER.hash(PASSWORD)
OURS, THEIRS = "fenglin", "other"
#: The site of whoever is on one; another of the firm; one of the other firm.
SITE, ELSEWHERE, ABROAD = "site-a", "site-b", "site-c"
ORIGIN = "http://testserver"


@dataclass
class House:
    """The application over real stores."""

    services: Services
    app: Any = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.services)

    def account(self, role: Role, firm: str = OURS) -> Account:
        """The person of this role; signs in as ROLE@FIRM."""
        found = self.services.records.accounts.get(firm, role.replace("_", "-"))
        assert found is not None
        return found

    def access(self, role: Role, firm: str = OURS) -> Access:
        """What they may."""
        account = self.account(role, firm)
        return Access(
            firm,
            f"member:{account.member}",
            of_roles(account.roles),
            account.sites,
            account.sites,
            account.member,
        )

    @contextmanager
    def browser(self, role: Role | None = None, firm: str = OURS, **headers: str) -> Iterator[Browser]:
        """One that is nobody's yet, or signed in."""
        headers = {"Accept-Language": "en", "Accept": "text/html"} | headers
        with TestClient(self.app, headers=headers, follow_redirects=False) as client:
            browser = Browser(client)
            if role is not None:
                answer = browser.sign_in(f"{role}@{firm}")
                assert answer.status_code == 303, answer.text
            yield browser


@dataclass
class Browser:
    """Fills in the forms it was shown, and sends them as a browser does."""

    client: TestClient

    def get(self, path: str, **options: Any) -> Response:
        return self.client.get(path, **options)

    def send(self, path: str, page: str | None = None, origin: str | None = ORIGIN, **typed: Any) -> Response:
        """Post to `path` from the form on `page` (the same address where none is named)."""
        shown = self.client.get(page or path).text
        token = re.search(r'name="csrf" value="([^"]+)"', shown)
        data = {"csrf": token[1] if token else ""} | typed
        return self.client.post(path, data=data, headers={"Origin": origin} if origin else {})

    def sign_in(self, login: str, password: str = PASSWORD, path: str = "/door/sign-in") -> Response:
        return self.send(path, login=login, password=password)

    @property
    def session(self) -> str | None:
        """The cookie."""
        return self.client.cookies.get("session")


def furnish(stand: Stand, **changes: Any) -> House:
    """Everybody on SITE alone, but for those whose rights are the firm's."""
    registration = Registration(
        firms=[Firm(OURS, "Fenglin"), Firm(THEIRS, "Other")],
        sites=[
            Site(OURS, site_ref(SITE), "Asia/Shanghai"),
            Site(OURS, site_ref(ELSEWHERE), "Asia/Shanghai"),
            Site(THEIRS, site_ref(ABROAD), "Asia/Shanghai"),
        ],
    )
    register(stand.records, registration)
    house = House(services_over(stand, **changes))
    with house.services.records.begin() as done:
        for firm, role in itertools.product((OURS, THEIRS), ROLES):
            site = SITE if firm == OURS else ABROAD
            sites = None if role == "owner" else frozenset({site})
            who = (role.replace("_", "-"), f"A {role}", f"{role}@{firm}", None)
            account = Account(firm, *who, frozenset({role}), sites, ENCODED, created=stand.clock())
            done.accounts.add(account)
    return house
