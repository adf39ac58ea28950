"""A customer's link, opened as a browser does it: what it keeps, and where it is led."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

#: A phone's own browser, as it calls itself.
BROWSER: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)


@dataclass(frozen=True, slots=True)
class Opened:
    """`path` of the project's page; `cookie` is the header's value."""

    path: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie, "User-Agent": BROWSER}


def open_link(url: str, token: str) -> Opened:
    """`url` is the server's, without a path. Raises RuntimeError where the link opens nothing."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    try:
        connection.request("GET", f"/p/{token}", headers={"User-Agent": BROWSER, "Accept": "text/html"})
        answer = connection.getresponse()
        path, kept = answer.headers["Location"], answer.headers["Set-Cookie"]
    finally:
        connection.close()
    if answer.status != http.client.SEE_OTHER or not path or not kept:
        raise RuntimeError(f"/p/…: {answer.status}: the link opens nothing")
    return Opened(path, kept.partition(";")[0])
