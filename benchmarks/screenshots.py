"""`make screenshots`: every page on a phone and on a desk, in both languages, light and dark.

They go to build/screenshots/, with an index, and the README's picture to docs/. The pages come from the table
of rooms: every address that answers a GET with HTML, its parts filled from EXAMPLES. A new page is taken by
itself, and a part without an example stops the run with the remedy.

`--url` takes pages of a server that runs already (make demo), by `--page NAME=ADDRESS`.
"""

from __future__ import annotations

import argparse
import html
import re
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi.routing import APIRoute

from web.access.rights import Open
from web.access.room import rights_of

if TYPE_CHECKING:
    from fastapi import APIRouter
    from playwright.sync_api import Browser, StorageState

CHROMIUM: Final = "/usr/bin/chromium"
_ARGUMENTS: Final = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--disable-default-apps", "--disable-dev-shm-usage",
)  # fmt: skip
#: {name} or {name:path} of an address.
_PART: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
#: Chromium draws no window that is taller than a texture.
_TALLEST: Final = 8_000
_DOCTYPE: Final = b"<!doctype html>"
FOLDER: Final = Path(__file__).parents[1] / "build" / "screenshots"
WIDTHS: Final = {"phone": 390, "desk": 1280}
LANGUAGES: Final = ("zh", "en")
SCHEMES: Final = ("light", "dark")
#: On a desk and on a phone, for the README.
BEST: Final = ("customer-customer_page-desk-en-light.png", "customer-customer_page-phone-zh-dark.png")
README_PICTURE: Final = Path(__file__).parents[1] / "docs" / "customer-page.png"
#: Streams never end, so there is no waiting for the network.
_DRAWN: Final = """() => document.fonts.status === "loaded\""""


@dataclass(frozen=True, slots=True)
class Address:
    """Of a page; `signed_in` where it is not for anybody."""

    path: str
    signed_in: bool = False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who signs in for the pages that ask for it."""

    login: str
    password: str
    #: The path of a customer's link that they open, too, where there is one.
    link: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture to take."""

    page: str
    address: Address
    device: str
    language: str
    scheme: str

    @property
    def name(self) -> str:
        return f"{self.page}-{self.device}-{self.language}-{self.scheme}.png"

    @property
    def width(self) -> int:
        """Of the browser, in px."""
        return WIDTHS[self.device]


def pages(routes: Iterable[tuple[str, APIRouter]], examples: Mapping[str, str]) -> dict[str, Address]:
    """Name and address of every page of the rooms. Raises KeyError for a part without an example."""
    found: dict[str, Address] = {}
    for room, router in routes:
        for route in router.routes:
            if not isinstance(route, APIRoute) or "GET" not in (route.methods or ()):
                continue
            if not route.path.endswith("/"):  # that is the same page once more
                name = room if route.name == room else f"{room}-{route.name}"
                signed_in = any(not isinstance(right, Open) for right in rights_of(route))
                found[name] = Address(_filled(route.path, examples), signed_in)
    return found


def _filled(path: str, examples: Mapping[str, str]) -> str:
    """The address of an example. Raises KeyError with the remedy."""
    parts: list[str] = _PART.findall(path)
    if missing := [part for part in parts if part not in examples]:
        raise KeyError(f"{path}: add an example for {', '.join(missing)} to EXAMPLES")
    return _PART.sub(lambda part: examples[part[1]], path)


def shots(addresses: Mapping[str, Address]) -> Iterator[Shot]:
    """All pictures, page by page."""
    for page, address in addresses.items():
        for device in WIDTHS:
            for language in LANGUAGES:
                for scheme in SCHEMES:
                    yield Shot(page, address, device, language, scheme)


def is_page(address: str, cookies: StorageState | None = None) -> bool:
    """Whether it answers with a document. Only its beginning is read; a part of a page has no doctype."""
    try:
        held = "; ".join(
            f"{one.get('name')}={one.get('value')}" for one in (cookies or {}).get("cookies", [])
        )
        request = urllib.request.Request(address, headers={"Cookie": held})  # noqa: S310  # our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  # our own server
            if answer.headers.get_content_type() != "text/html":
                return False  # a stream, which never ends
            return bytes(answer.read(len(_DOCTYPE))).lower() == _DOCTYPE
    except urllib.error.HTTPError:
        return False


def take(browser: Browser, url: str, shot: Shot, folder: Path, cookies: StorageState | None) -> None:
    """One picture, whole length, nothing moving."""
    phone = shot.device == "phone"
    context = browser.new_context(
        viewport={"width": shot.width, "height": 844 if phone else 900},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
        storage_state=cookies if shot.address.signed_in else None,
        locale="zh-CN" if shot.language == "zh" else "en-GB",
    )
    try:
        page = context.new_page()
        joint = "&" if "?" in shot.address.path else "?"
        page.goto(f"{url}{shot.address.path}{joint}lang={shot.language}")
        page.wait_for_function(_DRAWN)
        # As tall as the page: what is fixed to the window's foot stands at its end, and not across it.
        tall = page.evaluate("Math.max(innerHeight, document.documentElement.scrollHeight)")
        page.set_viewport_size({"width": shot.width, "height": min(tall, _TALLEST)})
        page.screenshot(path=folder / shot.name, full_page=True)
    finally:
        context.close()


def sign_in(browser: Browser, url: str, who: Visitor) -> StorageState:
    """The cookies of one who has filled in the form at the door and opened a link."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/door/sign-in")
    page.fill("[name=login]", who.login)
    page.fill("[name=password]", who.password)
    page.click("button.ink")
    page.wait_for_url(lambda address: "/door/sign-in" not in address)
    if who.link:
        page.goto(url + who.link)
    state = context.storage_state()
    context.close()
    return state


def index(taken: Iterable[Shot]) -> str:
    """A page with all pictures."""
    figures = "".join(
        f'<figure><a href="{name}"><img src="{name}" loading="lazy" width="{shot.width // 4}" alt=""></a>'
        f"<figcaption>{name}</figcaption></figure>"
        for shot in taken
        for name in [html.escape(shot.name)]
    )
    style = "body{font:13px sans-serif;display:flex;flex-wrap:wrap;gap:16px}figure{margin:0}"
    return f'<!doctype html><meta charset="utf-8"><title>Screenshots</title><style>{style}</style>{figures}\n'


def picture(browser: Browser, folder: Path, names: tuple[str, str], target: Path) -> None:
    """The README's picture: a page on a desk and on a phone, side by side on a ground of stone."""
    desk, phone = names
    page_of_both = folder / "both.html"
    style = "body{margin:0;padding:48px;display:flex;gap:48px;align-items:flex-start;background:#d9d3c7}"
    page_of_both.write_text(
        f"<!doctype html><style>{style}</style>"
        f'<img src="{desk}" width="960"><img src="{phone}" width="300">\n'
    )
    page = browser.new_page(viewport={"width": 1404, "height": 840})
    page.goto(page_of_both.as_uri(), wait_until="load")
    page.screenshot(path=target)
    page.close()
    page_of_both.unlink()


def photograph(
    url: str,
    addresses: Mapping[str, Address],
    folder: Path,
    who: Visitor | None = None,
    before: Callable[[], None] = lambda: None,
) -> list[Shot]:
    """All pictures of the pages among `addresses` of the server at `url`, with an index; `before` each
    its devices may speak."""
    from playwright.sync_api import sync_playwright  # a package of the tests

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        cookies = sign_in(browser, url, who) if who else None
        found = {name: at for name, at in addresses.items() if is_page(url + at.path, cookies)}
        taken = list(shots(found))
        for shot in taken:
            before()
            take(browser, url, shot, folder, cookies)
        if {*BEST} <= {shot.name for shot in taken}:
            picture(browser, folder, BEST, README_PICTURE)
        browser.close()
    (folder / "index.html").write_text(index(taken), "utf-8")
    return taken


def _named(page: str) -> tuple[str, Address]:
    name, _, path = page.partition("=")
    return name, Address(path)


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, and the index's path."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshots", description=__doc__)
    parser.add_argument("--url", help="a server that runs already, e.g. that of make demo")
    parser.add_argument("--page", action="append", default=[], metavar="NAME=ADDRESS")
    asked = parser.parse_args(arguments)
    if asked.url:
        taken = photograph(asked.url, dict(_named(page) for page in asked.page), FOLDER)
    else:
        from tests.web.demonstration import EXAMPLES, LOGIN, PASSWORD, demonstration  # the stand of the tests
        from web.rooms import rooms

        with demonstration() as (url, say_again):
            addresses = pages(rooms(), EXAMPLES)
            taken = photograph(
                url, addresses, FOLDER, Visitor(LOGIN, PASSWORD, f"/p/{EXAMPLES['token']}"), say_again
            )
    print(f"{len(taken)} pictures: {FOLDER / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
