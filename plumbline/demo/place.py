"""Where a demo lives: its folder, its ports, and the secrets that open it for its visitor."""

from __future__ import annotations

import contextlib
import json
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plumbline.children import ChildError
from plumbline.demo.story import PEOPLE, VISITORS, SiteOfStory
from plumbline.ports import free_port
from web.access.secret import digest, make_secret

PREFERRED_PORT: Final = 8080
#: Before the key in the address of a person.
DOOR: Final = "/door/local"
_GUESTS: Final = "guests.json"


@dataclass(frozen=True, slots=True)
class Place:
    """`keys`: login -> what its address holds; `tokens`: project -> those of its links."""

    folder: Path
    port: int
    broker_port: int
    password: str
    keys: Mapping[str, str]
    tokens: Mapping[str, tuple[str, ...]]

    @property
    def url(self) -> str:
        """Of the pages, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def of(self, site: SiteOfStory) -> Path:
        """What stands on a site: its lines, its agent's files."""
        return self.folder / "sites" / site.id

    def site_file(self, site: SiteOfStory) -> Path:
        """The agent's."""
        return self.of(site) / "site.yaml"

    def history(self, site: SiteOfStory) -> Path:
        """The recording of its past."""
        return self.of(site) / "history"

    def password_file(self, site: SiteOfStory) -> Path:
        """The agent's, for the broker."""
        return self.of(site) / "agent-password"

    @property
    def settings_file(self) -> Path:
        return self.folder / "plumbline.yaml"


@dataclass(frozen=True, slots=True)
class Guests:
    """Who may come in, as the server is told: digests, never keys, but for the one password of all."""

    password: str
    logins: dict[bytes, str]
    links: dict[str, tuple[bytes, ...]]


def new_place(stack: contextlib.ExitStack, kept: str | None, port: int | None) -> Place:
    """A new folder, free ports, new secrets. `kept` names a folder that stays. Raises ChildError."""
    if kept:
        folder = Path(kept).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ChildError(f"DEMO_DIR {folder} is not empty; name a new folder")
    else:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plumbline-demo-")))
    return Place(
        folder=folder,
        port=port or free_port(PREFERRED_PORT),
        broker_port=free_port(),
        password=secrets.token_urlsafe(9),
        keys={person.login: make_secret() for person in PEOPLE},
        tokens={
            project: tuple(secrets.token_urlsafe(16) for _ in whom) for project, whom in VISITORS.items()
        },
    )


def write_guests(place: Place) -> None:
    """For the server; nobody else may read it."""
    told = {
        "password": place.password,
        "logins": {digest(key).hex(): login for login, key in place.keys.items()},
        "links": {project: [digest(one).hex() for one in tokens] for project, tokens in place.tokens.items()},
    }
    write_private(place.folder / _GUESTS, json.dumps(told))


def read_guests(folder: Path) -> Guests:
    """As `write_guests` left them."""
    told = json.loads((folder / _GUESTS).read_text("utf-8"))
    return Guests(
        told["password"],
        {bytes.fromhex(one): login for one, login in told["logins"].items()},
        {project: tuple(map(bytes.fromhex, links)) for project, links in told["links"].items()},
    )


def write_private(path: Path, text: str) -> None:
    """A file that its owner alone reads, from its first byte on."""
    path.touch(0o600, exist_ok=False)
    path.write_text(text, encoding="utf-8")
