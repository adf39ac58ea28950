"""Static files from our own origin, under a version: /static/{version}/…

They lie where they belong: what is everybody's in `static/`, a room's page.css and page.js in the room
(`firm/page.css`), the kit's modules in `kit/`, and the kit's styles are one file, `kit.css`.

The version is a hash over all of them. It stands in the path, not in a query, because an ES module's relative
import keeps the path it was loaded from: so imported modules are cached for ever, too.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from markupsafe import Markup
from starlette.responses import FileResponse, Response

FOLDER: Final = Path(__file__).parent.parent
KIT_CSS: Final = "kit.css"
#: web/kit/css/NAME.css, as they follow one another.
KIT_STYLES: Final = (
    "tokens", "base", "frame", "figure", "icon", "act", "form", "table", "notice", "timeline", "chart",
    "motion", "print",
)  # fmt: skip
FOR_EVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".LICENSE": "text/plain; charset=utf-8",
}


#: What a letter to a customer has of the kit: neither forms nor tables nor what one edits.
_OF_LETTERS: Final = ("tokens", "base", "frame", "figure", "act", "notice", "chart", "motion", "print")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Styles that stand in a page itself: `source` is what the content policy names them by."""

    text: Markup
    source: str


class Assets:
    """The files of a folder, listed once at start: nothing outside the list can be asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self._files = {
            _name(path, folder): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES and path.parent != folder / "kit" / "css"
        }
        self._kit: Final = kit_css(folder).encode()
        self.version: Final = self._hash()

    @cached_property
    def letter(self) -> Sheet:
        """The styles of a customer's page, in one piece."""
        return self._sheet("customer/page.css")

    @cached_property
    def wall(self) -> Sheet:
        """The styles of the screen on a wall."""
        return self._sheet("customer/wall.css")

    def _sheet(self, own: str) -> Sheet:
        text = " ".join((kit_css(self._folder, _OF_LETTERS), _shorter(self._files[own].read_text("utf-8"))))
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        # Our own file, checked in: a test holds that nothing in it ends the element.
        return Sheet(Markup(text), f"sha256-{digest}")  # noqa: S704

    def __contains__(self, name: str) -> bool:
        return name == KIT_CSS or name in self._files

    def url(self, name: str) -> str:
        """The address of a file. Raises KeyError for one that is not there."""
        if name not in self:
            raise KeyError(f"no static file {name!r} below web/")
        return f"/static/{self.version}/{name}"

    def response(self, version: str, name: str) -> Response | None:
        """The file: kept for ever under this version, asked for anew under any other. None without one."""
        headers = {"Cache-Control": FOR_EVER if version == self.version else "no-cache"}
        if name == KIT_CSS:
            return Response(self._kit, media_type=_TYPES[".css"], headers=headers)
        if (path := self._files.get(name)) is None:
            return None
        return FileResponse(path, media_type=_TYPES[path.suffix], headers=headers)

    def _hash(self) -> str:
        hash_ = hashlib.blake2b(self._kit, digest_size=6)
        for name, path in self._files.items():
            hash_.update(name.encode() + b"\0" + path.read_bytes())
        return hash_.hexdigest()


def kit_css(folder: Path = FOLDER, names: Sequence[str] = KIT_STYLES) -> str:
    """The kit's styles in the order of `names`, without comments and white space."""
    sheets = (folder / "kit" / "css" / f"{name}.css" for name in names)
    return _shorter("\n".join(sheet.read_text("utf-8") for sheet in sheets))


def _shorter(css: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix().removeprefix("static/")
